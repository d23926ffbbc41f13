/** What a picture is and how large, from its first octets: PNG, GIF and JPEG. Nothing is decoded. */

export interface PictureInfo {
  readonly type: "png" | "gif" | "jpeg";
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** JPEG markers that begin a frame and give its size (ITU-T T.81 §B.1.1.3): SOF0 to SOF15 but for DHT, JPG and DAC. */
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

function jpeg(bytes: Buffer): PictureInfo | null {
  for (let at = 2; at + 9 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff || (marker >= 0xd0 && marker <= 0xd8) || marker === 0x01) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    if (isFrame(marker))
      return { type: "jpeg", height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return null;
}

/** Null for what is none of the three, is cut off before its size, or has none. */
export function pictureInfo(bytes: Buffer): PictureInfo | null {
  let found: PictureInfo | null = null;
  if (bytes.length >= 24 && bytes.subarray(0, 8).equals(Buffer.from("\x89PNG\r\n\x1a\n", "latin1")))
    found = { type: "png", width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  else if (bytes.length >= 10 && /^GIF8[79]a$/.test(bytes.toString("latin1", 0, 6)))
    found = { type: "gif", width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
  else if (bytes[0] === 0xff && bytes[1] === 0xd8) found = jpeg(bytes);
  return found && found.width > 0 && found.height > 0 ? found : null;
}
