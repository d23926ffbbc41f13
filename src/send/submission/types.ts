/** How a finished message is handed over to be delivered: what the outbox and a transport say to one another. */
import type { Readable } from "node:stream";
import type { Account } from "../../account/config.ts";
import type { AccessToken, Secret } from "../../imap/index.ts";
import type { MessagePieces } from "./burl.ts";

/** What is asked for in delivery reports (RFC 3461). */
export interface Dsn {
  readonly notify: readonly ("never" | "success" | "failure" | "delay")[];
  /** How much of the message a report holds. */
  readonly ret: "full" | "hdrs" | null;
  /** Comes back in reports: printable ASCII, at most 100 characters. */
  readonly envid: string | null;
}

/** Addresses as `mailbox@host`, UTF-8 where they are internationalised (RFC 6531); checked, and free of controls. */
export interface Envelope {
  /** Empty: the null reverse path. */
  readonly from: string;
  /** At least one. */
  readonly to: readonly string[];
  readonly dsn?: Dsn;
}

export interface Handover {
  readonly account: Account;
  /** The password, or an access token; `refused` is the token that the server has just refused. */
  credentials(refused?: AccessToken): Promise<Secret>;
  readonly envelope: Envelope;
  /** The message as others get it: RFC 5322, CRLF line ends, no Bcc. Each call reads it from its beginning. */
  message(): Readable;
  /** Its octets. */
  readonly size: number;
  /** Its header is UTF-8 (RFC 6532); looked for where this is not said. */
  readonly utf8Header?: boolean;
  /** The same message by its pieces, where some of them lie on the account's IMAP server. */
  readonly pieces?: MessagePieces;
  readonly signal?: AbortSignal;
}

/** The server's own words: hostile text, to be made safe before it is shown. */
export interface SmtpReply {
  /** 200 to 599. */
  readonly code: number;
  /** RFC 3463: `5.1.1`; null where not told. */
  readonly enhanced: string | null;
  readonly text: string;
}

/** One recipient that was refused while others were taken. */
export interface Rejected {
  readonly address: string;
  readonly reply: SmtpReply;
}

/** The server has taken the message for all recipients but `rejected`. */
export interface Submitted {
  readonly reply: SmtpReply | null;
  readonly rejected: readonly Rejected[];
}

export type Submit = (handover: Handover) => Promise<Submitted>;

export type SubmissionErrorCode =
  | "NO_SUBMISSION" // the account says nothing of how to send
  | "UNREACHABLE" // no connection, or it broke before the message was handed over
  | "UNTRUSTED" // the server could not prove who it is, or going on would have exposed mail or a password
  | "LOGIN" // the credentials were refused, or there were none
  | "TEMPORARY" // the server refused for now: 4xx
  | "REJECTED" // the server refused for good: 5xx
  | "UNSUPPORTED" // the message needs what the server does not offer (SMTPUTF8, its size)
  | "UNKNOWN"; // the message was handed over, and the answer never came

/** Whether to try again: later by itself, not before the person has done something, or not known to be needed. */
export type SubmissionOutcome = "retry" | "kept" | "unknown";

const outcomes: Readonly<Record<SubmissionErrorCode, SubmissionOutcome>> = {
  NO_SUBMISSION: "kept",
  UNREACHABLE: "retry",
  UNTRUSTED: "kept",
  LOGIN: "kept",
  TEMPORARY: "retry",
  REJECTED: "kept",
  UNSUPPORTED: "kept",
  UNKNOWN: "unknown",
};

/** A message that was not handed over, or may not have been. */
export class SubmissionError extends Error {
  override readonly name = "SubmissionError";
  readonly code: SubmissionErrorCode;
  readonly hint: string;
  readonly reply: SmtpReply | null;

  constructor(code: SubmissionErrorCode, message: string, hint: string, reply: SmtpReply | null = null) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.reply = reply;
  }

  get outcome(): SubmissionOutcome {
    return outcomes[this.code];
  }
}
