/**
 * Charsets as mail has them: labels nobody registered, labels that lie, and no label at all.
 * Node's TextDecoder knows the WHATWG encodings; UTF-7 is read here (RFC 2152). Nothing in this file throws.
 */
import { TextDecoder } from "node:util";
import { guessCharset } from "./charset-guess.ts";

/** Labels in use that TextDecoder does not know, after clean-up to lower-case letters and digits. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["utf", "utf-8"],
  ["uft8", "utf-8"],
  ["utf8mb4", "utf-8"],
  ["unicode11utf7", "utf-7"],
  ["xunicode20utf7", "utf-7"],
  ["utf7", "utf-7"],
  ["unicode", "utf-16"],
  ["ucs2", "utf-16"],
  ["iso10646ucs2", "utf-16"],
  ["gb2312", "gb18030"],
  ["gbk", "gb18030"],
  ["xgbk", "gb18030"],
  ["cp936", "gb18030"],
  ["euccn", "gb18030"],
  ["eucgb2312cn", "gb18030"],
  ["ksc56011987", "euc-kr"],
  ["ksc5601", "euc-kr"],
  ["kscc5601", "euc-kr"],
  ["cp949", "euc-kr"],
  ["uhc", "euc-kr"],
  ["bog5", "big5"],
  ["cp950", "big5"],
  ["big5eten", "big5"],
  ["ujis", "euc-jp"],
  ["sjis", "shift_jis"],
  ["cp932", "shift_jis"],
  ["iso2022jp1", "iso-2022-jp"],
  ["iso2022jp2", "iso-2022-jp"],
  ["iso2022jp3", "iso-2022-jp"],
  ["iso2022jpms", "iso-2022-jp"],
  ["jis", "iso-2022-jp"],
  ["cp50220", "iso-2022-jp"],
  ["koi8", "koi8-r"],
  ["xiasgerman", "windows-1252"],
]);

/** Labels that say nothing about the bytes: us-ascii is what programs write that never asked themselves. */
const MEANINGLESS = new Set([
  "ascii",
  "usascii",
  "ansix341968",
  "unknown8bit",
  "unknown",
  "xunknown",
  "defaultcharset",
  "charset",
  "none",
  "binary",
  "8bit",
  "xuserdefined",
]);

const known = new Map<string, string | null>();

function supported(label: string): string | null {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return null;
  }
}

/**
 * The name by which bytes under this label can be decoded: a WHATWG encoding name, `utf-7`, or null where the label
 * is absent, unknown or says nothing (then the bytes decide).
 */
export function cleanLabel(label: string | null): string | null {
  if (label === null) return null;
  const raw = label.slice(0, 60).trim().toLowerCase();
  const cached = known.get(raw);
  if (cached !== undefined) return cached;
  const key = raw.replace(/[^a-z0-9]/g, "");
  let name: string | null = null;
  if (!MEANINGLESS.has(key)) {
    const codePage = /^(?:x?cp|win|windows|xwindows)(125[0-8]|874)$/.exec(key);
    const iso = /^x?iso8859(\d{1,2})(?:[ei]|\d{4})?$/.exec(key);
    name =
      ALIASES.get(key) ??
      (codePage ? supported(`windows-${codePage[1]}`) : null) ??
      (iso ? supported(`iso-8859-${iso[1]}`) : null) ??
      supported(raw.replace(/[^\w:.-]/g, "")) ??
      supported(raw.replace(/_/g, "-")) ??
      supported(key);
  }
  if (known.size < 500) known.set(raw, name);
  return name;
}

const decoders = new Map<string, TextDecoder>();

function decoder(name: string, fatal: boolean): TextDecoder {
  const key = `${name} ${fatal}`;
  let made = decoders.get(key);
  if (!made) {
    made = new TextDecoder(name, { fatal });
    decoders.set(key, made);
  }
  return made;
}

/** 0x80 to 0x9f in windows-1252. TextDecoder of Node 20 reads that encoding as Latin-1 and would give C1 controls. */
const CP1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

function windows1252(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  return text.replace(/[\x80-\x9f]/g, (c) => CP1252.charAt(c.charCodeAt(0) - 0x80));
}

function loose(bytes: Uint8Array, name: string): string {
  return name === "windows-1252" ? windows1252(bytes) : decoder(name, false).decode(bytes);
}

function strict(bytes: Uint8Array, name: string): string | null {
  try {
    return decoder(name, true).decode(bytes);
  } catch {
    return null;
  }
}

const is7bit = (bytes: Uint8Array): boolean => {
  for (const byte of bytes) if (byte >= 0x80) return false;
  return true;
};

