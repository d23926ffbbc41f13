/**
 * A header's fields, and their values as people read them: encoded words, parameters, dates. Light enough for a list of
 * thousands: nothing here loads a parser.
 */
import { decodeBytes } from "./charset.ts";
import { fromHex } from "./hex.ts";

const WORD = String.raw`=\?([^?\s]{1,80})\?([bBqQ])\?([^?]*)\?=`;
const ONE_WORD = new RegExp(WORD, "g");

interface EncodedWord {
  readonly charset: string;
  readonly bytes: Buffer;
}

function wordBytes(encoding: string, text: string): Buffer {
  if (encoding === "b" || encoding === "B") return Buffer.from(text, "base64");
  const octets = fromHex(text.replace(/_/g, " "), "=");
  // Senders that leave 8-bit characters unencoded inside a word mean the octets they had.
  return /[^\0-\xff]/.test(octets) ? Buffer.from(octets, "utf8") : Buffer.from(octets, "latin1");
}

/** Words of one charset are joined before decoding: senders split multi-byte characters between them. */
function decodeRun(words: readonly EncodedWord[]): string {
  let out = "";
  for (let i = 0; i < words.length; ) {
    const first = words[i];
    if (!first) break;
    let end = i + 1;
    while (words[end]?.charset === first.charset) end++;
    out += decodeBytes(Buffer.concat(words.slice(i, end).map((word) => word.bytes)), first.charset);
    i = end;
  }
  return out;
}

/** 8-bit header text that was read as Latin-1: UTF-8 where valid, else windows-1252 (RFC 6532 allows the former). */
export function decodeRaw(s: string): string {
  if (!/[\x80-\xff]/.test(s) || /[^\0-\xff]/.test(s)) return s;
  return decodeBytes(Buffer.from(s, "latin1"), null);
}

/**
 * Decodes the encoded words of unstructured header text (RFC 2047 §5), wherever they stand. White space between
 * adjacent words goes; words that cannot be read stay as they are; raw 8-bit text is guessed. Folds (CR LF) become
 * nothing. The result is not yet safe for a terminal. Never throws.
 */
export function decodeWords(s: string): string {
  const text = /[\r\n]/.test(s) ? s.replace(/\r?\n(?=[ \t])/g, "") : s;
  if (!text.includes("=?")) {
    // ISO-2022-JP sent without encoded words is 7-bit and shows only by its escapes.
    return text.includes("\x1b$") && !/[^\0-\x7f]/.test(text)
      ? decodeBytes(Buffer.from(text, "latin1"), null)
      : decodeRaw(text);
  }
  let out = "";
  let from = 0;
  let run: EncodedWord[] = [];
  for (const found of text.matchAll(ONE_WORD)) {
    const [all, charset = "", encoding = "", encoded = ""] = found;
    const between = text.slice(from, found.index);
    if (run.length === 0 || /\S/.test(between)) {
      out += decodeRun(run) + decodeRaw(between);
      run = [];
    }
    // RFC 2231 §5: a language may follow the charset.
    const label = (charset.split("*")[0] ?? "").toLowerCase();
    run.push({ charset: label, bytes: wordBytes(encoding, encoded) });
    from = found.index + all.length;
  }
  return out + decodeRun(run) + decodeRaw(text.slice(from));
}

/** Names of fields in lower case, by how they are sent: there are few, and each comes with every message. */
const fieldNames = new Map<string, string>();

function fieldName(sent: string): string {
  const known = fieldNames.get(sent);
  if (known !== undefined) return known;
  const name = sent.replace(/[ \t]+$/, "").toLowerCase();
  if (fieldNames.size < 1000 && sent.length < 100) fieldNames.set(sent, name);
  return name;
}

const fold = /(?:\r?\n[ \t]+)+/g;
const isBlank = (octet: number) => octet === 32 || octet === 9 || octet === 13 || octet === 10;

