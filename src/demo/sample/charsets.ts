// Text in the charsets of other people's mail. Node decodes them all and encodes none, so the tables are turned round.

const tables = new Map<string, Map<string, number[]>>();

/** Character to octets, for a charset of one or two octets to a character. */
function tableOf(charset: string): Map<string, number[]> {
  const known = tables.get(charset);
  if (known) return known;
  const table = new Map<string, number[]>();
  const decoder = new TextDecoder(charset);
  for (let octet = 0; octet < 256; octet++) {
    const character = decoder.decode(Buffer.of(octet));
    if (character !== "\ufffd") table.set(character, [octet]);
  }
  // Of GB 18030, GB 2312 is enough: it lies where EUC-JP does.
  const [lowLead, lowTrail] = charset === "shift_jis" ? [0x81, 0x40] : [0xa1, 0xa1];
  if (/^(shift_jis|euc-jp|gb18030)$/.test(charset))
    for (let lead = lowLead; lead < 0xff; lead++) {
      // All the pairs of one lead octet, each on a line, so that one that means nothing spoils no other.
      const row = Buffer.alloc(3 * (0xff - lowTrail), "\n");
      for (let trail = lowTrail; trail < 0xff; trail++) row.set([lead, trail], 3 * (trail - lowTrail));
      for (const [i, character] of decoder.decode(row).split("\n").entries())
        if (character.length === 1 && !table.has(character)) table.set(character, [lead, lowTrail + i]);
    }
  tables.set(charset, table);
  return table;
}

/** ISO-2022-JP is JIS X 0208 in seven bits between escape sequences (RFC 1468); EUC-JP has the same codes with the top bit set. */
function encodeIso2022Jp(text: string): Buffer {
  const table = tableOf("euc-jp");
  const out: number[] = [];
  let double = false;
  for (const character of text) {
    const code = table.get(character) ?? [63];
    if (double !== (code.length === 2)) {
      double = !double;
      out.push(0x1b, ...(double ? [0x24, 0x42] : [0x28, 0x42]));
    }
    out.push(...code.map((octet) => octet & 0x7f));
  }
  if (double) out.push(0x1b, 0x28, 0x42);
  return Buffer.from(out);
}

/** Text in a charset; a character that the charset has not becomes `?`. @throws RangeError for a charset Node does not know. */
export function encodeText(text: string, charset: string): Buffer {
  const name = charset.toLowerCase();
  if (name === "utf-8" || name === "us-ascii") return Buffer.from(text, "utf8");
  if (name === "iso-2022-jp")
    return text
      .split(/(?<=\n)/)
      .reduce((all, line) => Buffer.concat([all, encodeIso2022Jp(line)]), Buffer.alloc(0));
  const table = tableOf(name);
  return Buffer.from([...text].flatMap((character) => table.get(character) ?? [63]));
}
