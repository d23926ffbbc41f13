/**
 * OpenPGP by gpg (RFC 3156, RFC 9580). What is believed is gpg's status lines on a channel of their own (doc/DETAILS
 * of GnuPG), never its messages or exit status alone. It may not go to the network for keys, nor take any in.
 */
import { fromHex } from "../hex.ts";
import { passphraseRefused, runGpg, type Status, statusLines } from "./gpg-run.ts";
import type { Run } from "./run.ts";
import { brokenRun, type CryptoFailure, type CryptoTools, type SignatureResult } from "./types.ts";

export interface GpgSignature {
  readonly result: SignatureResult;
  readonly signer: string;
  readonly trusted: boolean;
  readonly fingerprint: string;
  readonly signedAt: number | null;
  readonly detail: string;
}

export interface GpgDecrypted {
  readonly plain: Buffer | null;
  /** It was encrypted; false where it was only signed and packed. */
  readonly decrypted: boolean;
  readonly signatures: readonly GpgSignature[];
  readonly failure: CryptoFailure | null;
}

const MAX_SIGNATURES = 20;

/** More is not made of what is small. */
const gpg = (args: readonly string[], input: Buffer, second: Buffer | undefined, tools: CryptoTools) =>
  runGpg(["--max-output=67108864", ...args], second ? { input, second } : { input }, tools);

const percent = (s: string) =>
  Buffer.from(fromHex(s, "%"), /[^\0-\xff]/.test(s) ? "utf8" : "latin1").toString("utf8");

const RESULTS: ReadonlyMap<string, SignatureResult> = new Map([
  ["GOODSIG", "good"],
  ["BADSIG", "bad"],
  ["EXPSIG", "expired"],
  ["EXPKEYSIG", "expired"],
  ["REVKEYSIG", "revoked"],
  ["ERRSIG", "unchecked"],
]);
const DETAILS: ReadonlyMap<string, string> = new Map([
  ["EXPSIG", "the signature has expired"],
  ["EXPKEYSIG", "the key has expired"],
  ["REVKEYSIG", "the key was revoked"],
]);

/** Each signature begins with NEWSIG, or where gpg is old with its result. */
function signatures(lines: readonly Status[]): GpgSignature[] {
  const found: GpgSignature[] = [];
  for (const { keyword, words } of lines) {
    const result = RESULTS.get(keyword);
    const last = found.at(-1);
    if (result) {
      if (found.length >= MAX_SIGNATURES) break;
      const key = (words[0] ?? "").toUpperCase();
      const missing = keyword === "ERRSIG" && words[5] === "9";
      const seconds = keyword === "ERRSIG" ? Number(words[4]) : 0;
      found.push({
        result: missing ? "unknown-key" : result,
        signer: keyword === "ERRSIG" ? "" : percent(words.slice(1).join(" ")),
        trusted: false,
        fingerprint: keyword === "ERRSIG" && words[6] && words[6] !== "-" ? words[6].toUpperCase() : key,
        signedAt: seconds > 0 ? seconds * 1000 : null,
        detail: missing ? "the key is not in the keyring" : (DETAILS.get(keyword) ?? ""),
      });
    } else if (last && keyword === "VALIDSIG") {
      const [fingerprint = "", , seconds] = words;
      const primary = words[9] || fingerprint;
      const at = Number(seconds) * 1000;
      found[found.length - 1] = {
        ...last,
        fingerprint: primary.toUpperCase(),
        signedAt: Number.isFinite(at) && at > 0 ? at : null,
      };
    } else if (last && (keyword === "TRUST_FULLY" || keyword === "TRUST_ULTIMATE")) {
      found[found.length - 1] = { ...last, trusted: last.result === "good" };
    } else if (last && keyword === "TRUST_NEVER") {
      found[found.length - 1] = { ...last, detail: "the key is marked as not to be trusted" };
    }
  }
  return found;
}

function notChecked(detail: string): GpgSignature {
  return { result: "unchecked", signer: "", trusted: false, fingerprint: "", signedAt: null, detail };
}

function outcome(ran: Run): GpgSignature[] {
  if (ran.broken) return [notChecked(brokenRun(ran.broken, "gpg").message)];
  const found = signatures(statusLines(ran));
  return found.length > 0 ? found : [notChecked("gpg finds no signature in it")];
}

/** Checks a detached signature over `signed`, whose line ends are CR LF. Never rejects. */
export async function verifyDetached(
  signed: Buffer,
  signature: Buffer,
  tools: CryptoTools,
): Promise<GpgSignature[]> {
  return outcome(await gpg(["--verify", "--", "-&4", "-"], signed, signature, tools));
}

/** Checks a cleartext-signed text (RFC 9580 §7). Never rejects. */
export async function verifyClear(text: Buffer, tools: CryptoTools): Promise<GpgSignature[]> {
  return outcome(await gpg(["--verify", "--", "-"], text, undefined, tools));
}

function failureOf(ran: Run, lines: readonly Status[]): CryptoFailure {
  if (ran.broken) return brokenRun(ran.broken, "gpg");
  const has = (keyword: string) => lines.some((line) => line.keyword === keyword);
  const keys = lines.filter(({ keyword }) => keyword === "ENC_TO").map(({ words }) => words[0] ?? "");
  if (passphraseRefused(lines)) {
    return {
      code: "PASSPHRASE",
      message: "gpg has no passphrase for the key",
      hint: "let gpg ask for it",
    };
  }
  if (has("NO_SECKEY")) {
    return {
      code: "NO_KEY",
      message: "no secret key here can decrypt it",
      hint: keys.length > 0 ? `it is encrypted to ${keys.slice(0, 5).join(", ")}` : "it names no key",
    };
  }
  return {
    code: "BAD_DATA",
    message: "gpg cannot decrypt it",
    hint: ran.stderr.trim().split("\n").at(-1)?.slice(0, 300) ?? "",
  };
}

/** Decrypts an OpenPGP message, armoured or not, or opens one that is only signed. Never rejects. */
export async function decryptPgp(encrypted: Buffer, tools: CryptoTools): Promise<GpgDecrypted> {
  const ran = await gpg(["--decrypt", "--", "-"], encrypted, undefined, tools);
  const lines = statusLines(ran);
  const has = (keyword: string) => lines.some((line) => line.keyword === keyword);
  // A text whose integrity is not protected is not shown (EFAIL): gpg says DECRYPTION_FAILED of it.
  const decrypted = has("DECRYPTION_OKAY") && !has("DECRYPTION_FAILED") && !has("BADMDC");
  const onlySigned = has("PLAINTEXT") && !has("BEGIN_DECRYPTION") && !has("ENC_TO");
  if (ran.broken || !(decrypted || onlySigned))
    return { plain: null, decrypted: false, signatures: [], failure: failureOf(ran, lines) };
  return { plain: ran.stdout, decrypted, signatures: signatures(lines), failure: null };
}
