// FETCH: what can be asked of a message, and the answer (RFC 3501 §6.4.5, §7.4.2).
import { bodyStructure, envelope, type Section, section } from "./mime.ts";
import type { Message } from "./store.ts";
import { astring, dateTime, literal, Refusal, type Scanner } from "./syntax.ts";
import { flagList } from "./view.ts";

export interface FetchItem {
  /** Answers one data item, `NAME value`. */
  answer: (message: Message) => string;
  /** Whether asking sets \Seen. */
  marksSeen: boolean;
}

const quiet = (answer: (message: Message) => string): FetchItem => ({ answer, marksSeen: false });

const whole = { path: [], fields: [] };

function octets(message: Message, wanted: Section): string {
  return literal(section(message.content.raw, message.content.root, wanted) ?? "");
}

const items: Record<string, FetchItem> = {
  FLAGS: quiet(flagList),
  UID: quiet((m) => `UID ${m.uid}`),
  INTERNALDATE: quiet((m) => `INTERNALDATE ${dateTime(m.internalDate)}`),
  "RFC822.SIZE": quiet((m) => `RFC822.SIZE ${m.content.raw.length}`),
  ENVELOPE: quiet((m) => `ENVELOPE ${envelope(m.content.root)}`),
  BODYSTRUCTURE: quiet((m) => `BODYSTRUCTURE ${bodyStructure(m.content.raw, m.content.root, true)}`),
  BODY: quiet((m) => `BODY ${bodyStructure(m.content.raw, m.content.root, false)}`),
  "RFC822.HEADER": quiet((m) => `RFC822.HEADER ${octets(m, { ...whole, what: "HEADER" })}`),
  "RFC822.TEXT": {
    answer: (m) => `RFC822.TEXT ${octets(m, { ...whole, what: "TEXT" })}`,
    marksSeen: true,
  },
  RFC822: { answer: (m) => `RFC822 ${octets(m, { ...whole, what: "" })}`, marksSeen: true },
};

const fast = ["FLAGS", "INTERNALDATE", "RFC822.SIZE"];
const macros: Record<string, string[]> = {
  FAST: fast,
  ALL: [...fast, "ENVELOPE"],
  FULL: [...fast, "ENVELOPE", "BODY"],
};

/** `BODY[…]<…>`, the opening bracket already read. */
function bodySection(args: Scanner, marksSeen: boolean): FetchItem {
  const path = (args.match(/[1-9]\d{0,5}(?:\.[1-9]\d{0,5})*/y) ?? "").split(".").filter(Boolean).map(Number);
  const word =
    path.length === 0 || args.take(".")
      ? args.match(/(?:HEADER\.FIELDS\.NOT|HEADER\.FIELDS|HEADER|TEXT|MIME)(?=[\] ])/iy)
      : undefined;
  const wanted: Section = { path, what: "", fields: [] };
  const what = word?.toUpperCase();
  if (what === "HEADER.FIELDS" || what === "HEADER.FIELDS.NOT") {
    args.space();
    wanted.what = what;
    wanted.fields = args.list(() => args.astring());
    if (wanted.fields.length === 0) throw new Refusal("BAD", "Expected names of header fields");
  } else if (what === "HEADER" || what === "TEXT" || (what === "MIME" && path.length > 0)) {
    wanted.what = what;
  }
  args.expect("]");
  const spec = [path.join("."), wanted.what].filter(Boolean).join(".");
  const names = wanted.fields.length > 0 ? ` (${wanted.fields.map(astring).join(" ")})` : "";
  const origin = args.match(/<(\d{1,10})(?=\.[1-9]\d{0,9}>)/y);
  const length = origin === undefined ? undefined : Number(args.match(/\.(\d+)>/y));
  const label = `BODY[${spec}${names}]${origin === undefined ? "" : `<${origin}>`}`;
  return {
    marksSeen,
    answer: ({ content }) => {
      const found = section(content.raw, content.root, wanted);
      if (found === null) return `${label} NIL`;
      const start = Number(origin ?? 0);
      return `${label} ${literal(length === undefined ? found : found.slice(start, start + length))}`;
    },
  };
}

function fetchItem(args: Scanner): FetchItem {
  const peek = args.match(/BODY\.PEEK\[/iy);
  if (peek || args.match(/BODY\[/iy)) return bodySection(args, !peek);
  const name = args.atom();
  const item = Object.hasOwn(items, name) ? items[name] : undefined;
  if (!item) throw new Refusal("BAD", `There is no FETCH item ${name}`);
  return item;
}

/** The items of a FETCH command; a UID FETCH answers UID without being asked. */
export function fetchItems(args: Scanner, byUid: boolean): FetchItem[] {
  const macro = args.match(/(?:ALL|FAST|FULL)$/iy)?.toUpperCase();
  const asked = args.startsWith("(")
    ? args.list(() => fetchItem(args))
    : (macros[macro ?? ""] ?? [])
        .map((name) => items[name])
        .filter((item): item is FetchItem => item !== undefined);
  if (!args.atEnd && asked.length === 0) asked.push(fetchItem(args));
  args.end();
  if (asked.length === 0) throw new Refusal("BAD", "Expected FETCH items");
  const uid = items.UID;
  return uid && byUid && !asked.includes(uid) ? [uid, ...asked] : asked;
}
