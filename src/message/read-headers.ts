/** The header of a message, as people read it. */
import { cleanLabel } from "./charset.ts";
import { decodeParam, decodeWords, parseDateHeader } from "./header.ts";
import { parseAddresses, tooManyAddresses } from "./mailparser.ts";
import { field, headerFields, parseParameters } from "./mime.ts";
import type { Headers } from "./types.ts";

/** Reads the header block of a message. Never rejects: what cannot be read is empty and named in `problems`. */
export async function readHeaders(
  block: Buffer,
  problems: string[] = [],
  charset: string | null = null,
): Promise<Headers> {
  const fields = headerFields(block, cleanLabel(charset) ? charset : charsetOf(block));
  const date = field(fields, "date");
  const messageId = field(fields, "message-id");
  const none = { from: [], to: [], cc: [], replyTo: [], followupTo: [], receiptTo: [] };
  if (tooManyAddresses(fields)) problems.push("There are very many addresses; only the first are shown.");
  const people = await parseAddresses(fields).catch(() => {
    problems.push("The addresses in the header cannot be read.");
    return none;
  });
  return {
    ...people,
    subject: decodeWords(field(fields, "subject") ?? ""),
    date: date === null ? null : parseDateHeader(date),
    messageId: messageId === null ? null : (/<[^<>\s]+>/.exec(messageId)?.[0] ?? (messageId || null)),
  };
}

/** 8-bit header text without encoded words is as a rule in the charset of the body. */
function charsetOf(block: Buffer): string | null {
  const type = field(headerFields(block), "content-type");
  return type === null ? null : decodeParam(parseParameters(type).params, "charset");
}
