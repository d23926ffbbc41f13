/** The first picture of a GIF (GIF89a specification, §15–§22 and appendix F). */
import { maxPixels, PictureError, type Pixels } from "./types.ts";

const END_OF_BLOCKS = 0;
const EXTENSION = 0x21;
const IMAGE = 0x2c;
const GRAPHIC_CONTROL = 0xf9;
/** Codes of LZW have 12 bits at most. */
const MOST_CODES = 4096;
/** Where the four passes of an interlaced picture begin, and their steps. */
const PASSES = [
  [0, 8],
  [4, 8],
  [2, 4],
  [1, 2],
] as const;

/** The contents of the sub-blocks from `at`, and where what follows them begins. */
function blocksFrom(bytes: Buffer, start: number): { data: Buffer; next: number } {
  const parts: Buffer[] = [];
  let at = start;
  while (at < bytes.length && bytes[at] !== END_OF_BLOCKS) {
    parts.push(bytes.subarray(at + 1, at + 1 + bytes[at]!));
    at += 1 + bytes[at]!;
  }
  return { data: Buffer.concat(parts), next: at + 1 };
}

/** Undoes LZW: colour numbers, `count` of them at most. What is broken ends it. */
function unpack(data: Buffer, minCodeSize: number, count: number): Uint8Array {
  if (minCodeSize < 1 || minCodeSize > 8) throw new PictureError("GIF with an impossible code size");
  const out = new Uint8Array(count);
  const clear = 1 << minCodeSize;
  const prefix = new Uint16Array(MOST_CODES);
  const last = new Uint8Array(MOST_CODES);
  const length = new Uint16Array(MOST_CODES);
  for (let code = 0; code < clear; code++) {
    last[code] = code;
    length[code] = 1;
  }
  let size = minCodeSize + 1;
  let next = clear + 2;
  let before = -1;
  let bits = 0;
  let held = 0;
  let filled = 0;
  /** Writes what a code stands for from its end; its first colour. */
  const write = (code: number): number => {
    let to = filled + length[code]! - 1;
    filled = to + 1;
    let at = code;
    for (; length[at]! > 1; at = prefix[at]!) {
      if (to < count) out[to] = last[at]!;
      to--;
    }
    if (to < count) out[to] = last[at]!;
    return last[at]!;
  };
  for (const octet of data) {
    held |= octet << bits;
    bits += 8;
    while (bits >= size) {
      const code = held & ((1 << size) - 1);
      held >>>= size;
      bits -= size;
      if (code === clear) {
        size = minCodeSize + 1;
        next = clear + 2;
        before = -1;
        continue;
      }
      if (code === clear + 1 || code > next || (code === next && before < 0)) return out;
      if (before >= 0 && next < MOST_CODES) {
        prefix[next] = before;
        length[next] = length[before]! + 1;
        // A code that is just being made begins and ends with the colour that the one before it begins with.
        let first = code === next ? before : code;
        while (length[first]! > 1) first = prefix[first]!;
        last[next] = last[first]!;
        next++;
        if (next === 1 << size && size < 12) size++;
      } else if (code >= next) return out;
      write(code);
      if (filled >= count) return out;
      before = code;
    }
  }
  return out;
}

/** Rows in the order in which they are written. */
function rowOrder(height: number, interlaced: boolean): number[] {
  const passes = interlaced ? PASSES : ([[0, 1]] as const);
  return passes.flatMap(([from, step]) =>
    Array.from({ length: Math.max(0, Math.ceil((height - from) / step)) }, (_, i) => from + i * step),
  );
}

export function decodeGif(bytes: Buffer): Pixels {
  if (bytes.length < 13) throw new PictureError("GIF cut off");
  const width = bytes.readUInt16LE(6);
  const height = bytes.readUInt16LE(8);
  if (width * height === 0 || width * height > maxPixels) throw new PictureError("GIF too large");
  const tableOctets = (packed: number) => (packed & 0x80 ? 3 << ((packed & 7) + 1) : 0);
  let at = 13 + tableOctets(bytes[10]!);
  let colours = bytes.subarray(13, at);
  let transparent = -1;
  while (at < bytes.length) {
    if (bytes[at] === EXTENSION) {
      const { data, next } = blocksFrom(bytes, at + 2);
      if (bytes[at + 1] === GRAPHIC_CONTROL && data.length >= 4) transparent = data[0]! & 1 ? data[3]! : -1;
      at = next;
      continue;
    }
    if (bytes[at] !== IMAGE || at + 11 > bytes.length) break;
    const left = bytes.readUInt16LE(at + 1);
    const top = bytes.readUInt16LE(at + 3);
    const columns = bytes.readUInt16LE(at + 5);
    const rows = bytes.readUInt16LE(at + 7);
    const packed = bytes[at + 9]!;
    const table = tableOctets(packed);
    if (table > 0) colours = bytes.subarray(at + 10, at + 10 + table);
    at += 10 + table;
    if (columns * rows === 0 || columns * rows > maxPixels) throw new PictureError("GIF too large");
    const numbers = unpack(blocksFrom(bytes, at + 1).data, bytes[at] ?? 0, columns * rows);
    const rgba = new Uint8Array(width * height * 4);
    for (const [j, y] of rowOrder(rows, (packed & 0x40) !== 0).entries()) {
      if (top + y >= height) continue;
      for (let x = 0; x < columns && left + x < width; x++) {
        const colour = numbers[j * columns + x]!;
        if (colour === transparent) continue;
        const to = ((top + y) * width + left + x) * 4;
        rgba[to] = colours[colour * 3] ?? 0;
        rgba[to + 1] = colours[colour * 3 + 1] ?? 0;
        rgba[to + 2] = colours[colour * 3 + 2] ?? 0;
        rgba[to + 3] = 255;
      }
    }
    return { width, height, rgba };
  }
  throw new PictureError("GIF without a picture");
}
