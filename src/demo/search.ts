// SEARCH: the keys of RFC 3501 §6.4.4, and the text of a message that they look through.
import { field, type Part } from "./mime.ts";
import { type Content, hasFlag, type Message } from "./store.ts";
import { inSet, parseDate, Refusal, type Scanner } from "./syntax.ts";

/** What `*` means in sets of sequence numbers and of UIDs. */
export interface Limits {
  lastSequence: number;
  lastUid: number;
}

type Key = (message: Message, sequence: number) => boolean;

const bytes = (octets: string) => Buffer.from(octets, "latin1");

function decodeCharset(data: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(data);
  } catch {
    return data.toString("latin1");
  }
}

function fromQuotedPrintable(text: string): string {
  return text
    .replace(/=\r?\n/g, "")
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** A header value with its encoded-words decoded (RFC 2047). */
function decodeWords(value: string): string {
  return value
    .replace(/(\?=)\s+(?==\?)/g, "$1")
    .replace(
      /=\?([^?*\s]+)[^?\s]*\?([bq])\?([^?\s]*)\?=/gi,
      (_, charset: string, encoding: string, text: string) =>
        decodeCharset(
          encoding.toLowerCase() === "b"
            ? Buffer.from(text, "base64")
            : bytes(fromQuotedPrintable(text.replaceAll("_", " "))),
          charset,
        ),
    );
}

function bodyText(raw: string, part: Part): string {
  const inner = part.message ? [part.message] : part.children;
  if (inner.length > 0) return inner.map((child) => bodyText(raw, child)).join("\n");
  if (part.type !== "text") return "";
  const body = raw.slice(part.bodyStart, part.end);
  const encoding = field(part, "content-transfer-encoding")?.toLowerCase();
  const decoded =
    encoding === "base64"
      ? Buffer.from(body, "base64")
      : bytes(encoding === "quoted-printable" ? fromQuotedPrintable(body) : body);
  const charset = part.parameters.find(([name]) => name.toLowerCase() === "charset")?.[1];
  return decodeCharset(decoded, charset ?? "utf-8");
}

const searchable = new WeakMap<Content, { header: string; body: string }>();

function textOf(content: Content): { header: string; body: string } {
  let text = searchable.get(content);
  if (!text) {
    const header = content.root.fields.map((f) => `${f.name}: ${decodeWords(f.value)}`).join("\n");
    text = { header: header.toLowerCase(), body: bodyText(content.raw, content.root).toLowerCase() };
    searchable.set(content, text);
  }
  return text;
}

/** The Date field's day as it is written, whatever its zone (SENTBEFORE and the like); NaN without one. */
function sentDay(message: Message): number {
  const [, day, month, year] =
    /(\d{1,2})\s+([a-z]{3})[a-z]*\s+(\d{4})/i.exec(field(message.content.root, "date") ?? "") ?? [];
  try {
    return day ? parseDate(`${day}-${month}-${year}`) : Number.NaN;
  } catch {
    return Number.NaN;
  }
}

const internalDay = (message: Message) =>
  Math.floor(message.internalDate.getTime() / 86_400_000) * 86_400_000;

function fieldContains(name: string, wanted: string): Key {
  const needle = wanted.toLowerCase();
  return ({ content }) =>
    content.root.fields.some(
      (f) => f.name === name.toLowerCase() && decodeWords(f.value).toLowerCase().includes(needle),
    );
}

type Reader = (args: Scanner, text: () => string, key: () => Key) => Key;

const flagKey =
  (flag: string, present = true): Reader =>
  () =>
  (message) =>
    message.flags.has(flag) === present;
const fieldKey =
  (name: string): Reader =>
  (_, text) =>
    fieldContains(name, text());
const dateKey =
  (dayOf: (message: Message) => number, compare: (a: number, b: number) => boolean): Reader =>
  (_, text) => {
    const wanted = parseDate(text());
    return (message) => compare(dayOf(message), wanted);
  };
const before = (a: number, b: number) => a < b;
const on = (a: number, b: number) => a === b;
const since = (a: number, b: number) => a >= b;

const keys: Record<string, Reader> = {
  ALL: () => () => true,
  ANSWERED: flagKey("\\Answered"),
  BCC: fieldKey("bcc"),
  BEFORE: dateKey(internalDay, before),
  BODY: (_, text) => {
    const needle = text().toLowerCase();
    return ({ content }) => textOf(content).body.includes(needle);
  },
  CC: fieldKey("cc"),
  DELETED: flagKey("\\Deleted"),
  DRAFT: flagKey("\\Draft"),
  FLAGGED: flagKey("\\Flagged"),
  FROM: fieldKey("from"),
  HEADER: (args, text) => {
    const name = text();
    args.space();
    return fieldContains(name, args.astring());
  },
  KEYWORD: (_, text) => {
    const flag = text();
    return ({ flags }) => hasFlag(flags, flag);
  },
  LARGER: (_, text) => {
    const size = Number(text());
    return ({ content }) => content.raw.length > size;
  },
  // No message here is ever \Recent.
  NEW: () => () => false,
  NOT: (args, _, key) => {
    args.space();
    const inner = key();
    return (message, sequence) => !inner(message, sequence);
  },
  OLD: () => () => true,
  ON: dateKey(internalDay, on),
  OR: (args, _, key) => {
    args.space();
    const first = key();
    args.space();
    const second = key();
    return (message, sequence) => first(message, sequence) || second(message, sequence);
  },
  RECENT: () => () => false,
  SEEN: flagKey("\\Seen"),
  SENTBEFORE: dateKey(sentDay, before),
  SENTON: dateKey(sentDay, on),
  SENTSINCE: dateKey(sentDay, since),
  SINCE: dateKey(internalDay, since),
  SMALLER: (_, text) => {
    const size = Number(text());
    return ({ content }) => content.raw.length < size;
  },
  SUBJECT: fieldKey("subject"),
  TEXT: (_, text) => {
    const needle = text().toLowerCase();
    return ({ content }) => {
      const { header, body } = textOf(content);
      return header.includes(needle) || body.includes(needle);
    };
  },
  TO: fieldKey("to"),
  UNANSWERED: flagKey("\\Answered", false),
  UNDELETED: flagKey("\\Deleted", false),
  UNDRAFT: flagKey("\\Draft", false),
  UNFLAGGED: flagKey("\\Flagged", false),
  UNKEYWORD: (_, text) => {
    const flag = text();
    return ({ flags }) => !hasFlag(flags, flag);
  },
  UNSEEN: flagKey("\\Seen", false),
};

/** Reads search keys up to the end of the command; a message must match all of them. */
export function searchKeys(args: Scanner, limits: Limits): Key {
  let depth = 0;
  let utf8 = false;
  const text = () => {
    args.space();
    const value = args.astring();
    return utf8 ? bytes(value).toString("utf8") : value;
  };
  const all =
    (list: Key[]): Key =>
    (message, sequence) =>
      list.every((key) => key(message, sequence));
  const key = (): Key => {
    if (++depth > 100) throw new Refusal("BAD", "Too many search keys");
    if (args.startsWith("(")) return all(args.list(key));
    if (args.startsSequenceSet) {
      const set = args.sequenceSet();
      return (_, sequence) => inSet(set, sequence, limits.lastSequence);
    }
    const name = args.atom();
    if (name === "UID") {
      args.space();
      const set = args.sequenceSet();
      return ({ uid }) => inSet(set, uid, limits.lastUid);
    }
    const reader = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (!reader) throw new Refusal("BAD", `There is no search key ${name}`);
    return reader(args, text, key);
  };
  if (args.match(/CHARSET /iy)) {
    const charset = args.astring().toUpperCase();
    if (charset !== "UTF-8" && charset !== "US-ASCII")
      throw new Refusal("NO", "Search in UTF-8", "BADCHARSET (UTF-8 US-ASCII)");
    args.space();
    utf8 = true;
  }
  const list = [key()];
  while (!args.atEnd) {
    args.space();
    list.push(key());
  }
  return all(list);
}
