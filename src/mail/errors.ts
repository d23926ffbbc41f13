/** What went wrong with mail as the person means it: a folder, a message, a query, a line that is down. */
import { ImapError } from "../imap/index.ts";

export type MailErrorCode =
  | "NO_FOLDER"
  | "NO_MESSAGE"
  | "NO_PART"
  | "QUERY"
  | "OFFLINE"
  | "NO_ROLE"
  | "STALE"
  | "NOTHING_TO_UNDO";

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

/** Whether the network, and not the server or the person, is the reason: what waits may go out later. */
export function isLineDown(error: unknown): boolean {
  return (
    error instanceof ImapError &&
    ["REFUSED", "UNRESOLVED", "TIMEOUT", "CLOSED", "BYE", "TLS"].includes(error.code)
  );
}
