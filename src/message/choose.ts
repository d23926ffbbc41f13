/** Which parts of a message a reader shows, and which it lists as attachments: from the structure alone. */
import { decodeParam } from "./header.ts";
import { partFileName } from "./mime.ts";
import { REPORT_TYPES } from "./report.ts";
import type {
  Attachment,
  EnclosedMessage,
  LeafDescription,
  MultipartDescription,
  PartDescription,
  ProtectedPart,
  ReadOptions,
} from "./types.ts";

/** One thing to show, in order. */
export type Shown =
  /** A text; `other` is another form of the same words; with `stub` it is to be taken where this one says nothing. */
  | {
      readonly kind: "text";
      readonly part: LeafDescription;
      readonly other: LeafDescription | null;
      readonly stub: boolean;
    }
  /** The header of an enclosed message; `section` is what FETCH takes. */
  | { readonly kind: "header"; readonly section: string; readonly place: EnclosedMessage["place"] }
  /** A report, an event, a winmail.dat: told in words. */
  | { readonly kind: "report" | "calendar" | "tnef"; readonly part: LeafDescription };

export interface Plan {
  readonly shown: readonly Shown[];
  readonly attachments: readonly Attachment[];
  readonly protections: readonly ProtectedPart[];
}

/** Text shown in the body though it is neither plain text nor HTML. */
const PREFORMATTED = new Set([
  "text/x-patch",
  "text/x-diff",
  "text/x-log",
  "text/markdown",
  "text/rfc822-headers",
]);
/** Text with formatting that is not HTML. */
const ENRICHED = new Set(["text/enriched", "text/richtext"]);
const TNEF = new Set(["application/ms-tnef", "application/vnd.ms-tnef"]);
const PKCS7 = new Set(["application/pkcs7-mime", "application/x-pkcs7-mime"]);
/** A calendar larger than this is no invitation. */
const MAX_CALENDAR = 512 * 1024;
/** A structure comes from a server, so its depth is bounded here as well. */
const MAX_DEPTH = 100;
/** More texts than this in one message are not read one after the other. */
const MAX_SHOWN = 200;
/** Plain text of so few octets may be a stub beside HTML so many times its size. */
const STUB_OCTETS = 2000;
const STUB_RATIO = 4;
/** What the header block of an enclosed message is made of. */
const HEADER_FIELDS = "HEADER.FIELDS (FROM TO CC SUBJECT DATE)";

export const mediaType = (leaf: LeafDescription) => `${leaf.type}/${leaf.subtype}`;

/** Whether a text is to be shown as it came, without quotes and wrapping. */
export const isPreformatted = (leaf: LeafDescription) => PREFORMATTED.has(mediaType(leaf));

function isCalendar(leaf: LeafDescription): boolean {
  if (mediaType(leaf) !== "text/calendar" || leaf.size > MAX_CALENDAR) return false;
  // What is attached with a method is an invitation all the same (Exchange).
  return leaf.disposition?.type !== "attachment" || leaf.params.has("method");
}

function isTnef(leaf: LeafDescription): boolean {
  return TNEF.has(mediaType(leaf)) || /^winmail\.dat$/i.test(partFileName(leaf) ?? "");
}

function isReadable(leaf: LeafDescription): boolean {
  if (leaf.disposition?.type === "attachment") return false;
  const type = mediaType(leaf);
  return type === "text/plain" || type === "text/html" || ENRICHED.has(type) || PREFORMATTED.has(type);
}

const isReport = (part: PartDescription) => part.kind === "part" && REPORT_TYPES.has(mediaType(part));
const reportsFirst = (a: PartDescription, b: PartDescription) => Number(isReport(b)) - Number(isReport(a));
const isType = (type: string) => (part: PartDescription) => part.kind === "part" && mediaType(part) === type;

class Planner {
  readonly shown: Shown[] = [];
  readonly attachments: Attachment[] = [];
  readonly protections: ProtectedPart[] = [];
  /** The last part was application/pgp-encrypted, outside of a multipart/encrypted. */
  private pgpFollows = false;
  private inEncrypted = false;