/** UTF-7 (RFC 2152): "+" opens modified Base64 of UTF-16BE, "-" or any other character closes it. */
function decodeUtf7(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("latin1");
  return text.replace(/\+([A-Za-z0-9+/]*)-?/g, (all, base64: string) => {
    if (base64 === "") return all === "+-" ? "+" : all;
    const units = Buffer.from(base64, "base64");
    return units
      .subarray(0, units.length & ~1)
      .swap16()
      .toString("utf16le");
  });
}

/** UTF-16 without a byte order said: the mark, else the side on which the zero bytes lie (RFC 2781 §4.3: big-endian). */
function utf16Order(bytes: Uint8Array): "utf-16le" | "utf-16be" {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  let odd = 0;
  let even = 0;
  for (let i = 0; i < Math.min(bytes.length, 400); i++) if (bytes[i] === 0) i & 1 ? odd++ : even++;
  return odd > even ? "utf-16le" : "utf-16be";
}

/** Bytes that nothing describes: ISO-2022-JP by its escapes, else UTF-8 where valid, else what they look like. */
function guess(bytes: Uint8Array): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return decoder(utf16Order(bytes), false).decode(bytes);
  }
  const utf8 = strict(bytes, "utf-8");
  if (utf8 !== null) {
    // Only 7-bit text can be ISO-2022-JP, and 7-bit text is valid UTF-8.
    return /\x1b(?:\$[@B]|\([JI])/.test(utf8) && is7bit(bytes)
      ? decoder("iso-2022-jp", false).decode(bytes)
      : utf8;
  }
  return loose(bytes, guessCharset(bytes));
}

/** Single-byte encodings accept any bytes, so only they can be declared wrongly without its showing. */
const ANY_BYTES_FIT = /^(?:windows-125|iso-8859-)/;

/**
 * Bytes as text. The declared charset is believed unless the bytes disprove it: those are then read as UTF-8 where
 * valid, by ISO-2022-JP escapes, or as what they look like. A few bad bytes become U+FFFD. Never throws.
 */
export function decodeBytes(bytes: Uint8Array, label: string | null): string {
  const name = cleanLabel(label);
  if (name === null) return guess(bytes);
  if (name === "utf-7") return decodeUtf7(bytes);
  if (name.startsWith("utf-16")) return decoder(utf16Order(bytes), false).decode(bytes);
  if (name === "utf-8") {
    const text = strict(bytes, "utf-8");
    if (text !== null) return text;
    const damaged = loose(bytes, "utf-8");
    const bad = damaged.split("\ufffd").length - 1;
    const good = [...damaged.matchAll(/[^\0-\x7f\ufffd]/gu)].length;
    // Cut or damaged UTF-8 has more good characters than bad; another charset under this label has hardly any.
    return good >= bad ? damaged : windows1252(bytes);
  }
  if (ANY_BYTES_FIT.test(name)) {
    const utf8 = is7bit(bytes) ? null : strict(bytes, "utf-8");
    return utf8 ?? loose(bytes, name);
  }
  return strict(bytes, name) ?? strict(bytes, "utf-8") ?? loose(bytes, name);
}

/** Charsets to offer for a message that does not read well: by WHATWG name, the common ones of each script. */
export const OFFERED_CHARSETS: readonly string[] = [
  "utf-8",
  "windows-1252",
  "iso-8859-15",
  "windows-1250",
  "iso-8859-2",
  "windows-1251",
  "koi8-r",
  "koi8-u",
  "windows-1253",
  "windows-1254",
  "windows-1255",
  "windows-1256",
  "windows-1257",
  "windows-1258",
  "windows-874",
  "gb18030",
  "big5",
  "shift_jis",
  "euc-jp",
  "iso-2022-jp",
  "euc-kr",
  "utf-16le",
  "utf-16be",
  "utf-7",
];

/**
 * Bytes as text in the charset that a person says they are in, whatever they are declared as; but what is declared as
 * UTF-8 and is, and what is 7-bit, is as it was. A charset that is not known counts as none. Never throws.
 */
export function decodeBytesAs(bytes: Uint8Array, label: string | null, override: string | null): string {
  const name = cleanLabel(override);
  if (name === null) return decodeBytes(bytes, label);
  if (cleanLabel(label) === "utf-8" && strict(bytes, "utf-8") !== null) return decodeBytes(bytes, label);
  if (name === "utf-7") return decodeUtf7(bytes);
  if (is7bit(bytes) && !/^(?:iso-2022|utf-16)/.test(name)) return decodeBytes(bytes, label);
  return loose(bytes, name);
}
