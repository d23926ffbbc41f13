/**
 * A message made readable. There is one way: a structure, and the bytes of the parts that matter. They come from a
 * server part by part, or from a whole message taken apart here; what is shown is the same.
 *
 * All text in the result is still as it was sent: `layoutBody` makes the body safe, and whoever shows a name or a
 * subject passes it through `safeText`. Nothing here ever opens a connection.
 */
import { BodyBuilder } from "./body.ts";
import { decodeBytes } from "./charset.ts";
import { isPreformatted, mediaType, planMessage, type Shown } from "./choose.ts";
import { decodeAll } from "./decode.ts";
import { decodeParam, decodeWords, parseDateHeader } from "./header.ts";
import { appendHtml } from "./html.ts";
import { parseAddresses } from "./mailparser.ts";
import { field, headerFields, parseMime, parseParameters } from "./mime.ts";
import { appendText } from "./text.ts";
import type { Headers, LeafDescription, PartDescription, Person, ReadableMessage } from "./types.ts";

/** Octets of one text that are decoded; more is no letter. */
const MAX_TEXT_OCTETS = 8 * 1024 * 1024;
/** Plain text this short says nothing if it only points at the HTML. */
const STUB_LENGTH = 40;
const POINTER =
  /(?:view|read|see|open)\b.{0,60}\b(?:browser|html|online|web)|html[- ]?(?:e-?mail|message|version|capable|compatible|format)|does not support html/i;

export interface MessageParts {
  /** The message's header block, or at least From, To, Cc, Reply-To, Subject, Date and Message-ID. */
  readonly header: Buffer;
  readonly structure: PartDescription;
  /** By section as `chooseTextParts` names them; still transfer-encoded. */
  readonly parts: ReadonlyMap<string, Buffer>;
}

/** Reads the header block of a message. Never rejects: what cannot be read is empty and named in `problems`. */
export async function readHeaders(block: Buffer, problems: string[] = []): Promise<Headers> {
  const fields = headerFields(block, charsetOf(block));
  const date = field(fields, "date");
  const messageId = field(fields, "message-id");
  const none = { from: [], to: [], cc: [], replyTo: [] };
  const people = await parseAddresses(fields).catch(() => {
    problems.push("The addresses in the header cannot be read.");
    return none;
  });
  return {
    ...people,
    subject: decodeWords(field(fields, "subject") ?? ""),
    date: date === null ? null : parseDateHeader(date),
    messageId: messageId === null ? null : (/<[^<>\s]+>/.exec(messageId)?.[0] ?? (messageId || null)),
  };
}

/** 8-bit header text without encoded words is as a rule in the charset of the body. */
function charsetOf(block: Buffer): string | null {
  const type = field(headerFields(block), "content-type");
  return type === null ? null : decodeParam(parseParameters(type).params, "charset");
}

function personLine(people: readonly Person[]): string {
  return people.map(({ name, email }) => (name && email ? `${name} <${email}>` : name || email)).join(", ");
}

class BodyReader {
  readonly builder = new BodyBuilder();
  readonly problems: string[];
  private readonly parts: ReadonlyMap<string, Buffer>;

  constructor(parts: ReadonlyMap<string, Buffer>, problems: string[]) {
    this.parts = parts;
    this.problems = problems;
  }

  async show(item: Shown): Promise<void> {
    if (this.builder.full) return;
    if (item.kind === "header") return this.enclosedHeader(item.section);
    const text = await this.text(item.part);
    const html = item.instead && (text === null || isStub(text)) ? await this.text(item.instead) : null;
    if (item.instead && html !== null) await this.append(item.instead, html);
    else if (text !== null) await this.append(item.part, text);
  }

  private async append(part: LeafDescription, text: string): Promise<void> {
    if (text.trim() === "") return;
    this.builder.addBlank();
    if (mediaType(part) === "text/html") {
      const before = this.builder.lines.length;
      await appendHtml(this.builder, text);
      if (this.builder.lines.length === before) {
        this.problems.push(`Part ${part.section} is HTML without text: pictures only, or nothing.`);
      }
      return;
    }
    const parameter = (name: string) => decodeParam(part.params, name)?.trim().toLowerCase();
    appendText(this.builder, text, {
      flowed: parameter("format") === "flowed",
      delSp: parameter("delsp") === "yes",
      pre: isPreformatted(part),
    });
  }

