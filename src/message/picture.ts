/** What a picture is and how large, from its first octets: PNG, GIF and JPEG. Nothing is decoded. */

import { liesOnItsSide, type Orientation } from "./pixels/turn.ts";

export interface PictureInfo {
  readonly type: "png" | "gif" | "jpeg";
  /** Pixels, as the picture is to be seen: turned where it says so. */
  readonly width: number;
  readonly height: number;
  /** How its pixels lie in the file; 1 is upright. */
  readonly orientation: Orientation;
}

/** JPEG markers that begin a frame and give its size (ITU-T T.81 §B.1.1.3): SOF0 to SOF15 but for DHT, JPG and DAC. */
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

const APP1 = 0xe1;
const EXIF = Buffer.from("Exif\0\0", "latin1");
/** The tag of the orientation, and the type of its value: a number of 16 bits. */
const ORIENTATION = 274;
const SHORT = 3;

/** What an Exif segment says of how the picture lies: in the first directory of the TIFF that it is (§4.6). Upright where it says nothing that is known. */
function orientationOf(segment: Buffer): Orientation {
  if (segment.length < 14 || !segment.subarray(0, 6).equals(EXIF)) return 1;
  const tiff = segment.subarray(6);
  const little = tiff.toString("latin1", 0, 2) === "II";
  const short = (at: number) => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const first = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (first + 2 > tiff.length) return 1;
  const entries = short(first);
  for (let n = 0, at = first + 2; n < entries && at + 12 <= tiff.length; n++, at += 12) {
    if (short(at) !== ORIENTATION || short(at + 2) !== SHORT) continue;
    const value = short(at + 8);
    return value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return 1;
}

function jpeg(bytes: Buffer): PictureInfo | null {
  let orientation: Orientation = 1;
  for (let at = 2; at + 9 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff || (marker >= 0xd0 && marker <= 0xd8) || marker === 0x01) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    if (isFrame(marker)) {
      const [rows, columns] = [bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)];
      const [width, height] = liesOnItsSide(orientation) ? [rows, columns] : [columns, rows];
      return { type: "jpeg", width, height, orientation };
    }
    if (marker === APP1 && orientation === 1)
      orientation = orientationOf(bytes.subarray(at + 4, at + 2 + bytes.readUInt16BE(at + 2)));
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return null;
}

/** Null for what is none of the three, is cut off before its size, or has none. */
export function pictureInfo(bytes: Buffer): PictureInfo | null {
  let found: PictureInfo | null = null;
  if (bytes.length >= 24 && bytes.subarray(0, 8).equals(Buffer.from("\x89PNG\r\n\x1a\n", "latin1")))
    found = { type: "png", width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), orientation: 1 };
  else if (bytes.length >= 10 && /^GIF8[79]a$/.test(bytes.toString("latin1", 0, 6)))
    found = { type: "gif", width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8), orientation: 1 };
  else if (bytes[0] === 0xff && bytes[1] === 0xd8) found = jpeg(bytes);
  return found && found.width > 0 && found.height > 0 ? found : null;
}
