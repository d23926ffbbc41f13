import { retryAfter } from "./throttling.ts";

/** What went wrong, as a word a person can look up. */
export type ImapErrorCode =
  | "NO" // the server refused the command
  | "BAD" // the server did not understand the command
  | "BYE" // the server closed the connection and said so
  | "AUTH" // the credentials were refused, or there was no allowed way to send them
  | "SYNTAX" // the server's answer makes no sense
  | "LIMIT" // the server sent more than is allowed
  | "TIMEOUT" // the server was silent for too long
  | "CLOSED" // the connection ended, or was not open
  | "REFUSED" // no TCP connection
  | "UNRESOLVED" // the host name has no address
  | "CERTIFICATE" // the server could not prove who it is
  | "TLS" // no TLS could be agreed on
  | "INSECURE" // going on would have exposed mail or a password
  | "STATE" // the command needs another state (no mailbox selected, not logged in)
  | "UNSUPPORTED" // the server does not offer what the command needs
  | "ARGUMENT" // the caller asked for something that cannot be sent
  | "ABORTED"; // the caller's signal

const hints: Record<ImapErrorCode, string> = {
  NO: "Read what the server said; the mailbox or message may have changed.",
  BAD: "Turn on the protocol log and report this: the server did not understand a command.",
  BYE: "Connect again later; the server may be restarting or limiting connections.",
  AUTH: "Check the user name and password; many providers want an app password.",
  SYNTAX: "Turn on the protocol log and report this: the server broke the protocol.",
  LIMIT: "Turn on the protocol log and report this: the server sent an oversized answer.",
  TIMEOUT: "Check the network, then connect again.",
  CLOSED: "Connect again.",
  REFUSED: "Check host and port, and that the network is up.",
  UNRESOLVED: "Check the spelling of the host name, and that the network is up.",
  CERTIFICATE: "Check the host name; for a private server set its CA file or pin its certificate.",
  TLS: "Check the port: 993 speaks TLS at once, 143 wants STARTTLS.",
  INSECURE: "Use TLS (port 993), or find out who stands between you and the server.",
  STATE: "Log in or select a mailbox first.",
  UNSUPPORTED: "Use a server or a command that does without it.",
  ARGUMENT: "Change the argument.",
  ABORTED: "Try again.",
};

/** Why a provider refused an access token (RFC 7628 §3.2.2), in its own, hostile, words; null where not said. */
export interface OAuthFailure {
  /** An HTTP status or an OAuth error word: "401", "invalid_token". */
  readonly status: string | null;
  readonly scope: string | null;
  readonly schemes: string | null;
  /** Where the provider describes itself. Not to be asked without the person's leave. */
  readonly openidConfiguration: string | null;
}

export interface ImapErrorDetails {
  readonly hint?: string;
  /** The code in brackets (RFC 9051 §7.1, RFC 5530), upper case: `AUTHENTICATIONFAILED`, `TRYCREATE`, … */
  readonly responseCode?: string;
  /** The server's own words: hostile text, to be made safe before it is shown. */
  readonly serverText?: string;
  readonly oauth?: OAuthFailure;
  readonly cause?: unknown;
}

/** The one error of this room. `message` says what happened in one sentence, `hint` what to do next. */
export class ImapError extends Error {
  override readonly name = "ImapError";
  readonly code: ImapErrorCode;
  readonly hint: string;
  readonly responseCode: string | undefined;
  readonly serverText: string | undefined;
  /** Set with AUTH where an access token was refused and the server said why. */
  readonly oauth: OAuthFailure | undefined;
  /** ms to wait before asking this server again, where it said or meant so; at most 5 minutes. */
  readonly retryAfter: number | undefined;

  constructor(code: ImapErrorCode, message: string, details: ImapErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint ?? hints[code];
    this.responseCode = details.responseCode;
    this.serverText = details.serverText;
    this.oauth = details.oauth;
    this.retryAfter = retryAfter(details.responseCode, details.serverText ?? "");
  }
}

/** Any thrown value as an ImapError: itself, or wrapped as `code`. */
export function asImapError(error: unknown, code: ImapErrorCode = "CLOSED"): ImapError {
  if (error instanceof ImapError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new ImapError(code, text, { cause: error });
}
