/** What a mailing list says of itself: List-Id (RFC 2919), List-Post and List-Unsubscribe (RFC 2369, 8058). */
import { decodeWords } from "./header.ts";
import { field, type HeaderField } from "./mime.ts";

/** A message that a mailto address asks for (RFC 6068). Only these fields are taken; all are raw text from outside. */
export interface MailtoMessage {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly subject: string;
  readonly body: string;
  readonly inReplyTo: string | null;
}

export interface Unsubscribe {
  /** An address to write to; null where none is given. */
  readonly mail: MailtoMessage | null;
  /** A page to go to, https or http; null where none is given. */
  readonly page: string | null;
  /**
   * A POST of `List-Unsubscribe=One-Click` to `page` does it, without a person looking (RFC 8058): only where the
   * sender says so, and over https alone.
   */
  readonly oneClick: boolean;
}

export interface MailingList {
  /** `list.example.org`; null where there is no List-Id. */
  readonly id: string | null;
  /** The words before it. */
  readonly name: string;
  /** Addresses to write to, if writing is allowed. */
  readonly post: readonly string[];
  /** "List-Post: NO": a list for announcements. */
  readonly announcementsOnly: boolean;
  readonly unsubscribe: Unsubscribe | null;
  readonly archive: string | null;
}

const MAX_VALUE = 8192;
const MAX_ADDRESSES = 50;

function percentDecoded(s: string): string {
  try {
    return decodeURIComponent(s);
  } catch {
    return s;
  }
}

/** A line of a header at most: what has a line end in it would be more than one. */
const oneLine = (s: string) => s.replace(/[\r\n\0]+/g, " ").trim();

/** Reads a mailto address (RFC 6068); null for any other. Fields that are not asked for by people are passed over. */
export function readMailto(url: string): MailtoMessage | null {
  const [, path, query = ""] = /^mailto:([^?#]*)(?:\?([^#]*))?/is.exec(url.slice(0, MAX_VALUE)) ?? [];
  if (path === undefined) return null;
  const addresses = (list: string) =>
    list
      .split(",", MAX_ADDRESSES)
      .map((one) => oneLine(percentDecoded(one)))
      .filter((one) => /^[^\s@<>]+@[^\s@<>]+$/.test(one));
  const fields = new Map<string, string>();
  for (const pair of query.replaceAll("&amp;", "&").split("&", 20)) {
    const name = percentDecoded(pair.split("=", 1)[0] ?? "").toLowerCase();
    if (!fields.has(name)) fields.set(name, pair.slice(pair.indexOf("=") + 1));
  }
  const text = (name: string) => percentDecoded(fields.get(name) ?? "");
  const replyTo = oneLine(text("in-reply-to"));
  return {
    to: [...addresses(path), ...addresses(fields.get("to") ?? "")],
    cc: addresses(fields.get("cc") ?? ""),
    subject: oneLine(text("subject")),
    body: text("body").replace(/\r\n|\r/g, "\n"),
    inReplyTo: /^<[^<>\s]+>$/.test(replyTo) ? replyTo : null,
  };
}

/** The addresses in angle brackets of a List- header (RFC 2369 §2), in the sender's order of preference. */
function urls(value: string | null): string[] {
  return [...(value ?? "").slice(0, MAX_VALUE).matchAll(/<([^<>]*)>/g)]
    .map(([, url = ""]) => url.replace(/\s+/g, ""))
    .slice(0, 20);
}

function unsubscribe(fields: readonly HeaderField[]): Unsubscribe | null {
  const offered = urls(field(fields, "list-unsubscribe"));
  const mailto = offered.find((url) => /^mailto:/i.test(url));
  const page =
    offered.find((url) => /^https:\/\/./i.test(url)) ?? offered.find((url) => /^http:\/\/./i.test(url));
  const mail = mailto ? readMailto(mailto) : null;
  const usable = mail && mail.to.length > 0 ? mail : null;
  if (!usable && !page) return null;
  const post = field(fields, "list-unsubscribe-post") ?? "";
  const oneClick = /^https:/i.test(page ?? "") && /^\s*List-Unsubscribe\s*=\s*One-Click\s*$/i.test(post);
  return { mail: usable, page: page ?? null, oneClick };
}

/** What the header says of the list a message came by; null where it came by none. */
export function readMailingList(fields: readonly HeaderField[]): MailingList | null {
  const listId = field(fields, "list-id");
  const posting = field(fields, "list-post");
  const leaving = unsubscribe(fields);
  if (listId === null && posting === null && leaving === null) return null;
  const id =
    /<\s*([^<>\s]{1,255})\s*>\s*$/.exec(listId ?? "")?.[1] ?? (/^[\w.-]+$/.exec(listId ?? "")?.[0] || null);
  const name = decodeWords((listId ?? "").replace(/<[^<>]*>\s*$/, ""))
    .trim()
    .replace(/^"(.*)"$/, "$1")
    .slice(0, 500);
  return {
    id,
    name: name === id ? "" : name,
    post: urls(posting).flatMap((url) => readMailto(url)?.to ?? []),
    announcementsOnly: /^\s*NO\b/i.test(posting ?? ""),
    unsubscribe: leaving,
    archive: urls(field(fields, "list-archive")).find((url) => /^https?:\/\/./i.test(url)) ?? null,
  };
}