/**
 * Tells the fields of a header (RFC 5322 §2.2) up to its empty line: names in lower case, values unfolded,
 * without white space around them. `header` is octets as a Latin-1 string, with any line ends. Lines that are no field
 * are passed over.
 */
export function eachField(header: string, tell: (name: string, value: string) => void): void {
  let colon = -1;
  for (let at = 0; at < header.length; ) {
    let end = header.indexOf("\n", at);
    while (end >= 0 && (header.charCodeAt(end + 1) === 32 || header.charCodeAt(end + 1) === 9))
      end = header.indexOf("\n", end + 1);
    if (end < 0) end = header.length;
    if (colon < at) colon = header.indexOf(":", at);
    if (colon < 0) return;
    if (colon > at && colon < end) {
      let first = colon + 1;
      let last = end;
      while (first < last && isBlank(header.charCodeAt(first))) first++;
      while (last > first && isBlank(header.charCodeAt(last - 1))) last--;
      const value = header.slice(first, last);
      const plain = value.includes("\r") || value.includes("\n") ? value.replace(fold, " ") : value;
      if (plain.includes("\r")) {
        eachField(header.slice(at).replace(/\r(?!\n)/g, "\n"), tell);
        return;
      }
      tell(fieldName(header.slice(at, colon)), plain);
    } else if (isBlank(header.charCodeAt(at)) && end - at < 2) return;
    at = end + 1;
  }
}

/** Removes comments, which nest (RFC 5322 §3.2.2). */
function withoutComments(s: string): string {
  if (!s.includes("(")) return s;
  let out = "";
  let depth = 0;
  for (const c of s) {
    if (c === "(") depth++;
    else if (c === ")") depth = Math.max(0, depth - 1);
    else if (depth === 0) out += c;
  }
  return out;
}

const MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";
/** Minutes east of UTC. Military letters are left out: RFC 5322 §4.3 has them mean +0000. */
const ZONES: ReadonlyMap<string, number> = new Map([
  ["est", -300],
  ["edt", -240],
  ["cst", -360],
  ["cdt", -300],
  ["mst", -420],
  ["mdt", -360],
  ["pst", -480],
  ["pdt", -420],
  ["cet", 60],
  ["met", 60],
  ["cest", 120],
  ["mest", 120],
  ["bst", 60],
  ["eet", 120],
  ["eest", 180],
  ["msk", 180],
  ["jst", 540],
  ["kst", 540],
]);
const RFC5322 =
  /^(?:[^\s\d,]+\s*,?\s*)?(\d{1,2})[\s-]+([a-z]{3})[a-z]*\.?[\s,-]+(\d{2,4})[\s,]+(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2}))?(?:\.\d+)?\s*([+-]\s*\d{1,2}:?\d{2}|[a-z]+)?(.*)$/i;
const ASCTIME =
  /^(?:[a-z]{3,9},?\s+)?([a-z]{3})[a-z]*\s+(\d{1,2}),?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s+(?:([a-z]{2,4}|[+-]\d{4})\s+)?(\d{4})(?:\s+([+-]\d{4}))?/i;
