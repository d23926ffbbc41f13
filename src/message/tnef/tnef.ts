/**
 * TNEF, what Outlook puts a message into as winmail.dat (MS-OXTNEF): the text and the files in it. Every length is
 * checked against what is there; what is broken ends the reading, with what was found so far kept.
 */
import { decodeBytes } from "../charset.ts";
import { decompressRtf } from "./rtf-compression.ts";

export interface TnefFile {
  readonly fileName: string | null;
  /** `type/subtype`, lower case; null where it is not said. */
  readonly mediaType: string | null;
  readonly contentId: string | null;
  readonly bytes: Buffer;
}

export interface TnefMessage {
  /** In the order of preference of the sender's program; null where that form is missing. */
  readonly html: string | null;
  readonly rtf: Buffer | null;
  readonly text: string | null;
  readonly files: readonly TnefFile[];
  /** It ended before its end, or broke. */
  readonly damaged: boolean;
}

const SIGNATURE = 0x223e9f78;
const MAX_FILES = 500;
const MAX_PROPERTIES = 5000;
const MAX_DEPTH = 3;

/** Attribute ids, without their type (MS-OXTNEF §2.1.3.1.2). */
const ATTRIBUTE = {
  attachData: 0x800f,
  attachTitle: 0x8010,
  attachRenderData: 0x9002,
  properties: 0x9003,
  attachment: 0x9005,
  codePage: 0x9007,
  body: 0x800c,
} as const;

/** MAPI property ids (MS-OXPROPS). */
const PROPERTY = {
  body: 0x1000,
  rtf: 0x1009,
  html: 0x1013,
  attachData: 0x3701,
  attachFileName: 0x3704,
  attachLongFileName: 0x3707,
  attachMimeTag: 0x370e,
  attachContentId: 0x3712,
  codePage: 0x3fde,
} as const;

/** What a broken length is: caught where reading began. */
class Broken extends Error {}

class Cursor {
  at = 0;
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(length: number): Buffer {
    if (length < 0 || length > this.left) throw new Broken();
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  u8 = () => this.take(1).readUInt8();
  u16 = () => this.take(2).readUInt16LE();
  u32 = () => this.take(4).readUInt32LE();

  /** Skips to a multiple of four. */
  pad(length: number): void {
    this.take(Math.min(this.left, (4 - (length % 4)) % 4));
  }
}

interface Value {
  readonly type: number;
  readonly bytes: Buffer;
}

const FIXED: ReadonlyMap<number, number> = new Map([
  [0x01, 0],
  [0x02, 2],
  [0x03, 4],
  [0x04, 4],
  [0x05, 8],
  [0x06, 8],
  [0x07, 8],
  [0x0a, 4],
  [0x0b, 2],
  [0x14, 8],
  [0x40, 8],
  [0x48, 16],
]);
const MULTIPLE = 0x1000;

/** MAPI properties (MS-OXTNEF §2.1.3.4) by id, the first value of each. */
function readProperties(bytes: Buffer): Map<number, Value> {
  const found = new Map<number, Value>();
  const cursor = new Cursor(bytes);
  try {
    const count = Math.min(cursor.u32(), MAX_PROPERTIES);
    for (let i = 0; i < count; i++) {
      const type = cursor.u16();
      const id = cursor.u16();
      if (id >= 0x8000) {
        // A named property: its set, and a number or a name.
        cursor.take(16);
        if (cursor.u32() === 0) cursor.take(4);
        else {
          const length = cursor.u32();
          cursor.take(length);
          cursor.pad(length);
        }
      }
      const single = type & ~MULTIPLE;
      const fixed = FIXED.get(single);
      const values = fixed === undefined || type & MULTIPLE ? cursor.u32() : 1;
      if (values > MAX_PROPERTIES) throw new Broken();
      for (let n = 0; n < values; n++) {
        const length = fixed ?? cursor.u32();
        const value = cursor.take(length);
        cursor.pad(length);
        if (!found.has(id)) found.set(id, { type: single, bytes: value });
      }
    }
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
  }
  return found;
}

class TnefReader {
  private codePage: string | null = null;
  html: string | null = null;
  rtf: Buffer | null = null;
  text: string | null = null;
  readonly files: TnefFile[] = [];
  damaged = false;
  private readonly depth: number;
  private open: { title: string | null; data: Buffer | null; properties: Map<number, Value> } | null = null;

  constructor(depth: number) {
    this.depth = depth;
  }

