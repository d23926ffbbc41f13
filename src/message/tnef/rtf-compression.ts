/** Compressed RTF (MS-OXRTFCP): an LZ77 of its own with a dictionary that begins with words of RTF. */

const DICTIONARY =
  "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const WINDOW = 4096;
const COMPRESSED = 0x75465a4c;
const STORED = 0x414c454d;
const HEADER = 16;
/** More RTF than this is not read: a small input can be made to give much. */
const MAX_OUTPUT = 4 * 1024 * 1024;

/** The RTF; null where it is neither compressed nor stored as it should be. Damage ends it early. Never throws. */
export function decompressRtf(bytes: Buffer): Buffer | null {
  if (bytes.length < HEADER) return null;
  const kind = bytes.readUInt32LE(8);
  if (kind === STORED) return bytes.subarray(HEADER);
  if (kind !== COMPRESSED) return null;
  const size = Math.min(bytes.readUInt32LE(4), MAX_OUTPUT);
  const window = Buffer.alloc(WINDOW);
  let write = window.write(DICTIONARY, "latin1");
  // Not allocated by what the header promises, which may be a lie: a reference gives 17 octets of 2 at most.
  const out = Buffer.alloc(Math.min(size, bytes.length * 18));
  let to = 0;
  const put = (octet: number) => {
    if (to < out.length) out[to++] = octet;
    window[write] = octet;
    write = (write + 1) % WINDOW;
  };
  let at = HEADER;
  while (at < bytes.length && to < out.length) {
    const control = bytes[at++] ?? 0;
    for (let bit = 0; bit < 8 && at < bytes.length; bit++) {
      if ((control & (1 << bit)) === 0) {
        put(bytes[at++] ?? 0);
        continue;
      }
      if (at + 1 >= bytes.length) return out.subarray(0, to);
      const reference = bytes.readUInt16BE(at);
      at += 2;
      const from = reference >> 4;
      if (from === write) return out.subarray(0, to);
      for (let i = 0; i < (reference & 15) + 2; i++) put(window[(from + i) % WINDOW] ?? 0);
    }
  }
  return out.subarray(0, to);
}
