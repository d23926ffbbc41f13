/** How an error ends a one-shot command: one sentence with what to do, on stderr, and a sysexits status. */
import { safeText } from "../message/safe.ts";
import { safeJson } from "./json.ts";

/** Exit statuses after sysexits.h, as scripts and mail systems know them. */
const statusOf: Readonly<Record<string, number>> = {
  USAGE: 64,
  ARGUMENT: 64,
  QUERY: 65,
  NO_FOLDER: 66,
  NO_MESSAGE: 66,
  NO_PART: 66,
  NO_ROLE: 66,
  STALE: 66,
  NONEXISTENT: 66,
  TRYCREATE: 66,
  REFUSED: 69,
  UNRESOLVED: 69,
  TIMEOUT: 69,
  CLOSED: 69,
  BYE: 69,
  UNAVAILABLE: 69,
  UNSUPPORTED: 69,
  STORE: 73,
  OVERQUOTA: 73,
  OFFLINE: 75,
  NO: 76,
  BAD: 76,
  SYNTAX: 76,
  LIMIT: 76,
  TLS: 76,
  CERTIFICATE: 76,
  INSECURE: 76,
  AUTH: 77,
  AUTHENTICATIONFAILED: 77,
  AUTHORIZATIONFAILED: 77,
  NOPERM: 77,
  NO_PASSWORD: 77,
  PASSWORD_COMMAND: 77,
  CONFIG: 78,
  NO_ACCOUNT: 78,
};

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** What the server said, where it was the server's word. */
  readonly imap: string | null;
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
      const status = (response === null ? undefined : statusOf[response]) ?? statusOf[code];
      const store = error.name === "StoreError" ? statusOf.STORE : undefined;
      return {
        code: response ?? code,
        message: error.message,
        hint,
        imap: text(error, "serverText"),
        status: status ?? store ?? 70,
      };
    }
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: "INTERNAL",
    message: `a fault in postern: ${message}`,
    hint: "please report it",
    imap: null,
    status: 70,
  };
}

/** Writes a failure for people, or with `--json` for programs. */
export function printFailure(failure: Failure, json: boolean, stream: NodeJS.WritableStream): void {
  if (json) {
    const { status: _, ...error } = failure;
    stream.write(safeJson({ version: 1, error }));
    return;
  }
  stream.write(`postern: ${safeText(failure.message, { keepNewlines: true })}\n`);
  if (failure.imap !== null) stream.write(`  the server says: ${safeText(failure.imap)}\n`);
  stream.write(`  ${safeText(failure.hint)}\n`);
}
