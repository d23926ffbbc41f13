/** Goes through what is to be shown of a message, part by part, and writes it into a body. */
import { BodyBuilder } from "./body.ts";
import { describeInvitation, type Invitation, readInvitations } from "./calendar/invitation.ts";
import { decodeBytesAs } from "./charset.ts";
import { charsetLabel } from "./charset-label.ts";
import { isPreformatted, mediaType, type Plan, type Shown } from "./choose.ts";
import { decodeAll } from "./decode.ts";
import { enrichedToHtml } from "./enriched.ts";
import { decodeParam } from "./header.ts";
import { appendHtml } from "./html.ts";
import { field, headerFields } from "./mime.ts";
import { readHeaders } from "./read-headers.ts";
import { describeReport, readReport } from "./report.ts";
import { appendText, inlinePgp } from "./text.ts";
import type {
  Attachment,
  LeafDescription,
  MessageItem,
  OtherForm,
  Person,
  ReadOptions,
  SpanStyle,
} from "./types.ts";
import { here, isZone, type Place } from "./when.ts";

/** Octets of one text that are decoded; more is no letter. */
const MAX_TEXT_OCTETS = 8 * 1024 * 1024;
/** Octets of a winmail.dat that are unpacked to be read. */
const MAX_TNEF_OCTETS = 64 * 1024 * 1024;
const ENRICHED = new Set(["text/enriched", "text/richtext"]);
/** Plain text this short says nothing if it only points at the HTML. */
const STUB_LENGTH = 40;
const POINTER =
  /(?:view|read|see|open)\b.{0,60}\b(?:browser|html|online|web)|html[- ]?(?:e-?mail|message|version|capable|compatible|format)|does not support html/i;