const ISO8601 =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T\s]+(\d{2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?)?/i;
const YEAR_2100 = Date.UTC(2100, 0, 1);

function zoneMinutes(zone: string | undefined): number {
  const numeric = /^([+-])\s*(\d{1,2}):?(\d{2})$/.exec(zone ?? "");
  if (!numeric) return ZONES.get((zone ?? "").toLowerCase()) ?? 0;
  const minutes = Number(numeric[2]) * 60 + Number(numeric[3]);
  // No zone is more than 14 hours off; a sender that says so knows nothing about its zone.
  if (minutes > 14 * 60) return 0;
  return numeric[1] === "-" ? -minutes : minutes;
}

function fullYear(year: string): number {
  const n = Number(year);
  // RFC 5322 §4.3: two digits from 50 and all three-digit years count from 1900, the rest from 2000.
  if (year.length === 2) return n < 50 ? 2000 + n : 1900 + n;
  return year.length === 3 ? 1900 + n : n;
}

function instant(
  year: number,
  month: number,
  day: number,
  time: readonly [h: number, m: number, s: number],
  offset: number,
) {
  const [h, m, s] = time;
  if (month < 0 || day < 1 || day > 31 || h > 24 || m > 59 || s > 60) return null;
  const at = Date.UTC(year, month, day, h, m, s) - offset * 60_000;
  return at >= 0 && at < YEAR_2100 ? at : null;
}

/** As nearly all write it, and short. */
const plainDate = /^[\w,:+-]{1,20}(?: [\w,:+-]{1,20}){2,6}$/;

function cleanDate(s: string): string {
  return withoutComments(s.slice(0, 300))
    .replace(/[\s"']+/g, " ")
    .trim();
}

/**
 * The instant a Date header names, in milliseconds since the epoch, 1970 to 2100; null where there is none to be
 * had. Reads RFC 5322 §3.3 and §4.3 (obsolete zones and years, comments), asctime and ISO 8601. An unknown zone
 * counts as +0000.
 */
export function parseDateHeader(s: string): number | null {
  const text = plainDate.test(s) ? s : cleanDate(s);
  const month = (name: string | undefined) => {
    const at = MONTHS.indexOf((name ?? "").slice(0, 3).toLowerCase());
    return at % 3 === 0 ? at / 3 : -1;
  };
  const mail = RFC5322.exec(text);
  if (mail) {
    const [, day, name, year = "", h, m, sec, zone] = mail;
    const time = [Number(h), Number(m), Number(sec ?? 0)] as const;
    return instant(fullYear(year), month(name), Number(day), time, zoneMinutes(zone));
  }
  const asc = ASCTIME.exec(text);
  if (asc) {
    const [, name, day, h, m, sec, zone, year, zoneAfter] = asc;
    const time = [Number(h), Number(m), Number(sec ?? 0)] as const;
    return instant(Number(year), month(name), Number(day), time, zoneMinutes(zone ?? zoneAfter));
  }
  const iso = ISO8601.exec(text);
  if (iso) {
    const [, year, mon, day, h, m, sec, zone] = iso;
    const time = [Number(h ?? 0), Number(m ?? 0), Number(sec ?? 0)] as const;
    return instant(Number(year), Number(mon) - 1, Number(day), time, zoneMinutes(zone));
  }
  return null;
}

/**
 * A parameter of Content-Type or Content-Disposition, decoded: `name`, `name*` with charset and percent codes, and
 * continuations `name*0`, `name*1*` … (RFC 2231 §3–4), or RFC 2047 words, which do not belong there but are common.
 * Null where there is none. `params` has names in lower case and values as sent.
 */
export function decodeParam(params: ReadonlyMap<string, string>, name: string): string | null {
  const pieces: { value: string; extended: boolean }[] = [];
  const whole = params.get(`${name}*`);
  if (whole !== undefined) pieces.push({ value: whole, extended: true });
  else {
    for (let i = 0; i < 1000; i++) {
      const plain = params.get(`${name}*${i}`);
      const value = plain ?? params.get(`${name}*${i}*`);
      if (value === undefined) break;
      pieces.push({ value, extended: plain === undefined });
    }
  }
  const first = pieces[0];
  if (!first) {
    const plain = params.get(name);
    return plain === undefined ? null : decodeWords(plain);
  }
  if (!pieces.some((piece) => piece.extended))
    return decodeWords(pieces.map((piece) => piece.value).join(""));
  const prefix = first.extended ? /^([^']*)'[^']*'/.exec(first.value) : null;
  const bytes = pieces.map(({ value, extended }, i) => {
    const rest = i === 0 && prefix ? value.slice(prefix[0].length) : value;
    const octets = extended ? fromHex(rest, "%") : rest;
    return /[^\0-\xff]/.test(octets) ? Buffer.from(octets, "utf8") : Buffer.from(octets, "latin1");
  });
  return decodeBytes(Buffer.concat(bytes), prefix?.[1] || null);
}
