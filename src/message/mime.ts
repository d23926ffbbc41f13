/**
 * The MIME tree of a whole message, with the place of every part in its bytes. Sections are numbered as FETCH BODY[…]
 * counts them (RFC 9051 §6.4.5.1), so that a part has one name whether it comes from the cache or from a server.
 */
import { isUtf8 } from "node:buffer";
import { decodeBytes } from "./charset.ts";
import { decodeParam } from "./header.ts";
import type { LeafDescription, PartDescription } from "./types.ts";

/** Multiparts and enclosed messages deeper than this are left closed: nobody sends them to be read. */
const MAX_DEPTH = 60;
const MAX_PARTS = 2000;
const MAX_HEADER = 1024 * 1024;

export interface HeaderField {
  /** Lower case. */
  readonly name: string;
  /** Unfolded; encoded words not decoded. */
  readonly value: string;
}

/** Where a part lies in the message: `header` up to and with the empty line, `body` without the line end before a delimiter. */
export interface PartBytes {
  readonly header: Buffer;
  readonly body: Buffer;
}

export interface MimeTree {
  readonly structure: PartDescription;
  /** Header block of the message itself. */
  readonly header: Buffer;
  /** By section; leaves only. For a message/rfc822 the body is the enclosed message. */
  readonly parts: ReadonlyMap<string, PartBytes>;
  /** By section, header and body together, of multiparts as well: what a signature is made over (RFC 1847 §2.1). */
  readonly entities: ReadonlyMap<string, Buffer>;
  /** By section of a message/rfc822: the header block of the message it holds. */
  readonly enclosedHeaders: ReadonlyMap<string, Buffer>;
  /** What was left unread, in words for the person. */
  readonly problems: readonly string[];
}

/**
 * Reads a header block (RFC 5322 §2.2). Lines that are no field are skipped; 8-bit text is UTF-8 where valid, else
 * in `charset`, else guessed.
 */
export function headerFields(block: Buffer, charset: string | null = null): HeaderField[] {
  const bytes = block.subarray(0, MAX_HEADER);
  const text = isUtf8(bytes) ? bytes.toString("utf8") : decodeBytes(bytes, charset);
  const fields: HeaderField[] = [];
  for (const line of text.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n|\r/)) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trimEnd().toLowerCase();
    if (/^[!-9;-~]+$/.test(name)) fields.push({ name, value: line.slice(colon + 1).trim() });
  }
  return fields;
}

export function field(fields: readonly HeaderField[], name: string): string | null {
  return fields.find((f) => f.name === name)?.value ?? null;
}

const PARAMETER = /;\s*([^\s=;"()]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;"\s(]*))/gs;

