/** How an error ends a one-shot command: one sentence with what to do, on stderr, and a sysexits status. */
import { safeText } from "../message/safe.ts";
import { hangingLines } from "../message/wrap.ts";
import { safeJson } from "./json.ts";

/** What a run came to, after sysexits.h: as scripts and mail systems know it. */
export interface Exit {
  readonly status: number;
  /** For the man page. */
  readonly meaning: string;
  /** The error codes that end so: ours, and the server's response codes (RFC 9051 §7.1, RFC 5530). */
  readonly codes: readonly string[];
}

/** A fault of ours ends so, and so does any error whose code is in no other row. */
const internal = 70;

export const exits: readonly Exit[] = [
  { status: 0, meaning: "It is done, and the server has it.", codes: [] },
  {
    status: 64,
    meaning: "The command line is wrong, or asks for what cannot be.",
    codes: [
      "USAGE",
      "ARGUMENT",
      "DRAFT",
      "ADDRESS",
      "NO_RECIPIENT",
      "HEADER",
      "MAILTO",
      "BAD_NAME",
      "IS_INBOX",
      "HAS_FOLDERS",
      "NOT_EMPTY",
      "FOLDER_EXISTS",
    ],
  },
  {
    status: 65,
    meaning: "The query, or a message that was given, cannot be read.",
    codes: ["QUERY", "MESSAGE"],
  },
  {
    status: 66,
    meaning: "There is no such folder, message, part or change.",
    codes: [
      "NO_FOLDER",
      "NO_MESSAGE",
      "NO_PART",
      "NO_ROLE",
      "NO_DRAFT",
      "NO_TEMPLATE",
      "NO_ENTRY",
      "NO_LIST",
      "NO_INVITATION",
      "NO_RECEIPT",
      "NO_WAY_OUT",
      "ATTACHMENT",
      "TOO_LATE",
      "NO_CHANGE",
      "NOTHING_TO_UNDO",
      "STALE",
      "GONE",
      "NONEXISTENT",
      "TRYCREATE",
    ],
  },
  {
    status: 69,
    meaning:
      "The server cannot be reached, went away, or does not offer what is needed; or it refused a message, which is in the outbox.",
    codes: [
      "NOT_SENT",
      "REFUSED",
      "UNRESOLVED",
      "TIMEOUT",
      "CLOSED",
      "BYE",
      "UNAVAILABLE",
      "UNSUPPORTED",
      "NO_QUOTA",
      "PROVIDER",
      "NO_SERVER",
      "NO_AGENT",
    ],
  },
  { status: internal, meaning: "A fault in postern.", codes: ["INTERNAL", "bug"] },
  {
    status: 73,
    meaning: "The local copy cannot be read or written, or the account's quota on the server is used up.",
    codes: [
      "disk-full",
      "permission",
      "locked",
      "corrupt",
      "gone",
      "newer-version",
      "io",
      "closed",
      "OVERQUOTA",
    ],
  },
  {
    status: 75,
    meaning: "The change is kept and waits for a connection; or what was asked for needs one.",
    codes: ["OFFLINE"],
  },
  {
    status: 76,
    meaning: "The server refused the command, broke the protocol, or could not prove who it is.",
    codes: ["NO", "BAD", "NOT_DONE", "BLOCKED", "SYNTAX", "LIMIT", "TLS", "CERTIFICATE", "INSECURE"],
  },
  {
    status: 77,
    meaning:
      "The credentials are missing or were refused, a right is missing, or a key to sign or encrypt with is.",
    codes: [
      "AUTH",
      "AUTHENTICATIONFAILED",
      "AUTHORIZATIONFAILED",
      "NOPERM",
      "READ-ONLY",
      "NO_PASSWORD",
      "PASSWORD_COMMAND",
      "KEYRING",
      "NOT_ALLOWED",
      "OAUTH",
      "NO_KEY",
      "PASSPHRASE",
      "GPG",
      "READ_ONLY",
    ],
  },
  { status: 78, meaning: "The configuration is missing or wrong.", codes: ["CONFIG", "NO_ACCOUNT"] },
  { status: 130, meaning: "You stopped it.", codes: ["STOPPED", "CANCELLED"] },
];

/** Of the codes above and of RFC 5530: what may be otherwise in a while, with nothing else changed. */
const retryable: ReadonlySet<string> = new Set([
  ...["REFUSED", "UNRESOLVED", "TIMEOUT", "CLOSED", "BYE", "UNAVAILABLE", "OFFLINE", "INUSE"],
  ...["SERVERBUG", "CONTACTADMIN", "LIMIT", "locked", "NOT_DONE"],
]);

const statusOf: Readonly<Record<string, number>> = Object.fromEntries(
  exits.flatMap(({ status, codes }) => codes.map((code) => [code, status])),
);

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** What the server said, where it was the server's word. */
  readonly imap: string | null;
  /** The same may go well at another time. */
  readonly retryable: boolean;
  readonly status: number;
}

function text(error: object, name: string): string | null {
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" && value !== "" ? value : null;
}

/** Every error of the program has a code and a hint; anything else is a fault of ours and keeps its stack. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof Error) {
    const code = text(error, "code");
    const hint = text(error, "hint");
    if (code !== null && hint !== null) {
      const response = text(error, "responseCode");
      const status = (response === null ? undefined : statusOf[response]) ?? statusOf[code] ?? internal;
      return {
        code: response ?? code,
        message: error.message,
        hint,
        imap: text(error, "serverText"),
        retryable: retryable.has(response ?? code),
        status,
      };
    }
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: "INTERNAL",
    message: `a fault in postern: ${message}`,
    hint: "please report it",
    imap: null,
    retryable: false,
    status: internal,
  };
}

/** Writes a failure for people, or with `--json` for programs. */
export function printFailure(
  failure: Failure,
  json: boolean,
  stream: NodeJS.WritableStream & { readonly columns?: number },
): void {
  if (json) {
    const { status: _, ...error } = failure;
    stream.write(safeJson({ version: 1, error }));
    return;
  }
  // Only a terminal has columns: whoever reads a pipe wants each in one line.
  const { columns = Infinity } = stream;
  const message = `postern: ${safeText(failure.message, { keepNewlines: true })}`;
  const [first = "", ...others] = message.split("\n");
  stream.write(`${[hangingLines(first, 0, columns), ...others].join("\n")}\n`);
  if (failure.imap !== null)
    stream.write(`${hangingLines(`the server says: ${safeText(failure.imap)}`, 2, columns)}\n`);
  stream.write(`${hangingLines(safeText(failure.hint), 2, columns)}\n`);
}
