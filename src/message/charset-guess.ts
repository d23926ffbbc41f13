/**
 * The charset of 8-bit text that nothing describes, by its bytes: whether they come in pairs, and which of them are
 * frequent. Western text has few bytes above 127 among its letters; where most letters are, it is another script.
 */

const SAMPLE = 16 * 1024;
/** With fewer there is nothing to count. */
const FEWEST = 8;

interface Counts {
  /** By octet. */
  readonly octets: Uint32Array;
  readonly high: number;
  readonly letters: number;
  /** Runs of octets above 127, and those of an odd length. */
  readonly runs: number;
  readonly oddRuns: number;
}

function count(bytes: Uint8Array): Counts {
  const octets = new Uint32Array(256);
  let high = 0;
  let letters = 0;
  let runs = 0;
  let oddRuns = 0;
  let run = 0;
  /** Names of elements and attributes are ASCII in any script. */
  let tag = false;
  for (const octet of bytes) {
    octets[octet] = (octets[octet] ?? 0) + 1;
    if (octet >= 128) {
      high++;
      run++;
      continue;
    }
    if (run > 0) {
      runs++;
      if (run % 2 === 1) oddRuns++;
    }
    run = 0;
    if (octet === 60) tag = true;
    else if (octet === 62) tag = false;
    const lower = octet | 32;
    if (!tag && lower >= 97 && lower <= 122) letters++;
  }
  return { octets, high, letters: letters + high, runs, oddRuns };
}

const between = ({ octets }: Counts, from: number, to: number) =>
  octets.subarray(from, to + 1).reduce((sum, n) => sum + n, 0);

/** The octets from `first` on that begin a pair, and how many second ones cannot be one. */
function leads(bytes: Uint8Array, first: number): { counts: Uint32Array; pairs: number; broken: number } {
  const counts = new Uint32Array(256);
  let pairs = 0;
  let broken = 0;
  for (let i = 0; i < bytes.length; i++) {
    const lead = bytes[i] ?? 0;
    if (lead < first) continue;
    if (i + 1 >= bytes.length) break;
    const second = bytes[i + 1] ?? 0;
    if (second < 0x40 || second === 0x7f || second === 0xff) broken++;
    counts[lead] = (counts[lead] ?? 0) + 1;
    pairs++;
    i++;
  }
  return { counts, pairs, broken };
}

const share = (counts: Uint32Array, from: number, to: number, of: number) =>
  counts.subarray(from, to + 1).reduce((sum, n) => sum + n, 0) / Math.max(1, of);

/** Chinese, Japanese, Korean: two octets for a character; null where they do not come in pairs. */
function eastAsian(bytes: Uint8Array, counts: Counts): string | null {
  // Both octets of EUC are above 127: no run of them is odd.
  if (counts.oddRuns * 20 <= counts.runs) {
    const { counts: by, pairs } = leads(bytes, 0xa1);
    if (share(by, 0xa4, 0xa5, pairs) > 0.3) return "euc-jp";
    // Hangul takes the rows from 0xb0 to 0xc8, Chinese the frequent half of its characters those to 0xd7.
    if (share(by, 0xb0, 0xc8, pairs) > 0.85) return "euc-kr";
    if (share(by, 0xb0, 0xd7, pairs) > 0.6) return "gb18030";
  }
  const japanese = leads(bytes, 0x81);
  // Kana of Shift_JIS begin with 0x82 and 0x83.
  if (japanese.broken === 0 && share(japanese.counts, 0x82, 0x83, japanese.pairs) > 0.3) return "shift_jis";
  const chinese = leads(bytes, 0xa1);
  // The frequent half of Big5, and its punctuation.
  const frequent =
    share(chinese.counts, 0xa4, 0xc6, chinese.pairs) + share(chinese.counts, 0xa1, 0xa1, chinese.pairs);
  return chinese.broken * 50 <= chinese.pairs && frequent > 0.8 ? "big5" : null;
}

/** One octet for a letter, most letters above 127. */
function alphabet(counts: Counts): string | null {
  const { high } = counts;
  if (between(counts, 0xc0, 0xff) < high * 0.9)
    return between(counts, 0xa1, 0xfb) > high * 0.98 ? "windows-874" : null;
  const [upper, lower] = [between(counts, 0xc0, 0xdf), between(counts, 0xe0, 0xff)];
  // Vowels with accents; where Cyrillic has letters that are rare or capital.
  const accents = between(counts, 0xdc, 0xdf) + between(counts, 0xfc, 0xfe);
  if (accents > high * 0.06 && between(counts, 0xdc, 0xdf) > high * 0.04 && lower > upper)
    return "windows-1253";
  // Hebrew has no capitals, and ends at 0xfa.
  if (upper === 0 && between(counts, 0xfb, 0xff) === 0) return "windows-1255";
  // Most letters are small, and the two have them in opposite halves.
  return upper > lower ? "koi8-u" : "windows-1251";
}

/** The WHATWG name of what `bytes` probably are; windows-1252 where nothing speaks against it. Never throws. */
export function guessCharset(bytes: Uint8Array): string {
  const sample = bytes.subarray(0, SAMPLE);
  const counts = count(sample);
  if (counts.high < FEWEST) return "windows-1252";
  if (counts.high > counts.letters * 0.4)
    return eastAsian(sample, counts) ?? alphabet(counts) ?? "windows-1252";
  // ı, ş, ğ and İ: letters of Turkish, where Western text has letters of Icelandic alone (which has á, í, ó and æ as well).
  const turkish = between(counts, 0xfd, 0xfe) + (counts.octets[0xf0] ?? 0) + (counts.octets[0xdd] ?? 0);
  const icelandic = [0xe1, 0xe6, 0xed, 0xf3, 0xfa].reduce(
    (sum, octet) => sum + (counts.octets[octet] ?? 0),
    0,
  );
  return turkish > counts.high * 0.4 && turkish > 3 * icelandic ? "windows-1254" : "windows-1252";
}