/** `value; name=value; …` (RFC 2045 §5.1). The value and the parameters' names are in lower case. */
export function parseParameters(s: string): { value: string; params: Map<string, string> } {
  const params = new Map<string, string>();
  for (const [, name = "", quoted, token] of s.matchAll(PARAMETER)) {
    const key = name.toLowerCase();
    const value = quoted === undefined ? (token ?? "") : quoted.replace(/\\(.)/gs, "$1");
    if (!params.has(key)) params.set(key, value);
  }
  const value = (/^[^;(]*/.exec(s)?.[0] ?? "").trim().toLowerCase();
  return { value: value.replace(/\s*\/\s*/, "/"), params };
}

/** Whether a line begins like a header field: a name of printable ASCII and a colon (RFC 5322 §2.2, §4.5). */
function isField(source: Buffer, line: number, end: number): boolean {
  let at = line;
  while (at < end && isNameOctet(source[at])) at++;
  if (at === line) return false;
  while (source[at] === 32 || source[at] === 9) at++;
  return at < end && source[at] === 58;
}

const isNameOctet = (octet = 0) => octet > 32 && octet < 127 && octet !== 58;

/**
 * First octet of the body: after the first empty line. Where a sender forgot that line, at the first that is neither
 * a field nor the continuation of one; where there is no body, `end`.
 */
function bodyStart(source: Buffer, start: number, end: number): number {
  let line = start;
  while (line < end) {
    const newline = source.indexOf(10, line);
    const next = newline === -1 || newline >= end ? end : newline + 1;
    const folded = source[line] === 32 || source[line] === 9;
    let text = line;
    while (text < next && (source[text] === 32 || source[text] === 9 || source[text] === 13)) text++;
    const blank = text >= next || source[text] === 10;
    if (blank && !folded) return next;
    // White space alone is a fold by the letter (RFC 5322 §4.2), but is often meant as the empty line.
    if (blank && !isField(source, next, end)) return next;
    if (!blank && !folded && !isField(source, line, end)) return line;
    line = next;
  }
  return end;
}

interface Delimiter {
  /** Where the delimiter with the line end before it begins. */
  readonly from: number;
  /** Where the line after it begins. */
  readonly to: number;
  readonly closes: boolean;
}

/** Delimiter lines of one boundary, in order, up to the closing one (RFC 2046 §5.1.1). */
function delimiters(source: Buffer, start: number, end: number, boundary: string): Delimiter[] {
  const found: Delimiter[] = [];
  const mark = Buffer.from(`--${boundary}`, "utf8");
  const scope = source.subarray(0, end);
  for (let at = scope.indexOf(mark, start); at !== -1; at = scope.indexOf(mark, at + 1)) {
    if (at > start && source[at - 1] !== 10) continue;
    const newline = scope.indexOf(10, at);
    const lineEnd = newline === -1 ? end : newline;
    const rest = source
      .subarray(at + mark.length, Math.min(lineEnd, at + mark.length + 80))
      .toString("latin1");
    const closes = /^--\s*$/.test(rest);
    if (!closes && !/^\s*$/.test(rest)) continue;
    let from = at;
    if (from > start && source[from - 1] === 10) from--;
    if (from > start && source[from - 1] === 13) from--;
    found.push({ from, to: Math.min(end, lineEnd + 1), closes });
    if (closes || found.length > MAX_PARTS) break;
  }
  return found;
}

class Scanner {
  readonly parts = new Map<string, PartBytes>();
  readonly enclosedHeaders = new Map<string, Buffer>();
  readonly entities = new Map<string, Buffer>();
  readonly problems = new Set<string>();
  private readonly source: Buffer;

  constructor(source: Buffer) {
    this.source = source;
  }

  /**
   * Reads the entity in [start, end). `own` is the section it has itself, null for the body of a message, whose
   * parts are numbered below `prefix` and which is `prefix.1` where it is no multipart.
   */
  entity(
    start: number,
    end: number,
    own: string | null,
    prefix: string,
    depth: number,
    inDigest: boolean,
  ): PartDescription {
    const body = bodyStart(this.source, start, end);
    const header = this.source.subarray(start, body);
    const fields = headerFields(header);
    if (header.length > MAX_HEADER)
      this.problems.add("A header is larger than 1 MiB; the rest of it was left out.");
    const declared = field(fields, "content-type");
    const { value, params } = parseParameters(declared ?? (inDigest ? "message/rfc822" : "text/plain"));
    const [type = "", subtype = ""] = /^[^\s/]+\/[^\s/]+$/.test(value) ? value.split("/") : ["text", "plain"];
    const boundary = decodeParam(params, "boundary");
    if (type === "multipart" && boundary) {
      if (depth < MAX_DEPTH) {
        if (this.entities.size < MAX_PARTS)
          this.entities.set(own ?? prefix, this.source.subarray(start, end));
        const parts = this.children(body, end, boundary, prefix, depth, subtype === "digest");
        if (parts.length > 0) return { kind: "multipart", section: own ?? prefix, subtype, params, parts };
        this.problems.add("A multipart has no parts; it is shown as it came.");
      } else this.problems.add("Parts are nested too deeply; the innermost were left closed.");
    } else if (type === "multipart")
      this.problems.add("A multipart names no boundary; it is shown as it came.");
    const section = own ?? (prefix === "" ? "1" : `${prefix}.1`);
    if (this.parts.size >= MAX_PARTS) this.problems.add(`Only the first ${MAX_PARTS} parts were read.`);
    else {
      this.parts.set(section, { header, body: this.source.subarray(body, end) });
      this.entities.set(section, this.source.subarray(start, end));
    }
    const encoding = (
      /^[^\s;(]*/.exec(field(fields, "content-transfer-encoding") ?? "")?.[0] ?? ""
    ).toLowerCase();
    const disposition = field(fields, "content-disposition");
    const parsed = disposition === null ? null : parseParameters(disposition);
    const leaf = {
      kind: "part",
      section,
      type: type === "multipart" ? "text" : type,
      subtype: type === "multipart" ? "plain" : subtype,
      params,
      id: field(fields, "content-id"),
      encoding: encoding || "7bit",
      size: end - body,
      disposition: parsed && { type: parsed.value, params: parsed.params },
    } as const;
    return { ...leaf, body: this.enclosed(leaf, body, end, depth) };
  }

  /** The message inside a message/rfc822; null for any other part, and where an encoding hides it. */
  private enclosed(
    leaf: Omit<LeafDescription, "body">,
    start: number,
    end: number,
    depth: number,
  ): PartDescription | null {
    if (leaf.type !== "message" || (leaf.subtype !== "rfc822" && leaf.subtype !== "global")) return null;
    if (leaf.encoding === "base64" || leaf.encoding === "quoted-printable") return null;
    if (depth >= MAX_DEPTH) {
      this.problems.add("Parts are nested too deeply; the innermost were left closed.");
      return null;
    }
    this.enclosedHeaders.set(leaf.section, this.source.subarray(start, bodyStart(this.source, start, end)));
    return this.entity(start, end, null, leaf.section, depth + 1, false);
  }

  private children(
    start: number,
    end: number,
    boundary: string,
    prefix: string,
    depth: number,
    digest: boolean,
  ): PartDescription[] {
    const parts: PartDescription[] = [];
    const marks = delimiters(this.source, start, end, boundary);
    marks.forEach((mark, i) => {
      if (mark.closes || this.parts.size >= MAX_PARTS) return;
      const section = prefix === "" ? `${i + 1}` : `${prefix}.${i + 1}`;
      const to = Math.max(mark.to, marks[i + 1]?.from ?? end);
      parts.push(this.entity(mark.to, to, section, section, depth + 1, digest));
    });
    return parts;
  }
}

/** Messages kept with CR alone as line end: LF in its place, so that offsets stay. */
function withLineFeeds(message: Buffer): Buffer {
  if (message.includes(10) || !message.includes(13)) return message;
  const copy = Buffer.from(message);
  for (let at = copy.indexOf(13); at !== -1; at = copy.indexOf(13, at + 1)) copy[at] = 10;
  return copy;
}

/** Reads the MIME tree of a whole message (RFC 5322, 2045, 2046). Broken structure gives what can be made of it. Never throws. */
export function parseMime(source: Buffer): MimeTree {
  // A mailbox file's separator line is not part of the message (RFC 4155).
  const start = source.subarray(0, 5).toString("latin1") === "From " ? source.indexOf(10) + 1 : 0;
  const message = withLineFeeds(source.subarray(start));
  const scanner = new Scanner(message);
  const structure = scanner.entity(0, message.length, null, "", 0, false);
  return {
    structure,
    header: message.subarray(0, bodyStart(message, 0, message.length)),
    parts: scanner.parts,
    entities: scanner.entities,
    enclosedHeaders: scanner.enclosedHeaders,
    problems: [...scanner.problems],
  };
}

/** A part as it lies in a message, still transfer-encoded. */
export interface ExtractedPart {
  /** `type/subtype`, lower case. */
  readonly mediaType: string;
  /** Content-Transfer-Encoding, lower case: what `decodePart` takes. */
  readonly encoding: string;
  /** Decoded; not safe as a path. */
  readonly fileName: string | null;
  readonly bytes: Buffer;
}

/** The name a part gives itself (RFC 2183 §2.3, or the older `name` of Content-Type); null where there is none. */
export function partFileName(leaf: LeafDescription): string | null {
  const name =
    (leaf.disposition && decodeParam(leaf.disposition.params, "filename")) ??
    decodeParam(leaf.params, "name");
  return name?.trim() || null;
}

/** All leaves of a structure in order, those of enclosed messages after the part that holds them. */
export function leaves(structure: PartDescription): LeafDescription[] {
  const found: LeafDescription[] = [];
  const open: PartDescription[] = [structure];
  for (let part = open.pop(); part; part = open.pop()) {
    if (part.kind === "multipart") open.push(...[...part.parts].reverse());
    else {
      found.push(part);
      if (part.body) open.push(part.body);
    }
  }
  return found;
}

/** One part of a whole message by its section (`1`, `2.1`, …; RFC 9051 §6.4.5.1); null where there is none. */
export function extractPart(message: Buffer, section: string): ExtractedPart | null {
  const tree = parseMime(message);
  const bytes = tree.parts.get(section)?.body;
  const leaf = leaves(tree.structure).find((part) => part.section === section);
  if (!bytes || !leaf) return null;
  return {
    mediaType: `${leaf.type}/${leaf.subtype}`,
    encoding: leaf.encoding,
    fileName: partFileName(leaf),
    bytes,
  };
}
