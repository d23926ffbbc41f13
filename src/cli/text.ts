/** Results as text: aligned and cut on a terminal; whole and tab-separated in a pipe. */
import { StringDecoder } from "node:string_decoder";
import { imapUrl } from "../commands/ids.ts";
import { type Hit, type Result, type StatusEntry, statusEntries } from "../commands/index.ts";
import { flagLetters, formatPeople, formatSize, longDate, shortDate, threadLines } from "../mail/format.ts";
import type {
  AclEntry,
  Folder,
  Message,
  QuotaUse,
  ServerStatus,
  ThreadMessage,
  Waiting,
} from "../mail/index.ts";
import { showsUtf8 } from "../mail/locale.ts";
import { layoutBody } from "../message/layout.ts";
import { hiddenLinks } from "../message/links.ts";
import { safeText } from "../message/safe.ts";
import type { Attachment, ReadableMessage } from "../message/types.ts";
import { fieldOf } from "../send/compose/draft.ts";
import { type Contact, contactOrigin } from "../send/contacts/source.ts";
import type { SavedDraft } from "../send/drafts/drafts.ts";
import type { Entry } from "../send/outbox/entry.ts";
import { type Target, table } from "./table.ts";

/** Rows as a table on a terminal, in a pipe with tabs. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const columns = (rows[0] ?? []).map((_, i) => ({ values: rows.map((row) => row[i] ?? ""), most: 60 }));
  const width = process.stdout.isTTY ? process.stdout.columns : null;
  return table(columns, { columns: width, now: 0, utf8: showsUtf8(process.env) });
}

/** A column of a table of `Row`s; the man page tells them by `help`. */
interface ColumnOf<Row> {
  readonly help: string;
  readonly most: number;
  readonly right?: boolean;
  readonly of: (row: Row, now: number) => string;
}

function tableOf<Row>(columns: readonly ColumnOf<Row>[], rows: readonly Row[], target: Target): string {
  return table(
    columns.map(({ of, ...column }) => ({ ...column, values: rows.map((row) => of(row, target.now)) })),
    target,
  );
}

export const messageColumns: readonly ColumnOf<Message>[] = [
  { help: "the id (UID)", most: 10, right: true, of: (m) => String(m.uid) },
  { help: "the flags, as letters", most: 5, of: (m) => flagLetters(m.flags) },
  {
    help: "when it arrived, in local time",
    most: 12,
    right: true,
    of: (m, now) => shortDate(m.internalDate, now),
  },
  { help: "whom it is from", most: 22, of: (m) => formatPeople(m.from) },
  { help: "the subject", most: 1000, of: (m) => m.subject },
];

/** Those of a list, with lines from each answer to what it answers. */
function threadColumns(utf8: boolean): readonly ColumnOf<ThreadMessage>[] {
  return messageColumns.map((column, at) => ({
    ...column,
    of: (row, now) => {
      const text = column.of(row.message, now);
      return at === messageColumns.length - 1 ? threadLines(row, utf8) + text : text;
    },
  }));
}

const number = (n: number | null) => (n === null ? "-" : String(n));

export const folderColumns: readonly ColumnOf<Folder>[] = [
  { help: "unread messages", most: 9, right: true, of: (f) => number(f.unread) },
  { help: "messages", most: 9, right: true, of: (f) => number(f.messages) },
  { help: "the role", most: 8, of: (f) => f.role ?? "-" },
  { help: "the name", most: 1000, of: (f) => f.name },
];

export const queueColumns: readonly ColumnOf<Waiting>[] = [
  { help: "the number, for retry and drop", most: 9, right: true, of: (w) => String(w.id) },
  { help: "waits, sent (the answer never came) or refused", most: 7, of: (w) => w.state },
  { help: "when it was made, in local time", most: 12, right: true, of: (w, now) => shortDate(w.at, now) },
  {
    help: "what it does, and why it was refused",
    most: 1000,
    of: (w) => (w.reason === null ? w.text : `${w.text}: ${w.reason}; ${w.hint ?? ""}`),
  },
];