/** What a longer one says that is there only because some was expected. */
const NO_HTML =
  /(?:\b(?:keine|nur|ausschlie(?:ß|ss)lich|not|n't|only|unable|sans|solo|s[óo]lo|uniquement|geen|inte)\b.{0,60}\bhtml)|\bhtml\b.{0,60}\b(?:nicht|only)\b/i;

/** Whether plain text is there only because some was expected. */
function isStub(text: string): boolean {
  const words = text.replace(/\s+/g, " ").trim();
  if (words.length < STUB_LENGTH) return true;
  return words.length < 10 * STUB_LENGTH ? POINTER.test(words) || NO_HTML.test(words) : NO_HTML.test(words);
}

/** Words with another's beginning behind them: `Ann,Thank`, `todayBest`. */
const GLUED = /\p{L}{0,40}\p{Ll}[.,;:!?]?\p{Lu}\p{Ll}\p{L}{0,40}/gu;
const GLUED_LOOKED_AT = 8192;

function gluedWords(text: string): string[] {
  const found = text
    .slice(0, GLUED_LOOKED_AT)
    .replace(/\S+:\/\/\S+|\S+@\S+/g, " ")
    .match(GLUED);
  return [...new Set(found)].slice(0, 50);
}

/** From this many links as no person writes them on, a program has made the text of its HTML. */
const MARKED_LINKS = 5;
/** Markdown's, and addresses in brackets that are too long to be read: `[words](https://…)`, `words [https://…]`. */
const MARKED_LINK = /\]\(\s*https?:\/\/|\[https?:\/\/[^\]\s]{40,2000}\]/g;
/** A line that is nothing but a long address, behind an arrow or the like. */
const BARE_LINK = /^\s*(?:[^\w\s>]{1,3}\s+)?https?:\/\/\S{40,}\s*$/;

/** Whether plain text is for another program rather than for a reader: links all over, or every fifth line one. */
function isMarkup(text: string): boolean {
  if ((text.match(MARKED_LINK)?.length ?? 0) >= MARKED_LINKS) return true;
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const links = lines.filter((line) => BARE_LINK.test(line)).length;
  return links >= MARKED_LINKS && links * 5 >= lines.length;
}

/** Whether plain text has lost the line breaks that its HTML has: some programs make it by dropping all tags. */
function lostBreaks(glued: readonly string[], html: string): boolean {
  const apart = html.slice(0, 32 * GLUED_LOOKED_AT).replace(/<[^<>]*>/g, " ");
  const lost = glued.filter((word) => !apart.includes(word)).length;
  return lost >= 2 && lost * 2 >= glued.length;
}

function personLine(people: readonly Person[]): string {
  return people.map(({ name, email }) => (name && email ? `${name} <${email}>` : name || email)).join(", ");
}

export class PartsReader {
  readonly builder = new BodyBuilder();
  readonly items: MessageItem[] = [];
  attachments: readonly Attachment[] = [];
  otherForm: OtherForm | null = null;
  private readonly parts: ReadonlyMap<string, Buffer>;
  private readonly options: ReadOptions;
  private readonly problems: string[];
  /** A text was shown; the first is the one that has another form. */
  private texts = 0;
  /** By section of a winmail.dat, the files in it. */
  private readonly unpacked = new Map<string, readonly Attachment[]>();

  constructor(parts: ReadonlyMap<string, Buffer>, options: ReadOptions, problems: string[]) {
    this.parts = parts;
    this.options = options;
    this.problems = problems;
  }

  async read({ shown, attachments, protections }: Plan): Promise<void> {
    this.items.push(...protections);
    for (const item of shown) if (!this.builder.full) await this.show(item);
    if (!this.hasText) await this.descriptions();
    this.attachments = attachments.flatMap((one) => [one, ...(this.unpacked.get(one.section) ?? [])]);
    if (this.items.some(({ kind }) => kind === "encrypted"))
      this.problems.push("This message is encrypted; what it says is not shown.");
    if (this.builder.full) this.problems.push("The message is very long; only its beginning is shown.");
  }

  private get place(): Place {
    const { timeZone } = this.options;
    return timeZone && isZone(timeZone) ? { timeZone } : here();
  }

  /** Whether something stands in the body that Postern does not say itself. */
  private get hasText(): boolean {
    return this.builder.lines.some(({ spans, region }) => spans.length > 0 && region !== "note");
  }

  /** What the organizer wrote of an event, where that is all there is to read. */
  private async descriptions(): Promise<void> {
    for (const item of this.items) {
      if (item.kind !== "invitation" || item.description === "") continue;
      this.builder.addBlank();
      await appendText(this.builder, item.description);
    }
  }

  private async show(item: Shown): Promise<void> {
    switch (item.kind) {
      case "header":
        return this.enclosedHeader(item.section, item.place);
      case "report":
        return this.report(item.part);
      case "calendar":
        return this.calendar(item.part);
      case "tnef":
        return this.tnef(item.part);
      case "text":
        return this.textForm(item);
    }
  }

  /** The plain form where it says anything, unless the other is preferred. */
  private async textForm({ part, other, stub }: Extract<Shown, { kind: "text" }>): Promise<void> {
    const present = (one: LeafDescription | null) => one !== null && this.parts.has(one.section);
    const wanted = this.options.prefer === "html" && present(other);
    const plain = wanted ? null : await this.text(part);
    const doubtful = stub && this.options.prefer !== "plain" && (plain === null || isStub(plain));
    const html =
      other && (wanted || doubtful) && present(other)
        ? await this.text(other)
        : await this.better(plain, other);
    const taken = html === null ? part : other;
    if (this.texts++ === 0 && other) {
      const rest = html === null ? other : part;
      const type = mediaType(rest);
      if (type === "text/html" || type === "text/plain")
        this.otherForm = { section: rest.section, mediaType: type };
    }
    const text = html ?? plain;
    if (taken && text !== null) await this.append(taken, text);
  }

  /** The HTML of a plain text that has lost its line breaks, or is the markup of links above all; null where it is not. */
  private async better(plain: string | null, other: LeafDescription | null): Promise<string | null> {
    if (plain === null || !other || this.options.prefer === "plain" || mediaType(other) !== "text/html")
      return null;
    const glued = gluedWords(plain);
    const markup = isMarkup(plain);
    if ((glued.length < 2 && !markup) || !this.parts.has(other.section)) return null;
    const html = await this.text(other);
    if (markup && html?.trim()) return html;
    return html !== null && lostBreaks(glued, html) ? html : null;
  }

  private async append(part: LeafDescription, text: string): Promise<void> {
    if (text.trim() === "") return;
    this.builder.addBlank();
    const type = mediaType(part);
    if (type === "text/html" || ENRICHED.has(type)) {
      const before = this.builder.lines.length;
      await appendHtml(
        this.builder,
        type === "text/html" ? text : enrichedToHtml(text, type === "text/richtext"),
      );
      if (this.builder.lines.length === before) {
        this.problems.push(
          `Part ${part.section} is ${part.subtype === "html" ? "HTML" : part.subtype} without text: pictures only, or nothing.`,
        );
      }
      return;
    }
    const parameter = (name: string) => decodeParam(part.params, name)?.trim().toLowerCase();
    const pgp = isPreformatted(part) ? null : inlinePgp(text);
    if (pgp) this.items.push({ kind: pgp, section: part.section, protocol: "pgp", inline: true });
    await appendText(this.builder, text, {
      flowed: parameter("format") === "flowed",
      delSp: parameter("delsp") === "yes",
      pre: isPreformatted(part),
    });
  }

  /** Contents of a part; null where its bytes are missing. */
  private async bytes(part: LeafDescription, most: number): Promise<Buffer | null> {
    const raw = this.parts.get(part.section);
    if (raw === undefined) {
      this.problems.push(`Part ${part.section} is not here.`);
      return null;
    }
    if (raw.length > most)
      this.problems.push(`Part ${part.section} is very long; only its beginning is shown.`);
    const bytes = raw.subarray(0, most);
    return decodeAll(bytes, part.encoding).catch(() => {
      this.problems.push(`Part ${part.section} cannot be decoded; it is shown as it came.`);
      return bytes;
    });
  }

  private async text(part: LeafDescription): Promise<string | null> {
    const decoded = await this.bytes(part, MAX_TEXT_OCTETS);
    if (decoded === null) return null;
    return decodeBytesAs(decoded, charsetLabel(part, decoded), this.options.charset ?? null);
  }

  /** A line that Postern says itself. */
  private note(text: string, style: SpanStyle = "plain", hang = 0): void {
    this.builder.addText(text, style, { hang, region: "note" });
  }

  private rows(rows: readonly { readonly label: string; readonly value: string }[]): void {
    const widest = Math.max(0, ...rows.map(({ label }) => label.length));
    rows.forEach(({ label, value }, i) => {
      const spans = [
        { text: `${label.padEnd(widest)}  `, style: "muted", link: 0 } as const,
        { text: value.replace(/\s+/g, " "), style: i === 0 ? "bold" : "plain", link: 0 } as const,
      ];
      this.builder.add(spans, { hang: widest + 2, region: "note" });
    });
  }

  private async report(part: LeafDescription): Promise<void> {
    const bytes = await this.bytes(part, MAX_TEXT_OCTETS);
    const report = bytes && readReport(mediaType(part), part.section, bytes);
    this.builder.addBlank();
    if (!report) {
      if (bytes) await appendText(this.builder, bytes.toString("latin1"), { pre: true });
      return;
    }
    this.items.push(report);
    for (const line of describeReport(report, this.place)) {
      if (line.startsWith("  ")) this.note(line, "plain", 2);
      else this.note(line, "bold");
    }
  }

  private async calendar(part: LeafDescription): Promise<void> {
    const text = await this.text(part);
    if (text === null) return;
    const known = (a: Invitation) =>
      this.items.some(
        (b) =>
          b.kind === "invitation" && b.uid !== "" && b.uid === a.uid && b.instance?.wall === a.instance?.wall,
      );
    for (const invitation of readInvitations(text, part.section, this.place)) {
      if (known(invitation)) continue;
      this.items.push(invitation);
      this.builder.addBlank();
      this.rows(describeInvitation(invitation, this.place));
    }
  }

  /** A winmail.dat: its files are attachments, its text is the message's where that has none. */
  private async tnef(part: LeafDescription): Promise<void> {
    if (!this.parts.has(part.section)) return;
    const bytes = await this.bytes(part, MAX_TNEF_OCTETS);
    const { readTnef, readRtf, tnefAttachments } = await import("./tnef/index.ts");
    const message = readTnef(bytes ?? Buffer.alloc(0));
    this.unpacked.set(part.section, tnefAttachments(part.section, message));
    if (message.damaged) this.problems.push(`Part ${part.section} (winmail.dat) is damaged.`);
    if (this.hasText) return;
    const rtf = message.html === null && message.text === null && message.rtf ? readRtf(message.rtf) : null;
    const html = message.html ?? (rtf?.html ? rtf.text : null);
    this.builder.addBlank();
    if (html !== null) await appendHtml(this.builder, html);
    else await appendText(this.builder, message.text ?? rtf?.text ?? "");
  }

  private async enclosedHeader(
    section: string,
    place: { readonly number: number; readonly of: number } | null,
  ): Promise<void> {
    const block = this.parts.get(section);
    if (block === undefined) return;
    const headers = await readHeaders(block, this.problems, this.options.charset);
    const own = section.slice(0, section.indexOf(".HEADER"));
    this.items.push({ kind: "enclosed", section: own, headers, place });
    this.builder.addBlank();
    const title = place ? `Message ${place.number} of ${place.of}` : "Enclosed message";
    this.note(`──── ${title} ────`, "muted");
    const rows: [string, string][] = [
      ["From", personLine(headers.from)],
      ["To", personLine(headers.to)],
      ["Cc", personLine(headers.cc)],
      ["Date", field(headerFields(block), "date") ?? ""],
      ["Subject", headers.subject],
    ];
    for (const [name, value] of rows) if (value) this.note(`${name}: ${value}`, "muted", name.length + 2);
    this.builder.addText("", "plain", { region: "note" });
  }
}