  read(bytes: Buffer): void {
    const cursor = new Cursor(bytes);
    try {
      if (cursor.u32() !== SIGNATURE) throw new Broken();
      cursor.u16();
      while (cursor.left > 9) {
        cursor.u8();
        const id = cursor.u32() & 0xffff;
        const length = cursor.u32();
        const data = cursor.take(length);
        cursor.u16();
        this.attribute(id, data);
      }
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      this.damaged = true;
    }
    this.closeFile();
  }

  private attribute(id: number, data: Buffer): void {
    switch (id) {
      case ATTRIBUTE.codePage:
        if (data.length >= 4) this.codePage = codePageName(data.readUInt32LE());
        break;
      case ATTRIBUTE.body:
        this.text ??= this.ansi(data);
        break;
      case ATTRIBUTE.properties:
        this.body(readProperties(data));
        break;
      case ATTRIBUTE.attachRenderData:
        this.closeFile();
        this.open = { title: null, data: null, properties: new Map() };
        break;
      case ATTRIBUTE.attachTitle:
        if (this.open) this.open.title = this.ansi(data);
        break;
      case ATTRIBUTE.attachData:
        if (this.open) this.open.data = data;
        break;
      case ATTRIBUTE.attachment:
        if (this.open) for (const [key, value] of readProperties(data)) this.open.properties.set(key, value);
        break;
    }
  }

  private ansi(bytes: Buffer): string {
    return decodeBytes(withoutEnd(bytes), this.codePage);
  }

  private string(value: Value | undefined): string | null {
    if (!value) return null;
    // PT_UNICODE; the other strings are in the code page.
    if (value.type === 0x1f) return value.bytes.toString("utf16le").replace(/\0[\s\S]*$/, "");
    return this.ansi(value.bytes);
  }

  private body(properties: Map<number, Value>): void {
    const internet = properties.get(PROPERTY.codePage);
    const codePage =
      internet && internet.bytes.length >= 4 ? codePageName(internet.bytes.readUInt32LE()) : null;
    const html = properties.get(PROPERTY.html);
    if (html) {
      this.html ??=
        html.type === 0x1f
          ? this.string(html)
          : decodeBytes(withoutEnd(html.bytes), codePage ?? this.codePage);
    }
    this.text ??= this.string(properties.get(PROPERTY.body));
    const rtf = properties.get(PROPERTY.rtf);
    if (rtf) this.rtf ??= decompressRtf(rtf.bytes);
  }

  private closeFile(): void {
    const open = this.open;
    this.open = null;
    if (!open || this.files.length >= MAX_FILES) return;
    const { properties } = open;
    const text = (id: number) => this.string(properties.get(id))?.trim() || null;
    const object = properties.get(PROPERTY.attachData);
    const fileName = text(PROPERTY.attachLongFileName) ?? open.title?.trim() ?? text(PROPERTY.attachFileName);
    const embedded = object?.type === 0x0d ? object.bytes.subarray(16) : null;
    if (embedded && this.depth < MAX_DEPTH && isTnef(embedded)) {
      // A message in the message: its text is a file, its files are files.
      const inner = new TnefReader(this.depth + 1);
      inner.read(embedded);
      const body = inner.html ?? inner.text;
      if (body !== null) {
        const mediaType = inner.html === null ? "text/plain" : "text/html";
        this.files.push({ fileName, mediaType, contentId: null, bytes: Buffer.from(body) });
      }
      this.files.push(...inner.files.slice(0, MAX_FILES - this.files.length));
      return;
    }
    const bytes = open.data ?? object?.bytes ?? null;
    if (bytes === null) return;
    this.files.push({
      fileName,
      mediaType: text(PROPERTY.attachMimeTag)?.toLowerCase() ?? null,
      contentId: text(PROPERTY.attachContentId)?.replace(/^<|>$/g, "") ?? null,
      bytes,
    });
  }
}

/** Without the zero octets that end a string, and what stands after them. */
function withoutEnd(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}

function codePageName(page: number): string | null {
  if (page === 65001) return "utf-8";
  if (page === 20866) return "koi8-r";
  if (page === 50220 || page === 50221 || page === 50222) return "iso-2022-jp";
  if (page === 51932) return "euc-jp";
  if (page === 51949) return "euc-kr";
  if (page >= 28591 && page <= 28606) return `iso-8859-${page - 28590}`;
  return `cp${page}`;
}

export function isTnef(bytes: Buffer): boolean {
  return bytes.length > 6 && bytes.readUInt32LE() === SIGNATURE;
}

/** Reads a winmail.dat (decoded). Never throws; what is no TNEF at all is empty and damaged. */
export function readTnef(bytes: Buffer): TnefMessage {
  const reader = new TnefReader(0);
  reader.read(bytes);
  const { html, rtf, text, files, damaged } = reader;
  return { html, rtf, text, files, damaged };
}
