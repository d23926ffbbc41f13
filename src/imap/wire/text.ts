const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Bytes as text: UTF-8 where they are valid UTF-8, else Latin-1, as real servers mix both. Never fails. */
export function decodeText(bytes: Buffer): string {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i]! < 0x80) continue;
    try {
      return utf8.decode(bytes);
    } catch {
      return bytes.toString("latin1");
    }
  }
  return bytes.toString("latin1");
}