  part(part: PartDescription, depth: number, place: EnclosedMessage["place"] = null): void {
    if (depth > MAX_DEPTH) return;
    if (part.kind === "part") this.leaf(part, depth, place);
    else if (part.subtype === "alternative") this.alternative(part.parts, depth);
    else if (part.subtype === "related") this.related(part.parts, part.params, depth);
    else {
      if (part.subtype === "encrypted" || part.subtype === "signed") this.protect(part);
      const digest = part.subtype === "digest";
      const of = part.parts.length;
      // The summary of a report goes before what a program has written about it.
      const children = part.subtype === "report" ? [...part.parts].sort(reportsFirst) : part.parts;
      const outer = this.inEncrypted;
      this.inEncrypted = part.subtype === "encrypted";
      for (const [i, child] of children.entries())
        this.part(child, depth + 1, digest ? { number: i + 1, of } : null);
      this.inEncrypted = outer;
    }
  }

  private protect(part: MultipartDescription): void {
    const protocol = decodeParam(part.params, "protocol")?.toLowerCase() ?? "";
    const last = part.parts.at(-1);
    const type = last?.kind === "part" ? mediaType(last) : "";
    this.protections.push({
      kind: part.subtype === "signed" ? "signed" : "encrypted",
      section: part.section,
      protocol: /pkcs7/.test(protocol || type) ? "smime" : "pgp",
      inline: false,
    });
  }

  /** A part that holds it all: CMS (RFC 8551), and what Exchange makes of PGP/MIME, which has lost its multipart. */
  private protectLeaf(leaf: LeafDescription): void {
    const type = mediaType(leaf);
    const name = partFileName(leaf) ?? "";
    const add = (kind: ProtectedPart["kind"], protocol: ProtectedPart["protocol"]) =>
      this.protections.push({ kind, section: leaf.section, protocol, inline: false });
    if (PKCS7.has(type) || (type === "application/octet-stream" && /\.p7m$/i.test(name))) {
      const said = leaf.params.get("smime-type") ?? "";
      if (!/certs-only/i.test(said)) add(/signed/i.test(said) ? "signed" : "encrypted", "smime");
    } else if (this.pgpFollows && type === "application/octet-stream") add("encrypted", "pgp");
    this.pgpFollows = type === "application/pgp-encrypted" && !this.inEncrypted;
  }

  private show(shown: Shown): boolean {
    if (this.shown.length >= MAX_SHOWN) return false;
    this.shown.push(shown);
    return true;
  }

  private text(part: LeafDescription, other: LeafDescription | null, stub: boolean): boolean {
    return this.show({ kind: "text", part, other, stub });
  }

  private leaf(leaf: LeafDescription, depth: number, place: EnclosedMessage["place"]): void {
    this.protectLeaf(leaf);
    if (isReport(leaf) && this.show({ kind: "report", part: leaf })) {
      this.attach(leaf);
      return;
    }
    if (isCalendar(leaf)) this.show({ kind: "calendar", part: leaf });
    if (isTnef(leaf)) this.show({ kind: "tnef", part: leaf });
    const enclosed = leaf.body !== null && leaf.disposition?.type !== "attachment";
    if (isReadable(leaf) && this.text(leaf, null, false)) {
      if (partFileName(leaf)) this.attach(leaf);
      return;
    }
    this.attach(leaf);
    if (!enclosed || !leaf.body) return;
    if (this.show({ kind: "header", section: `${leaf.section}.${HEADER_FIELDS}`, place }))
      this.part(leaf.body, depth + 1);
  }

  /** One of several forms of the same thing (RFC 2046 §5.1.4): plain text, if it says anything. */
  private alternative(parts: readonly PartDescription[], depth: number): void {
    const plain = parts.find(isType("text/plain"));
    const rich = parts.findLast((part) => this.holdsHtml(part, depth + 1));
    const html = rich ? this.firstHtml(rich, depth + 1) : null;
    for (const part of parts)
      if (part.kind === "part" && isCalendar(part)) this.show({ kind: "calendar", part });
    if (plain?.kind === "part" && plain.size > 0) {
      const stub = html !== null && plain.size < STUB_OCTETS && html.size > plain.size * STUB_RATIO;
      this.text(plain, html, stub);
      // What the other form brings along (pictures, files) is still an attachment.
      if (rich?.kind === "multipart") this.attachmentsIn(rich, depth + 1);
    } else if (rich) this.part(rich, depth + 1);
    else {
      const readable = parts.findLast((part) => part.kind === "multipart" || isReadable(part));
      if (readable) this.part(readable, depth + 1);
    }
    // An invitation or another form that is no text to read is a file.
    for (const part of parts) {
      if (part.kind === "part" && isTnef(part)) this.show({ kind: "tnef", part });
      const file = part.kind === "part" && (part.type !== "text" || part.subtype === "calendar");
      if (file && part !== rich) this.attach(part);
    }
  }

