/** One whole response as a value (RFC 9051 §7). */
import { maxNumber } from "../uid-set.ts";
import type { FetchedMessage, ListedMailbox, Rights, UidRanges } from "../values.ts";
import { LPAREN, PLUS } from "../wire/bytes.ts";
import { Reader } from "../wire/reader.ts";
import { type Acl, type GrantableRights, readAcl, readListRights, readMyRights } from "./acl.ts";
import { type ResponseText, readCapabilities, readResponseText } from "./code.ts";
import { readFetch, readUidFetch } from "./fetch.ts";
import { readFlags } from "./flags.ts";
import { readList } from "./list.ts";
import { type MetadataResponse, readMetadata } from "./metadata.ts";
import { type Namespaces, readNamespace } from "./namespace.ts";
import { type Quota, readQuota, readQuotaRoot } from "./quota.ts";
import { readEsearch, readNumbers, readSearch, type SearchResponse } from "./search.ts";
import { readStatus, type StatusResponse } from "./status.ts";
import { readThread, type Threads } from "./thread.ts";
import { type FetchedUrl, readGenUrlAuth, readUrlFetch } from "./url-auth.ts";

export type Condition = "OK" | "NO" | "BAD";

export interface Tagged extends ResponseText {
  readonly kind: "tagged";
  readonly tag: string;
  readonly condition: Condition;
}

export type Untagged =
  | ({ readonly kind: "condition"; readonly condition: Condition | "BYE" | "PREAUTH" } & ResponseText)
  | { readonly kind: "capability"; readonly capabilities: readonly string[] }
  | { readonly kind: "enabled"; readonly capabilities: readonly string[] }
  | { readonly kind: "flags"; readonly flags: readonly string[] }
  | { readonly kind: "exists"; readonly exists: number }
  | { readonly kind: "expunge"; readonly seq: number }
  | { readonly kind: "vanished"; readonly earlier: boolean; readonly uids: UidRanges }
  | { readonly kind: "fetch"; readonly message: FetchedMessage }
  | { readonly kind: "list"; readonly mailbox: ListedMailbox }
  | ({ readonly kind: "status" } & StatusResponse)
  | ({ readonly kind: "search" } & SearchResponse)
  | { readonly kind: "sort"; readonly numbers: readonly number[]; readonly modSeq: bigint | null }
  | { readonly kind: "thread"; readonly threads: Threads }
  | ({ readonly kind: "acl" } & Acl)
  | ({ readonly kind: "listrights" } & GrantableRights)
  | { readonly kind: "myrights"; readonly path: string; readonly rights: Rights }
  | ({ readonly kind: "quota" } & Quota)
  | { readonly kind: "quotaroot"; readonly path: string; readonly roots: readonly string[] }
  | ({ readonly kind: "metadata" } & MetadataResponse)
  | { readonly kind: "genurlauth"; readonly urls: readonly string[] }
  | { readonly kind: "urlfetch"; readonly found: readonly FetchedUrl[] }
  /** Where the same mail is to be had by JMAP (RFC 9698). */
  | { readonly kind: "jmapaccess"; readonly url: string }
  | { readonly kind: "namespace"; readonly namespaces: Namespaces }
  | { readonly kind: "id"; readonly fields: ReadonlyMap<string, string> }
  /** A response of a kind that is not used here. */
  | { readonly kind: "unknown"; readonly name: string };

export type Response =
  | Tagged
  | Untagged
  /** command continuation request; `text` is what follows `+ ` (base64 for SASL). */
  | { readonly kind: "continue"; readonly text: string };

/**
 * Reads one response, as the framer hands it out.
 * @throws MalformedError where nothing of it can be used
 */
export function parseResponse(buffer: Buffer): Response {
  const r = new Reader(buffer);
  // Exchange says this in place of BYE, and closes.
  if ((r.peek() | 0x20) === 0x73 && /^server unavailable/i.test(r.ahead(18)))
    return { kind: "condition", condition: "BYE", code: null, text: r.rest() };
  if (r.take(PLUS)) {
    r.skipSp();
    return { kind: "continue", text: r.rest() };
  }
  const tag = r.atom();
  r.skipSp();
  if (tag === "*") return readUntagged(r);
  const condition: string = r.atom().toUpperCase();
  if (condition !== "OK" && condition !== "NO" && condition !== "BAD") return r.fail("OK, NO or BAD");
  return { kind: "tagged", tag, condition, ...readResponseText(r) };
}

