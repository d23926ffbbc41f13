/** Which parts of a message a reader shows, and which it lists as attachments: from the structure alone. */
import { decodeParam } from "./header.ts";
import { partFileName } from "./mime.ts";
import type { Attachment, LeafDescription, PartDescription } from "./types.ts";

/** One thing to show, in order. */
export type Shown =
  /** A text; `instead` is the HTML of the same words, to be taken where the plain text turns out to be a stub. */
  | { readonly kind: "text"; readonly part: LeafDescription; readonly instead: LeafDescription | null }
  /** The header of an enclosed message; `section` is what FETCH takes. */
  | { readonly kind: "header"; readonly section: string };

export interface Plan {
  readonly shown: readonly Shown[];
  readonly attachments: readonly Attachment[];
  /** Some part is encrypted (RFC 1847): what it holds cannot be shown. */
  readonly encrypted: boolean;
}

/** Text shown in the body though it is neither plain text nor HTML. */
const PREFORMATTED = new Set([
  "text/x-patch",
  "text/x-diff",
  "text/x-log",
  "text/markdown",
  "text/rfc822-headers",
  "text/enriched",
  "text/richtext",
  "message/delivery-status",
  "message/global-delivery-status",
  "message/disposition-notification",
  "message/feedback-report",
]);
/** A structure comes from a server, so its depth is bounded here as well. */
const MAX_DEPTH = 100;
/** More texts than this in one message are not read one after the other. */
const MAX_SHOWN = 200;
/** Plain text of so few octets may be a stub beside HTML so many times its size. */
const STUB_OCTETS = 400;
const STUB_RATIO = 4;
/** What the header block of an enclosed message is made of. */
const HEADER_FIELDS = "HEADER.FIELDS (FROM TO CC SUBJECT DATE)";

export const mediaType = (leaf: LeafDescription) => `${leaf.type}/${leaf.subtype}`;

/** Whether a text is to be shown as it came, without quotes and wrapping. */
export const isPreformatted = (leaf: LeafDescription) => PREFORMATTED.has(mediaType(leaf));

function isReadable(leaf: LeafDescription): boolean {
  if (leaf.disposition?.type === "attachment") return false;
  const type = mediaType(leaf);
  return type === "text/plain" || type === "text/html" || PREFORMATTED.has(type);
}

const isType = (type: string) => (part: PartDescription) => part.kind === "part" && mediaType(part) === type;

class Planner {
  readonly shown: Shown[] = [];
  readonly attachments: Attachment[] = [];
  encrypted = false;

  part(part: PartDescription, depth: number): void {
    if (depth > MAX_DEPTH) return;
    if (part.kind === "part") this.leaf(part, depth);
    else if (part.subtype === "alternative") this.alternative(part.parts, depth);
    else if (part.subtype === "related") this.related(part.parts, part.params, depth);
    else {
      if (part.subtype === "encrypted") this.encrypted = true;
      for (const child of part.parts) this.part(child, depth + 1);
    }
  }

  private leaf(leaf: LeafDescription, depth: number): void {
    const enclosed = leaf.body !== null && leaf.disposition?.type !== "attachment";
    if (isReadable(leaf) && this.shown.length < MAX_SHOWN) {
      this.shown.push({ kind: "text", part: leaf, instead: null });
      if (partFileName(leaf)) this.attach(leaf);
      return;
    }
    this.attach(leaf);
    if (!enclosed || !leaf.body || this.shown.length >= MAX_SHOWN) return;
    this.shown.push({ kind: "header", section: `${leaf.section}.${HEADER_FIELDS}` });
    this.part(leaf.body, depth + 1);
  }

  /** One of several forms of the same thing (RFC 2046 §5.1.4): plain text, if it says anything. */
  private alternative(parts: readonly PartDescription[], depth: number): void {
    const plain = parts.find(isType("text/plain"));
    const rich = parts.findLast((part) => this.holdsHtml(part, depth + 1));
    const html = rich && this.firstHtml(rich, depth + 1);
    if (plain?.kind === "part" && plain.size > 0) {
      const maybeStub = html && plain.size < STUB_OCTETS && html.size > plain.size * STUB_RATIO;
      this.shown.push({ kind: "text", part: plain, instead: maybeStub ? html : null });
      // What the other form brings along (pictures, files) is still an attachment.
      if (rich?.kind === "multipart") this.attachmentsIn(rich, depth + 1);
    } else if (rich) this.part(rich, depth + 1);
    else {
      const readable = parts.findLast((part) => part.kind === "multipart" || isReadable(part));
      if (readable) this.part(readable, depth + 1);
    }
    // An invitation or another form that is no text to read is a file.
    for (const part of parts) {
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
      size: leaf.size,
      disposition:
        leaf.disposition?.type === "inline" || (leaf.disposition === null && leaf.id)
          ? "inline"
          : "attachment",
      contentId: leaf.id?.replace(/^\s*<|>\s*$/g, "") || null,
    });
  }
}

/** What to show and what to list of a message. */
export function planMessage(structure: PartDescription): Plan {
  const planner = new Planner();
  planner.part(structure, 0);
  const { shown, attachments, encrypted } = planner;
  return { shown, attachments, encrypted };
}

/**
 * The sections a reader needs, as FETCH BODY[…] takes them: `1`, `2.1`, and for the header of an enclosed message
 * `3.HEADER.FIELDS (FROM TO CC SUBJECT DATE)`. Where plain text may be a stub, its HTML is among them.
 */
export function chooseTextParts(structure: PartDescription): string[] {
  return planMessage(structure).shown.flatMap((item) =>
    item.kind === "header"
      ? [item.section]
      : [item.part, item.instead].flatMap((part) => part?.section ?? []),
  );
}

/** What can be saved, in the order it stands in the message: everything that is not the text itself. */
export function listAttachments(structure: PartDescription): Attachment[] {
  return [...planMessage(structure).attachments];
}