  /** A text with what it refers to (RFC 2387): the root is shown, the rest are files. */
  private related(
    parts: readonly PartDescription[],
    params: ReadonlyMap<string, string>,
    depth: number,
  ): void {
    const start = decodeParam(params, "start");
    const root =
      parts.find((part) => part.kind === "part" && start !== null && part.id === start) ?? parts[0];
    if (root) this.part(root, depth + 1);
    for (const part of parts) {
      if (part === root) continue;
      if (part.kind === "part") this.attach(part);
      else this.attachmentsIn(part, depth + 1);
    }
  }

  private holdsHtml(part: PartDescription, depth: number): boolean {
    return this.firstHtml(part, depth) !== null;
  }

  private firstHtml(part: PartDescription, depth: number): LeafDescription | null {
    if (depth > MAX_DEPTH) return null;
    if (part.kind === "part") return mediaType(part) === "text/html" && isReadable(part) ? part : null;
    for (const child of part.parts) {
      const found = this.firstHtml(child, depth + 1);
      if (found) return found;
    }
    return null;
  }

  private attachmentsIn(part: PartDescription, depth: number): void {
    if (depth > MAX_DEPTH) return;
    if (part.kind === "multipart") for (const child of part.parts) this.attachmentsIn(child, depth + 1);
    else if (!isReadable(part) || partFileName(part)) this.attach(part);
  }

  private attach(leaf: LeafDescription): void {
    this.attachments.push({
      section: leaf.section,
      fileName: partFileName(leaf),
      mediaType: mediaType(leaf),
      size: contentOctets(leaf),
      disposition:
        leaf.disposition?.type === "inline" || (leaf.disposition === null && leaf.id)
          ? "inline"
          : "attachment",
      contentId: leaf.id?.replace(/^\s*<|>\s*$/g, "") || null,
    });
  }
}

/** Characters of a full line of base64 with its end, and how many of them are its end (RFC 2045 §6.8). */
const lineOctets = 78;
const endOctets = 2;

/** How large the file is that a part holds: of base64 a multiple of three, up to two too many, as its end is not seen. */
export function contentOctets({ encoding, size }: Pick<LeafDescription, "encoding" | "size">): number {
  if (encoding !== "base64") return size;
  return Math.floor((size - endOctets * Math.floor(size / lineOctets)) / 4) * 3;
}

/** What to show and what to list of a message. */
export function planMessage(structure: PartDescription): Plan {
  const planner = new Planner();
  planner.part(structure, 0);
  const { shown, attachments, protections } = planner;
  return { shown, attachments, protections };
}

/** A winmail.dat is fetched to be read only where nothing else can be. */
const isText = (item: Shown) => item.kind === "text";

/**
 * The sections a reader needs, as FETCH BODY[…] takes them: `1`, `2.1`, and for the header of an enclosed message
 * `3.HEADER.FIELDS (FROM TO CC SUBJECT DATE)`. Where plain text may be a stub, its HTML is among them; so is the form
 * that is preferred.
 */
export function chooseTextParts(
  structure: PartDescription,
  { prefer = null }: Pick<ReadOptions, "prefer"> = {},
): string[] {
  const { shown } = planMessage(structure);
  return shown.flatMap((item) => {
    if (item.kind === "header") return [item.section];
    if (item.kind === "tnef" && shown.some(isText)) return [];
    if (item.kind !== "text") return [item.part.section];
    const other = item.other && (item.stub || prefer === "html") ? [item.other.section] : [];
    return [item.part.section, ...other];
  });
}

/** What can be saved, in the order it stands in the message: everything that is not the text itself. */
export function listAttachments(structure: PartDescription): Attachment[] {
  return [...planMessage(structure).attachments];
}
