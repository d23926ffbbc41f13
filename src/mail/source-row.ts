/** How a message is listed that no server has told of yet: a draft, an import. */
import { messageIds, type StoredMessageInput } from "../store/index.ts";
import { headerRow } from "./convert.ts";

type Row = Omit<StoredMessageInput, "uid">;

/** Octets of a header looked at; more is no header. */
const headerLimit = 256 * 1024;
/** What can be told without reading the header. `internalDate` in milliseconds. */
export function bareRow(source: Buffer, flags: readonly string[], internalDate: number): Row {
  return {
    flags: [...flags].sort(),
    modSeq: "0",
    internalDate,
    sentAt: null,
    size: source.length,
    subject: "",
    from: [],
    to: [],
    cc: [],
    messageId: firstId(field(source, "message-id")),
    inReplyTo: firstId(field(source, "in-reply-to")),
    references: messageIds(field(source, "references")),
    threadId: null,
    emailId: null,
  };
}

/** The row of a message with CRLF line ends. */
export function rowOfSource(source: Buffer, flags: readonly string[], internalDate: number): Row {
  const { sentAt, subject, from, to, cc } = headerRow(headerOf(source));
  return { ...bareRow(source, flags, internalDate), sentAt, subject, from, to, cc };
}

function headerOf(source: Buffer): Buffer {
  const end = source.indexOf("\r\n\r\n");
  return source.subarray(0, Math.min(end < 0 ? source.length : end + 4, headerLimit));
}

function field(source: Buffer, name: string): string {
  const header = headerOf(source).toString("latin1");
  return new RegExp(`^${name}:((?:[^\\r\\n]|\\r\\n[ \\t])*)`, "im").exec(header)?.[1] ?? "";
}

/** The first id of a field as it is spelled there: a server is asked for it so. */
function firstId(text: string): string | null {
  return /<[^<>\s]+>/.exec(text)?.[0] ?? null;
}
