/** PNG (ISO/IEC 15948): all colour types and depths, interlaced or not. What is inflated is bounded by the size it names. */
import { constants, inflateSync } from "node:zlib";
import { maxPixels, PictureError, type Pixels } from "./types.ts";

/** Samples of a pixel by colour type: grey, RGB, palette, grey and alpha, RGBA (§6.1). */
const SAMPLES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);
/** Where each pass of Adam7 begins, and its steps (§8.2): x, y, by columns, by rows. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const WHOLE = [[0, 0, 1, 1]] as const;

interface Parts {
  readonly header: Buffer;
  readonly palette: Buffer;
  readonly transparency: Buffer | null;
  readonly data: Buffer;
}

/** The chunks that matter; checksums are not looked at: a picture with a fault is better than none. */
function partsOf(bytes: Buffer): Parts {
  let header: Buffer | null = null;
  let palette: Buffer = Buffer.alloc(0);
  let transparency: Buffer | null = null;
  const data: Buffer[] = [];
  for (let at = 8; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    const chunk = bytes.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") header ??= chunk;
    else if (type === "PLTE") palette = chunk;
    else if (type === "tRNS") transparency = chunk;
    else if (type === "IDAT") data.push(chunk);
    else if (type === "IEND") break;
    at += 12 + length;
  }
  if (!header || header.length < 13) throw new PictureError("PNG without a header");
  return { header, palette, transparency, data: Buffer.concat(data) };
}

/** Undoes the filter of one row in place (§9.2); `above` is the row before it, or null. */
function unfilter(filter: number, row: Uint8Array, above: Uint8Array | null, step: number): void {
  const length = row.length;
  if (filter === 1) for (let i = step; i < length; i++) row[i]! += row[i - step]!;
  else if (filter === 2 && above) for (let i = 0; i < length; i++) row[i]! += above[i]!;
  else if (filter === 3)
    for (let i = 0; i < length; i++)
      row[i]! += ((i >= step ? row[i - step]! : 0) + (above ? above[i]! : 0)) >> 1;
  else if (filter === 4)
    for (let i = 0; i < length; i++) {
      const left = i >= step ? row[i - step]! : 0;
      const up = above ? above[i]! : 0;
      const corner = above && i >= step ? above[i - step]! : 0;
      const toLeft = Math.abs(up - corner);
      const toUp = Math.abs(left - corner);
      const toCorner = Math.abs(left + up - 2 * corner);
      row[i]! += toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }
  else if (filter > 4) throw new PictureError("PNG with an unknown filter");
}

export function decodePng(bytes: Buffer): Pixels {
  const { header, palette, transparency, data } = partsOf(bytes);
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  const [depth = 0, colour = 0, compression, filtering, interlace = 0] = header.subarray(8, 13);
  const samples = SAMPLES.get(colour) ?? 0;
  if (samples === 0 || ![1, 2, 4, 8, 16].includes(depth) || (samples > 1 && depth < 8))
    throw new PictureError("PNG of an unknown colour type");
  if (compression !== 0 || filtering !== 0 || interlace > 1) throw new PictureError("PNG of an unknown kind");
  if (width === 0 || height === 0 || width * height > maxPixels) throw new PictureError("PNG too large");
  const passes = (interlace ? ADAM7 : WHOLE).map(([x, y, dx, dy]) => {
    const columns = Math.ceil((width - x) / dx);
    const rows = columns > 0 ? Math.ceil((height - y) / dy) : 0;
    return { x, y, dx, dy, columns, rows, octets: Math.ceil((columns * samples * depth) / 8) };
  });
  const expected = passes.reduce((sum, { rows, octets }) => sum + Math.max(0, rows) * (octets + 1), 0);
  // Whoever cut the file off left its beginning; whoever made it a bomb gets no more than the picture can have.
  const raw = inflateSync(data, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: expected + 1024 });

  const rgba = new Uint8Array(width * height * 4);
  const scale = depth < 8 ? 255 / ((1 << depth) - 1) : 1;
  const step = Math.max(1, (samples * depth) >> 3);
  const wide = depth === 16 ? 2 : 1;
  /** The sample that is transparent, as written, for pictures without an alpha of their own. */
  const clear = [0, 2, 4].map((at) =>
    transparency && transparency.length >= at + 2 ? transparency.readUInt16BE(at) : -1,
  );
  let at = 0;
  for (const { x, y, dx, dy, columns, rows, octets } of passes) {
    let above: Uint8Array | null = null;
    for (let j = 0; j < rows; j++) {
      if (at + 1 + octets > raw.length) return { width, height, rgba };
      const row = raw.subarray(at + 1, at + 1 + octets);
      unfilter(raw[at]!, row, above, step);
      above = row;
      at += 1 + octets;
      let to = ((y + j * dy) * width + x) * 4;
      for (let i = 0; i < columns; i++, to += dx * 4) {
        /** Sample `n` of this pixel as written, of up to 16 bits. */
        const sample = (n: number): number => {
          if (depth < 8)
            return (row[(i * depth) >> 3]! >> (8 - depth - ((i * depth) & 7))) & ((1 << depth) - 1);
          const from = (i * samples + n) * wide;
          return wide === 2 ? (row[from]! << 8) | row[from + 1]! : row[from]!;
        };
        const octet = (value: number) => (wide === 2 ? value >> 8 : Math.round(value * scale));
        const first = sample(0);
        if (colour === 3) {
          rgba[to] = palette[first * 3] ?? 0;
          rgba[to + 1] = palette[first * 3 + 1] ?? 0;
          rgba[to + 2] = palette[first * 3 + 2] ?? 0;
          rgba[to + 3] = transparency?.[first] ?? 255;
        } else if (samples < 3) {
          rgba[to] = rgba[to + 1] = rgba[to + 2] = octet(first);
          rgba[to + 3] = samples === 2 ? octet(sample(1)) : first === clear[0] ? 0 : 255;
        } else {
          const second = sample(1);
          const third = sample(2);
          rgba[to] = octet(first);
          rgba[to + 1] = octet(second);
          rgba[to + 2] = octet(third);
          const opaque = first !== clear[0] || second !== clear[1] || third !== clear[2];
          rgba[to + 3] = samples === 4 ? octet(sample(3)) : opaque ? 255 : 0;
        }
      }
    }
  }
  return { width, height, rgba };
}
