/** Results as JSON: version 1 of the contract with scripts. Names follow RFC 8621; arrays are never left out. */
import type { Result } from "../commands/index.ts";
import type { Folder, Message, Waiting } from "../mail/index.ts";
import type { Person } from "../message/types.ts";

/** RFC 3339, or null. */
function date(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** Keywords as RFC 8621 §4.1.1 spells them: `$seen`, `$flagged`; others in lower case. */
function keywords(flags: readonly string[]): Record<string, true> {
  return Object.fromEntries(flags.map((flag) => [flag.replace(/^\\/, "$").toLowerCase(), true as const]));
}

const person = ({ name, email }: Person) => ({ name: name === "" ? null : name, email });

function folderJson(folder: Folder) {
  const { name, role, selectable, messages, unread } = folder;
  return { name, role, selectable, messages, unread };
}

function waitingJson({ id, at, state, text, code, reason, hint }: Waiting) {
  return { id, at: date(at), state, text, code, reason, hint };
}

function messageJson(message: Message) {
  return {
    uid: message.uid,
    subject: message.subject,
    from: message.from.map(person),
    to: message.to.map(person),
    cc: message.cc.map(person),
    sentAt: date(message.sentAt),
    receivedAt: date(message.internalDate),
    size: message.size,
    keywords: keywords(message.flags),
    messageId: message.messageId === null ? [] : [message.messageId],
    inReplyTo: message.inReplyTo === null ? [] : [message.inReplyTo],
  };
}

function body(result: Exclude<Result, { kind: "bytes" }>) {
  switch (result.kind) {
    case "folders":
      return { items: result.items.map(folderJson) };
    case "queue":
      return { items: result.items.map(waitingJson) };
    case "messages":
      return { folder: folderJson(result.folder), total: result.total, items: result.items.map(messageJson) };
    case "threads":
      return {
        folder: folderJson(result.folder),
        total: result.total,
        items: result.items.map(({ message, thread, depth }) => ({
          ...messageJson(message),
          threadId: String(thread),
          depth,
        })),
      };
    case "change":
      return { folder: folderJson(result.folder), text: result.text, uids: result.uids, sent: result.sent };
    case "quota":
      return { items: result.items };
    case "status": {
      const { line, ...status } = result.status;
      return { ...status, line: line.kind, reason: line.kind === "down" ? line.error.message : null };
    }
    case "protocol":
      return { lines: result.lines, ended: result.ended };
    case "message": {
      const { headers, body: content, attachments, problems } = result.message;
      return {
        folder: folderJson(result.folder),
        uid: result.uid,
        from: headers.from.map(person),
        to: headers.to.map(person),
        cc: headers.cc.map(person),
        replyTo: headers.replyTo.map(person),
        subject: headers.subject,
        sentAt: date(headers.date),
        messageId: headers.messageId === null ? [] : [headers.messageId],
        text: content.lines
          .map((line) => "> ".repeat(line.quote) + line.spans.map((s) => s.text).join(""))
          .join("\n"),
        links: content.links,
        attachments,
        problems,
      };
    }
  }
}

/** What JSON may hold as it is and a terminal may not: DEL and C1, and what reorders or hides text. */
const unsafe = /[\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** One line of JSON in which every control character is escaped. */
export function safeJson(value: unknown): string {
  const json = JSON.stringify(value);
  return `${json.replace(unsafe, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}

/** One result as one line of JSON. */
export function resultJson(
  account: string,
  result: Exclude<Result, { kind: "bytes" }>,
  warnings: readonly string[],
): string {
  return safeJson({ version: 1, account, ...body(result), warnings });
}

/** Raw bytes as one line of JSON, `data` in base64; written as they come, so that none of them are held. */
export async function* bytesJson(
  account: string,
  { stream, fileName, mediaType }: Extract<Result, { kind: "bytes" }>,
): AsyncGenerator<string> {
  yield `${safeJson({ version: 1, account, fileName, mediaType, warnings: [] }).slice(0, -2)},"data":"`;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    // Three octets make four characters: what is left over waits for the next chunk.
    const whole = bytes.length - (bytes.length % 3);
    rest = bytes.subarray(whole);
    yield bytes.toString("base64", 0, whole);
  }
  yield `${rest.toString("base64")}"}\n`;
}
