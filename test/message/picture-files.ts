/** Picture files to decode: PNG of any kind, as its tests want it, and small ones of other kinds. */
import { crc32, deflateSync } from "node:zlib";

export interface PngShape {
  readonly width: number;
  readonly height: number;
  /** Colour type and depth (ISO/IEC 15948 §11.2.2). */
  readonly colour?: 0 | 2 | 3 | 4 | 6;
  readonly depth?: 1 | 2 | 4 | 8 | 16;
  readonly interlaced?: boolean;
  readonly chunks?: readonly Buffer[];
  /** Samples of a pixel. */
  pixel(x: number, y: number): readonly number[];
}

const uint32 = (...numbers: number[]) => {
  const octets = Buffer.alloc(numbers.length * 4);
  for (const [i, n] of numbers.entries()) octets.writeUInt32BE(n, i * 4);
  return octets;
};

export function pngChunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type), data]);
  return Buffer.concat([uint32(data.length), named, uint32(crc32(named))]);
}

/** The file whose IDAT is this, whatever its header says. */
export function pngOf(
  width: number,
  height: number,
  kind: readonly number[],
  data: Buffer,
  ...more: Buffer[]
) {
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", Buffer.concat([uint32(width, height), Buffer.from(kind)])),
    ...more,
    pngChunk("IDAT", data),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

/** What a filter predicts of an octet (§9.2) from those to its left, above it, and above that. */
const predictions = [
  () => 0,
  (left: number) => left,
  (_: number, up: number) => up,
  (left: number, up: number) => (left + up) >> 1,
  (left: number, up: number, corner: number) => {
    const [toLeft, toUp, toCorner] = [left, up, corner].map((each) => Math.abs(left + up - corner - each));
    return toLeft! <= toUp! && toLeft! <= toCorner! ? left : toUp! <= toCorner! ? up : corner;
  },
];
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** A PNG whose rows take all filters in turn. */
export function png({
  width,
  height,
  colour = 0,
  depth = 8,
  interlaced,
  chunks = [],
  pixel,
}: PngShape): Buffer {
  const rows: number[] = [];
  for (const [x0, y0, dx, dy] of interlaced ? passes : ([[0, 0, 1, 1]] as const)) {
    let above: number[] = [];
    for (let y = y0, n = 0; y < height && x0 < width; y += dy, n++) {
      let bits = "";
      for (let x = x0; x < width; x += dx)
        for (const sample of pixel(x, y)) bits += sample.toString(2).padStart(depth, "0");
      const row = (bits.match(/.{1,8}/g) ?? []).map((octet) => Number.parseInt(octet.padEnd(8, "0"), 2));
      const step = Math.max(1, (pixel(x0, y).length * depth) >> 3);
      const filter = n % predictions.length;
      rows.push(
        filter,
        ...row.map((octet, i) => {
          const left = row[i - step] ?? 0;
          return (octet - predictions[filter]!(left, above[i] ?? 0, above[i - step] ?? 0)) & 0xff;
        }),
      );
      above = row;
    }
  }
  return pngOf(
    width,
    height,
    [depth, colour, 0, 0, interlaced ? 1 : 0],
    deflateSync(Buffer.from(rows)),
    ...chunks,
  );
}

/** Left of the middle the one colour, right of it the other. */
export const leftColour = [200, 30, 40] as const;
export const rightColour = [20, 60, 220] as const;

/** 16 × 12 of the two colours. */
export const jpegFile = Buffer.from(
  "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAMABADAREAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDDrhPsCrX6Afnhar8/P0Mq1+gH54f/2Q==",
  "base64",
);
export const progressiveJpegFile = Buffer.from(
  "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wgARCAAMABADAREAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAwT/xAAWAQEBAQAAAAAAAAAAAAAAAAAGAwX/2gAMAwEAAhADEAAAAYYbBIDqn0RIDv8A/8QAFBABAAAAAAAAAAAAAAAAAAAAIP/aAAgBAQABBQIf/8QAFBEBAAAAAAAAAAAAAAAAAAAAIP/aAAgBAwEBPwEf/8QAFBEBAAAAAAAAAAAAAAAAAAAAIP/aAAgBAgEBPwEf/8QAFBABAAAAAAAAAAAAAAAAAAAAIP/aAAgBAQAGPwIf/8QAFBABAAAAAAAAAAAAAAAAAAAAIP/aAAgBAQABPyEf/9oADAMBAAIAAwAAABAEH//EABQRAQAAAAAAAAAAAAAAAAAAACD/2gAIAQMBAT8QH//EABQRAQAAAAAAAAAAAAAAAAAAACD/2gAIAQIBAT8QH//EABQQAQAAAAAAAAAAAAAAAAAAACD/2gAIAQEAAT8QH//Z",
  "base64",
);
/** 16 × 16 of them, interlaced; its last row is transparent. */
export const gifFile = Buffer.from(
  "R0lGODlhEAAQAIEAAMgeKBQ83AAAAP///yH5BAEAAAIALAAAAAAQABAAQAg7AAEIHCgwgMGDBgkSRIhQ4UCGBx0WhBhAIgCKFSVitLhRI0WOHz1CBDlSJEOSJ002VHlQgMuXMGMKCAgAOw==",
  "base64",
);

/** A JPEG that says how its pixels lie (Exif tag 274), in either order of octets. */
export function lying(file: Buffer, orientation: number, little = false): Buffer {
  const u16 = (n: number) => (little ? [n & 255, n >> 8] : [n >> 8, n & 255]);
  const u32 = (n: number) => (little ? [...u16(n), 0, 0] : [0, 0, ...u16(n)]);
  // Another entry first: the width of a picture, of the type LONG.
  const other = [...u16(256), ...u16(4), ...u32(1), ...u32(6)];
  const entry = [...u16(274), ...u16(3), ...u32(1), ...u16(orientation), 0, 0];
  const order = little ? "II" : "MM";
  const tiff = [...Buffer.from(order), ...u16(42), ...u32(8), ...u16(2), ...other, ...entry, ...u32(0)];
  const exif = Buffer.from([...Buffer.from("Exif\0\0"), ...tiff]);
  const length = exif.length + 2;
  return Buffer.concat([
    file.subarray(0, 2),
    Buffer.from([0xff, 0xe1, length >> 8, length & 255]),
    exif,
    file.subarray(2),
  ]);
}
