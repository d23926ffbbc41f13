/** What comes of checking and decrypting. All texts in it are from outside and not yet safe for a terminal. */

/**
 * `good`; `bad`: the text or the signature was changed; `unknown-key`: the key is not here, so nothing can be said;
 * `expired` and `revoked`: the signature fits, but it or its key does not count any more; `unchecked`: it could not
 * be tried, `detail` says why.
 */
export type SignatureResult = "good" | "bad" | "unknown-key" | "expired" | "revoked" | "unchecked";

export interface SignatureCheck {
  /** The part that is signed, as `ProtectedPart.section`. */
  readonly section: string;
  readonly protocol: "pgp" | "smime";
  readonly result: SignatureResult;
  /** Whether it is over the whole text of the message; else something stands beside it that nobody signed. */
  readonly whole: boolean;
  /** Who the key or certificate says its owner is; empty where that is not known. */
  readonly signer: string;
  /** Whether the key's owner is vouched for: valid in the person's own keyring, or by a known authority. */
  readonly trusted: boolean;
  /** Whether the key or certificate has the address that the message says it is from. */
  readonly fromSender: boolean;
  /** Hexadecimal, upper case, of the primary key or (SHA-256) of the certificate; of an unknown key perhaps only its id. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch, by the signer's clock; null where it does not say. */
  readonly signedAt: number | null;
  /** More, in words; may be empty. */
  readonly detail: string;
}

export interface CryptoFailure {
  readonly code:
    | "TOOL_MISSING"
    | "NO_KEY"
    | "PASSPHRASE"
    | "BAD_DATA"
    | "TIMEOUT"
    | "TOO_LARGE"
    | "CANCELLED";
  readonly message: string;
  readonly hint: string;
}

export interface OpenedMessage {
  /** From the outermost to the innermost. */
  readonly checks: readonly SignatureCheck[];
  /** The message with what was encrypted or wrapped in its place, for `readMessage`; null where it reads as it is. */
  readonly source: Buffer | null;
  /** Something was encrypted, and was decrypted. */
  readonly decrypted: boolean;
  /** Why something could not be decrypted; null where nothing was, or all could. */
  readonly failure: CryptoFailure | null;
}

/** Programs and keys to use; all of it may be left out. */
export interface CryptoTools {
  readonly gpg?: string;
  readonly openssl?: string;
  /** GNUPGHOME; by default gpg's own choice. */
  readonly gnupgHome?: string | null;
  /** A PEM file with certificate and private key, to decrypt S/MIME. */
  readonly smimeKey?: string | null;
  /** A PEM file of authorities to trust beside those of the system, for S/MIME. */
  readonly smimeAuthorities?: string | null;
  /** Whether gpg may ask for a passphrase: the terminal must be given up to it first. By default it may not. */
  readonly ask?: boolean;
  /** Milliseconds; by default 20 s, and two minutes where it may ask. */
  readonly timeout?: number;
  /** Ends what runs; what was not done counts as failed. */
  readonly signal?: AbortSignal;
}

export const timeoutOf = ({ timeout, ask }: CryptoTools): number => timeout ?? (ask ? 120_000 : 20_000);

/** A run that did not end by itself, as a failure. */
export function brokenRun(
  broken: "missing" | "timeout" | "output" | "input" | "cancelled",
  tool: string,
): CryptoFailure {
  switch (broken) {
    case "missing":
      return { code: "TOOL_MISSING", message: `${tool} is not installed`, hint: `install ${tool}` };
    case "timeout":
      return { code: "TIMEOUT", message: `${tool} did not end in time`, hint: "try again" };
    case "input":
    case "cancelled":
      return { code: "CANCELLED", message: `${tool} was stopped`, hint: "try again" };
    case "output":
      return {
        code: "TOO_LARGE",
        message: "what was encrypted is too large to show",
        hint: `save the part and decrypt it with ${tool}`,
      };
  }
}
