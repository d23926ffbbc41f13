/** The message of APPEND and REPLACE: append-message (RFC 3502 §6.3.11, RFC 4466), and how its bytes may travel. */
import { ImapError } from "../errors.ts";
import type { Session } from "../session.ts";
import type { MessageSource, Writer } from "../wire/writer.ts";
import { requires } from "./requires.ts";

/** A piece of a message put together by the server (RFC 4469): text of ours, or what an IMAP URL stands for. */
export type CatenatePart = { readonly text: MessageSource } | { readonly url: string };

export interface AppendMessage {
  readonly flags?: readonly string[];
  /** ms since the epoch; the server's now if absent. */
  readonly internalDate?: number;
  /**
   * The message with CRLF line ends. A stream must give exactly `size` octets, or the connection is lost. Pieces
   * need CATENATE.
   */
  readonly source: MessageSource | readonly CatenatePart[];
  /**
   * The header holds UTF-8 (RFC 6532). Found out by itself where `source` is a Buffer; matters only where
   * UTF8=ACCEPT is enabled.
   */
  readonly utf8?: boolean;
}

/** The octets of one message may be more than the server takes (RFC 7889): said before they are sent. */
function checkSize(size: number, session: Session): void {
  const told = session.capabilities.list().find((name) => /^APPENDLIMIT=\d+$/i.test(name));
  const limit = Number(told?.slice("APPENDLIMIT=".length) ?? Number.POSITIVE_INFINITY);
  if (size <= limit) return;
  throw new ImapError("ARGUMENT", `The message has ${size} octets; the server takes ${limit} at most.`, {
    hint: "Leave out or shrink an attachment.",
    responseCode: "TOOBIG",
  });
}

/** Whether the header (up to the first empty line) has octets beyond ASCII. */
function hasEightBitHeader(message: Buffer): boolean {
  const end = message.indexOf("\r\n\r\n");
  for (let i = 0; i < (end < 0 ? message.length : end); i++) if (message[i]! >= 0x80) return true;
  return false;
}

/** A message with NUL, or of unknown content where the server takes anything, goes as literal8 (RFC 3516 §4.4). */
function needsLiteral8(source: MessageSource, session: Session): boolean {
  if (!Buffer.isBuffer(source) || !source.includes(0)) return false;
  requires(session.capabilities, "messages with NUL characters", "BINARY", "IMAP4REV2");
  return true;
}

/** @throws ImapError ARGUMENT (larger than the server takes), UNSUPPORTED */
export function writeAppendMessage(w: Writer, message: AppendMessage, session: Session): void {
  const { source } = message;
  if (message.flags?.length) w.flags(message.flags).sp();
  if (message.internalDate !== undefined) w.dateTime(message.internalDate).sp();
  if (!Buffer.isBuffer(source) && !("stream" in source)) {
    writeParts(w, source, session);
    return;
  }
  checkSize(Buffer.isBuffer(source) ? source.length : source.size, session);
  const utf8 = message.utf8 ?? (Buffer.isBuffer(source) && hasEightBitHeader(source));
  // Some servers that offer UTF8=ACCEPT refuse this form: it is used only where it must be (RFC 6855 §4).
  if (utf8 && session.enabled("UTF8=ACCEPT")) w.atom("UTF8").sp().open().message(source, true).close();
  else w.message(source, needsLiteral8(source, session));
}

function writeParts(w: Writer, parts: readonly CatenatePart[], session: Session): void {
  requires(session.capabilities, "messages put together from parts", "CATENATE");
  w.atom("CATENATE").sp();
  w.list(parts, (part) => {
    if ("url" in part) w.atom("URL").sp().string(part.url);
    else w.atom("TEXT").sp().message(part.text, needsLiteral8(part.text, session));
  });
}
