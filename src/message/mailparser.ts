/**
 * mailparser, and all that is used of it: it undoes transfer encodings and takes address headers apart. It is handed
 * small messages made here, never the message itself: the tree of parts is ours, so that sections count as IMAP's do
 * and an attachment of many megabytes is not pushed through it to read two lines. Loaded when first needed: one-shot
 * commands that only list never pay for it.
 */
import type { AddressObject, AttachmentStream, EmailAddress, Headers, MailParser } from "mailparser";
import type { HeaderField } from "./mime.ts";
import type { Person } from "./types.ts";

async function newParser(): Promise<MailParser> {
  // mailparser is CommonJS: in a bundle, its import has nothing but `default`.
  const { default: mailparser } = await import("mailparser");
  return new mailparser.MailParser({
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipImageLinks: true,
    skipTextLinks: true,
  });
}

/** A parser that has read the header of a part in `encoding`; what is written to it next is that part's body. */
export async function partDecoder(encoding: "base64" | "quoted-printable"): Promise<MailParser> {
  const parser = await newParser();
  parser.write(
    `Content-Type: application/octet-stream\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`,
  );
  return parser;
}

export type { AttachmentStream, MailParser };

const ADDRESS_FIELDS = new Set(["from", "to", "cc", "reply-to"]);

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

/** The people of a header: From, To, Cc, Reply-To (RFC 5322 §3.6.2–3), names decoded, groups flattened. */
export async function parseAddresses(
  fields: readonly HeaderField[],
): Promise<Record<"from" | "to" | "cc" | "replyTo", Person[]>> {
  const lines = fields
    .filter((f) => ADDRESS_FIELDS.has(f.name))
    .map((f) => `${f.name}: ${f.value.replace(/[\r\n]+/g, " ")}\r\n`);
  const none = { from: [], to: [], cc: [], replyTo: [] };
  if (lines.length === 0) return none;
  const parser = await newParser();
  return new Promise((resolve, reject) => {
    let result: Record<"from" | "to" | "cc" | "replyTo", Person[]> = none;
    parser.on("headers", (headers: Headers) => {
      result = {
        from: addressesOf(headers, "from"),
        to: addressesOf(headers, "to"),
        cc: addressesOf(headers, "cc"),
        replyTo: addressesOf(headers, "reply-to"),
      };
    });
    parser.on("error", reject);
    parser.on("end", () => resolve(result));
    parser.resume();
    parser.end(`${lines.join("")}\r\n`);
  });
}
