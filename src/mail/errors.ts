/** What went wrong with mail as the person means it: a folder, a message, a query, a line that is down. */
import { AccountError } from "../account/errors.ts";
import { ImapError } from "../imap/index.ts";
import { StoreError } from "../store/index.ts";

export type MailErrorCode =
  | "NO_FOLDER"
  | "NO_MESSAGE"
  | "NO_PART"
  | "NO_QUOTA"
  | "QUERY"
  | "OFFLINE"
  | "NO_ROLE"
  | "STALE"
  | "GONE"
  | "NOT_DONE"
  | "BLOCKED"
  | "NO_CHANGE"
  | "FOLDER_EXISTS"
  | "HAS_FOLDERS"
  | "IS_INBOX"
  | "BAD_NAME"
  | "NOT_EMPTY"
  | "NOTHING_TO_UNDO"
  | "UNSUBSCRIBE"
  | "CANCELLED"
  | "TIMEOUT"
  | "READ_ONLY";

export class MailError extends Error {
  override readonly name = "MailError";
  readonly code: MailErrorCode;
  readonly hint: string;

  constructor(code: MailErrorCode, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** What ends a line, or keeps one from being made. */
const lineCodes = [
  "REFUSED",
  "UNRESOLVED",
  "TIMEOUT",
  "CLOSED",
  "BYE",
  "TLS",
  "ABORTED",
  "AUTH",
  "CERTIFICATE",
  "INSECURE",
];

/** Whether there is no line, so that nobody has judged what was asked for: what waits may go out later. */
export function isLineDown(error: unknown): boolean {
  if (error instanceof AccountError) return true;
  return error instanceof ImapError && lineCodes.includes(error.code);
}

/** What went wrong where a command ended because we could not keep its answer: that; else the error itself. */
export function storeErrorIn(error: unknown): unknown {
  return error instanceof ImapError && error.cause instanceof StoreError ? error.cause : error;
}

/** What was thrown, as an error: anything can be. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