  /** Decoded text of a part; null where its bytes are missing. */
  private async text(part: LeafDescription): Promise<string | null> {
    const raw = this.parts.get(part.section);
    if (raw === undefined) {
      this.problems.push(`Part ${part.section} is not here.`);
      return null;
    }
    if (raw.length > MAX_TEXT_OCTETS) {
      this.problems.push(`Part ${part.section} is very long; only its beginning is shown.`);
    }
    const bytes = raw.subarray(0, MAX_TEXT_OCTETS);
    const decoded = await decodeAll(bytes, part.encoding).catch(() => {
      this.problems.push(`Part ${part.section} cannot be decoded; it is shown as it came.`);
      return bytes;
    });
    const charset =
      decodeParam(part.params, "charset") ?? (part.subtype === "html" ? htmlCharset(decoded) : null);
    return decodeBytes(decoded, charset);
  }

  private async enclosedHeader(section: string): Promise<void> {
    const block = this.parts.get(section);
    if (block === undefined) return;
    const headers = await readHeaders(block, this.problems);
    this.builder.addBlank();
    this.builder.addText("──── Enclosed message ────", "muted");
    const rows: [string, string][] = [
      ["From", personLine(headers.from)],
      ["To", personLine(headers.to)],
      ["Cc", personLine(headers.cc)],
      ["Date", field(headerFields(block), "date") ?? ""],
      ["Subject", headers.subject],
    ];
    for (const [name, value] of rows) {
      if (value) this.builder.addText(`${name}: ${value}`, "muted", { hang: name.length + 2 });
    }
    this.builder.addText("");
  }
}

/** Whether plain text is there only because some was expected. */
function isStub(text: string): boolean {
  const words = text.replace(/\s+/g, " ").trim();
  return words.length < STUB_LENGTH || (words.length < 10 * STUB_LENGTH && POINTER.test(words));
}

/** The charset an HTML page gives itself; used where the part's header names none. */
function htmlCharset(bytes: Buffer): string | null {
  const head = bytes.subarray(0, 2048).toString("latin1");
  return /<meta\b[^>]{0,200}?\bcharset\s*=\s*["']?([\w:.-]{2,40})/i.exec(head)?.[1] ?? null;
}

/** Makes the parts of a message readable. Never rejects: what cannot be read is named in `problems`. */
export async function readParts({ header, structure, parts }: MessageParts): Promise<ReadableMessage> {
  const problems: string[] = [];
  const headers = await readHeaders(header, problems);
  const plan = planMessage(structure);
  const reader = new BodyReader(parts, problems);
  for (const item of plan.shown) await reader.show(item);
  if (plan.encrypted) problems.push("This message is encrypted; Postern cannot decrypt it.");
  if (reader.builder.full) problems.push("The message is very long; only its beginning is shown.");
  return { headers, body: reader.builder.build(), attachments: plan.attachments, problems };
}

/** Makes a whole message (RFC 5322, line ends CR LF or LF) readable. Never rejects: see `readParts`. */
export async function readMessage(source: Buffer): Promise<ReadableMessage> {
  const tree = parseMime(source);
  const parts = new Map<string, Buffer>();
  for (const item of planMessage(tree.structure).shown) {
    if (item.kind === "header") {
      const header = tree.enclosedHeaders.get(item.section.slice(0, item.section.indexOf(".HEADER")));
      if (header) parts.set(item.section, header);
    } else {
      for (const part of [item.part, item.instead]) {
        const bytes = part && tree.parts.get(part.section)?.body;
        if (part && bytes) parts.set(part.section, bytes);
      }
    }
  }
  const message = await readParts({ header: tree.header, structure: tree.structure, parts });
  return tree.problems.length === 0
    ? message
    : { ...message, problems: [...tree.problems, ...message.problems] };
}
