/**
 * mailparser, and all that is used of it: it takes address headers apart. It is handed small messages made here, never
 * the message itself: the tree of parts is ours, so that sections count as IMAP's do, and transfer encodings are undone
 * here (mailparser took 25 ms and more for a newsletter of 400 kB, this 2 ms). Loaded when first needed: one-shot
 * commands that only list never pay for it.
 */
import type { AddressObject, EmailAddress, Headers, MailParser } from "mailparser";
import type { HeaderField } from "./mime.ts";
import type { Person } from "./types.ts";

// mailparser is CommonJS: in a bundle, its import has nothing but `default`.
const load = async () => (await import("mailparser")).default;

/** A message is going to be read: what takes the longest to load is loaded meanwhile. */
export function expectMessage(): void {
  // Who reads it says what is wrong.
  load().catch(() => undefined);
}

async function newParser(): Promise<MailParser> {
  const mailparser = await load();
  return new mailparser.MailParser({
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipImageLinks: true,
    skipTextLinks: true,
  });
}

/** The fields that are read, and the names under which mailparser reads them. */
const ADDRESS_FIELDS: ReadonlyMap<string, string> = new Map([
  ["from", "from"],
  ["to", "to"],
  ["cc", "cc"],
  ["reply-to", "reply-to"],
  ["mail-followup-to", "bcc"],
  ["disposition-notification-to", "disposition-notification-to"],
]);

function people(list: readonly EmailAddress[] | undefined): Person[] {
  const out: Person[] = [];
  for (const entry of list ?? []) {
    if (entry.group && entry.group.length > 0) out.push(...people(entry.group));
    else if (entry.name || entry.address) {
      const email = entry.address ?? "";
      out.push({ name: entry.name === email ? "" : entry.name.replace(/\s+/g, " ").trim(), email });
    }
  }
  return out;
}

function addressesOf(headers: Headers, name: string): Person[] {
  const value = headers.get(name);
  if (value === undefined) return [];
  const objects = (Array.isArray(value) ? value : [value]).filter(
    (item): item is AddressObject => typeof item === "object" && "value" in item && Array.isArray(item.value),
  );
  return objects.flatMap((object) => people(object.value));
}

type People = Record<"from" | "to" | "cc" | "replyTo" | "followupTo" | "receiptTo", Person[]>;

/** Reads one header of each of these names; what is asked for under another name comes as that. */
function readFields(lines: readonly string[]): Promise<People> {
  const none: People = { from: [], to: [], cc: [], replyTo: [], followupTo: [], receiptTo: [] };
  if (lines.length === 0) return Promise.resolve(none);
  return newParser().then(
    (parser) =>
      new Promise((resolve, reject) => {
        let result = none;
        parser.on("headers", (headers: Headers) => {
          result = {
            from: addressesOf(headers, "from"),
            to: addressesOf(headers, "to"),
            cc: addressesOf(headers, "cc"),
            replyTo: addressesOf(headers, "reply-to"),
            // mailparser knows no Mail-Followup-To; it goes in as a field of the same grammar that is not read here.
            followupTo: addressesOf(headers, "bcc"),
            receiptTo: addressesOf(headers, "disposition-notification-to"),
          };
        });
        parser.on("error", reject);
        parser.on("end", () => resolve(result));
        parser.resume();
        parser.end(`${lines.join("")}\r\n`);
      }),
  );
}

/** Characters of one field that are read; mailparser's time may grow with the square of what a sender makes up. */
const MAX_FIELD = 128 * 1024;

/** Whether so much stands in a field that `parseAddresses` leaves out its end. */
export function tooManyAddresses(fields: readonly HeaderField[]): boolean {
  return fields.some((f) => ADDRESS_FIELDS.has(f.name) && f.value.length > MAX_FIELD);
}

/** Cut behind the last whole address. */
function cut(value: string): string {
  if (value.length <= MAX_FIELD) return value;
  const comma = value.lastIndexOf(",", MAX_FIELD);
  return value.slice(0, comma > 0 ? comma : MAX_FIELD);
}

/** The people of a header: From, To, Cc, Reply-To (RFC 5322 §3.6.2–3), Mail-Followup-To, Disposition-Notification-To (RFC 8098 §2.1); names decoded, groups flattened. */
export function parseAddresses(fields: readonly HeaderField[]): Promise<People> {
  const lines = fields
    .filter((f) => ADDRESS_FIELDS.has(f.name))
    .map((f) => `${ADDRESS_FIELDS.get(f.name)}: ${cut(f.value).replace(/[\r\n]+/g, " ")}\r\n`);
  return readFields(lines);
}