function readUntagged(r: Reader): Response {
  // `* [COPYUID …] done`: an OK that was left out (Exchange, home.pl).
  if (r.peek() === 0x5b) return { kind: "condition", condition: "OK", ...readResponseText(r) };
  if (r.atNumber()) return readNumbered(r);
  const name = r.atom().toUpperCase();
  switch (name) {
    case "OK":
    case "NO":
    case "BAD":
    case "BYE":
    case "PREAUTH":
      return { kind: "condition", condition: name, ...readResponseText(r) };
    case "CAPABILITY":
      return { kind: "capability", capabilities: readCapabilities(r) };
    case "ENABLED":
      return { kind: "enabled", capabilities: readCapabilities(r) };
    case "COPYUID":
    case "APPENDUID": {
      const code = readResponseText(new Reader(Buffer.from(`[${name}${r.rest()}]`))).code;
      return { kind: "condition", condition: "OK", code, text: "" };
    }
    default:
      r.skipSp();
      return readNamed(r, name);
  }
}

function readNamed(r: Reader, name: string): Response {
  switch (name) {
    case "FLAGS":
      return { kind: "flags", flags: readFlags(r) };
    case "LIST":
    case "LSUB":
    case "XLIST":
      return { kind: "list", mailbox: readList(r) };
    case "STATUS":
      return { kind: "status", ...readStatus(r) };
    case "SEARCH":
      return { kind: "search", ...readSearch(r) };
    case "ESEARCH":
      return { kind: "search", ...readEsearch(r) };
    case "SORT":
      return { kind: "sort", ...readNumbers(r) };
    case "THREAD":
      return { kind: "thread", threads: readThread(r) };
    case "ACL":
      return { kind: "acl", ...readAcl(r) };
    case "LISTRIGHTS":
      return { kind: "listrights", ...readListRights(r) };
    case "MYRIGHTS":
      return { kind: "myrights", ...readMyRights(r) };
    case "QUOTA":
      return { kind: "quota", ...readQuota(r) };
    case "QUOTAROOT":
      return { kind: "quotaroot", ...readQuotaRoot(r) };
    case "METADATA":
      return { kind: "metadata", ...readMetadata(r) };
    case "VANISHED": {
      const earlier = r.peek() === LPAREN;
      if (earlier) r.skipValue();
      r.skipSp();
      return { kind: "vanished", earlier, uids: r.sequenceSet() };
    }
    case "GENURLAUTH":
      return { kind: "genurlauth", urls: readGenUrlAuth(r) };
    case "URLFETCH":
      return { kind: "urlfetch", found: readUrlFetch(r) };
    case "JMAPACCESS":
      return { kind: "jmapaccess", url: r.astring() };
    case "NAMESPACE":
      return { kind: "namespace", namespaces: readNamespace(r) };
    case "ID":
      return { kind: "id", fields: readId(r) };
    default:
      return { kind: "unknown", name };
  }
}

function readNumbered(r: Reader): Response {
  const number = r.number();
  r.sp();
  const name = r.atom().toUpperCase();
  if (name === "EXISTS") return { kind: "exists", exists: Math.min(number, maxNumber) };
  if (number < 1 || number > maxNumber) return { kind: "unknown", name };
  if (name === "EXPUNGE") return { kind: "expunge", seq: number };
  if (name === "UIDFETCH") {
    r.sp();
    return { kind: "fetch", message: readUidFetch(r, number) };
  }
  if (name !== "FETCH") return { kind: "unknown", name };
  r.sp();
  return { kind: "fetch", message: readFetch(r, number) };
}

/** `(name value …)` or NIL (RFC 2971); names in lower case. */
function readId(r: Reader): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  if (r.nil()) return fields;
  r.list(() => {
    const name = r.astring().toLowerCase();
    r.skipSp();
    const value = r.nstring();
    if (value !== null) fields.set(name, value);
  });
  return fields;
}
