/** Results as JSON: version 1 of the contract with scripts. Names follow RFC 8621; arrays are never left out. */
import type { Result } from "../commands/index.ts";
import type { Folder, Message } from "../mail/index.ts";
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
    case "messages":
      return { folder: folderJson(result.folder), total: result.total, items: result.items.map(messageJson) };
    case "change":
      return { folder: folderJson(result.folder), text: result.text, uids: result.uids, sent: result.sent };
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

/** One result as one line of JSON. */
export function resultJson(account: string, result: Exclude<Result, { kind: "bytes" }>): string {
  return JSON.stringify({ version: 1, account, ...body(result), warnings: [] });
}