/** A message as text: header lines, body wrapped to the terminal (80 columns in a pipe), attachments with their parts. */
export function messageText(message: ReadableMessage, target: Target): string {
  const { headers, body, attachments, problems } = message;
  const lines: string[] = [];
  const field = (name: string, value: string) => {
    if (value !== "") lines.push(`${name}: ${safeText(value)}`);
  };
  field("From", formatPeople(headers.from, true));
  field("To", formatPeople(headers.to, true));
  field("Cc", formatPeople(headers.cc, true));
  if (headers.date !== null) field("Date", longDate(headers.date));
  field("Subject", headers.subject);
  lines.push("");
  for (const line of layoutBody(body, Math.min(target.columns ?? 80, 100))) {
    lines.push(line.spans.map((span) => span.text).join(""));
  }
  const links = hiddenLinks(body);
  if (links.length > 0)
    lines.push("", ...links.map(({ number, target }) => `[${number}] ${safeText(target)}`));
  if (attachments.length > 0) {
    lines.push("");
    for (const a of attachments) {
      const name = safeText(a.fileName ?? "(no name)");
      lines.push(`part ${a.section}: ${name}, ${safeText(a.mediaType)}, ${formatSize(a.size)}`);
    }
  }
  for (const problem of problems) lines.push(`! ${safeText(problem)}`);
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

const amount = (n: number, { resource }: QuotaUse) => (resource === "STORAGE" ? formatSize(n) : String(n));

export const quotaColumns: readonly ColumnOf<QuotaUse>[] = [
  { help: "what is counted: STORAGE, MESSAGE", most: 20, of: (q) => q.resource },
  { help: "how much is used", most: 10, right: true, of: (q) => amount(q.used, q) },
  { help: "how much there may be", most: 10, right: true, of: (q) => amount(q.limit, q) },
  {
    help: "the used part, in percent",
    most: 5,
    right: true,
    of: (q) => (q.limit > 0 ? `${Math.round((100 * q.used) / q.limit)}%` : "-"),
  },
  { help: "what the limit is for", most: 1000, of: (q) => q.root },
];

/** Sections under headings on a terminal; in a pipe a line each: section, label, text. */
function statusText(status: ServerStatus, target: Target): string {
  const entries = statusEntries(status);
  const columns = (rows: readonly StatusEntry[]) => [
    { values: rows.map((r) => r.label), most: 30 },
    { values: rows.map((r) => r.text), most: 1000 },
  ];
  if (target.columns === null)
    return table([{ values: entries.map((r) => r.section), most: 30 }, ...columns(entries)], target);
  const sections = [...new Set(entries.map((r) => r.section))];
  return sections
    .map((section) => {
      const rows = entries.filter((r) => r.section === section);
      return `${section}\n${table(columns(rows), { ...target, columns: (target.columns ?? 80) - 2 })
        .replace(/^/gm, "  ")
        .replace(/ +$/, "")}`;
    })
    .join("\n");
}

/** A hit anywhere: an address that holds for good in a pipe, a shorter one for a person to type. */
const hitColumns = (onTerminal: boolean): readonly ColumnOf<Hit>[] => [
  {
    help: "the message, with its folder",
    most: 30,
    of: ({ folder, message }) =>
      (onTerminal ? null : imapUrl(null, folder, message.uid)) ?? `${folder.name}/${message.uid}`,
  },
  ...messageColumns.slice(1).map((column) => ({
    ...column,
    of: ({ message }: Hit, now: number) => column.of(message, now),
  })),
];

export const attachmentColumns: readonly ColumnOf<Attachment>[] = [
  { help: "the part", most: 8, of: (a) => a.section },
  { help: "how large it is, about", most: 9, right: true, of: (a) => formatSize(a.size) },
  { help: "the type", most: 30, of: (a) => a.mediaType },
  { help: "the name", most: 1000, of: (a) => a.fileName ?? "-" },
];

export const aclColumns: readonly ColumnOf<AclEntry>[] = [
  { help: "the rights, as letters (RFC 4314)", most: 20, of: (a) => a.rights },
  { help: "who has them; with a minus before it, has them not", most: 1000, of: (a) => a.identifier },
];

export const contactColumns: readonly ColumnOf<Contact>[] = [
  { help: "the address", most: 50, of: (c) => c.email },
  { help: "the name", most: 50, of: (c) => c.name || "-" },
  { help: "whence it is known", most: 1000, of: contactOrigin },
];

export const draftColumns: readonly ColumnOf<SavedDraft>[] = [
  { help: "its name", most: 12, of: (d) => d.id },
  { help: "when it was kept last", most: 12, right: true, of: (d, now) => shortDate(d.savedAt, now) },
  { help: "who it is to", most: 40, of: (d) => fieldOf(d.draft, "To") || "-" },
  { help: "the subject", most: 1000, of: (d) => fieldOf(d.draft, "Subject") },
];

export const outboxColumns: readonly ColumnOf<Entry>[] = [
  { help: "its name", most: 12, of: (e) => e.id },
  { help: "waiting, sending, sent (its copy is not kept yet) or held", most: 8, of: (e) => e.state },
  {
    help: "when it goes out",
    most: 12,
    right: true,
    of: (e, now) => shortDate(Math.max(e.notBefore, e.retryAt, e.created), now),
  },
  { help: "who it is to", most: 40, of: (e) => e.envelope.to.join(", ") },
  {
    help: "the subject, and why it waits or is held",
    most: 1000,
    of: (e) => (e.reason === null ? e.subject : `${e.subject}: ${e.reason.text}; ${e.reason.hint}`),
  },
];

type Event = Extract<Result, { kind: "event" }>;

export const eventColumns: readonly ColumnOf<Event>[] = [
  { help: "what happened", most: 8, of: ({ event }) => event },
  { help: "the folder", most: 30, of: ({ folder }) => folder.name },
  ...messageColumns.map(({ of, ...column }, at) => ({
    ...column,
    of: ({ uid, message }: Event, now: number) =>
      message ? of(message, now) : at === 0 && uid !== null ? String(uid) : "",
  })),
];

/** Any result but bytes, as text. */
export function resultText(result: Exclude<Result, { kind: "bytes" }>, target: Target): string {
  switch (result.kind) {
    case "folders":
      return tableOf(folderColumns, result.items, target);
    case "queue":
      return tableOf(queueColumns, result.items, target);
    case "messages":
      return tableOf(messageColumns, result.items, target);
    case "threads":
      return tableOf(threadColumns(target.utf8), result.items, target);
    case "hits":
      return tableOf(hitColumns(target.columns !== null), result.items, target);
    case "ids":
      return result.items.map((uid) => `${uid}\n`).join("");
    case "count":
      return `${result.count}\n`;
    case "attachments":
      return tableOf(attachmentColumns, result.items, target);
    case "files":
      return result.items.map(({ path }) => `${safeText(path)}\n`).join("");
    case "acl": {
      const own = { identifier: "(you)", rights: result.rights };
      return tableOf(aclColumns, [own, ...result.items], target);
    }
    case "message":
      return messageText(result.message, target);
    case "written":
      return `${safeText(result.text)}\n`;
    case "contacts":
      return tableOf(contactColumns, result.items, target);
    case "drafts":
      return tableOf(draftColumns, result.items, target);
    case "outbox":
      return tableOf(outboxColumns, result.items, target);
    case "quota":
      return tableOf(quotaColumns, result.items, target);
    case "status":
      return statusText(result.status, target);
    case "protocol":
      return result.lines.map((line) => `${safeText(line)}\n`).join("");
    case "event":
      return tableOf(eventColumns, [result], target);
    case "change":
      return `${safeText(result.text)}${result.sent ? "" : " (not on the server yet)"}\n`;
  }
}

/** Raw bytes for a terminal, which must not see them as they are; a pipe gets every byte. */
export async function* bytesText(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  for await (const chunk of stream) yield safeText(decoder.write(chunk), { keepNewlines: true });
  yield safeText(decoder.end(), { keepNewlines: true });
}
