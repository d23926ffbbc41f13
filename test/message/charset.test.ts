import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanLabel, decodeBytes } from "../../src/message/charset.ts";

const hex = (s: string) => Buffer.from(s.replaceAll(" ", ""), "hex");

const samples: [label: string, bytes: string, text: string][] = [
  ["iso-8859-1", "47 72 fc df 65", "Grüße"],
  ["iso8859-1", "e9", "é"],
  ["iso-8859-2", "b3 f3 64 bc", "łódź"],
  ["iso-8859-15", "a4 31", "€1"],
  ["cp1252", "93 61 94", "“a”"],
  ["windows-1251", "cf f0 e8 e2 e5 f2", "Привет"],
  ["koi8-r", "f0 d2 c9 d7 c5 d4", "Привет"],
  ["koi8_r", "f0", "П"],
  ["gbk", "c4 e3 ba c3", "你好"],
  ["x-gbk", "c4 e3", "你"],
  ["gb2312", "c4 e3 81 30 84 36", "你¥".replace("¥", "\u00a5")],
  ["gb18030", "c4 e3", "你"],
  ["big5", "a7 41 a6 6e", "你好"],
  ["euc-kr", "be c8 b3 e7", "안녕"],
  ["ks_c_5601-1987", "be c8", "안"],
  ["shift_jis", "93 fa 96 7b", "日本"],
  ["euc-jp", "c6 fc cb dc", "日本"],
  ["iso-2022-jp", "1b 24 42 46 7c 4b 5c 1b 28 42", "日本"],
  ["utf-16", "fe ff 00 41 20 ac", "A€"],
  ["utf-16le", "41 00 ac 20", "A€"],
  ["utf-16", "41 00 42 00", "AB"],
  ["utf-7", "48 69 20 2b 41 4f 51 2d 21 20 2b 2d", "Hi ä! +"],
  ["unicode-1-1-utf-7", "2b 41 4f 51 2d", "ä"],
  ["utf8", "e2 82 ac", "€"],
  ["UTF-8", "ef bb bf 61", "a"],
];
for (const [label, bytes, text] of samples) {
  test(`${label} ${bytes}`, () => assert.equal(decodeBytes(hex(bytes), label), text));
}

test("labels that say nothing let the bytes decide", () => {
  for (const label of [
    null,
    "",
    "unknown-8bit",
    "x-unknown",
    "us-ascii",
    "ANSI_X3.4-1968",
    "default_charset",
    "fakescii",
  ]) {
    assert.equal(cleanLabel(label), null, String(label));
    assert.equal(decodeBytes(Buffer.from("Grüße €"), label), "Grüße €");
    assert.equal(decodeBytes(hex("47 72 fc df 65 93"), label), "Grüße“");
    assert.equal(decodeBytes(hex("1b 24 42 46 7c 4b 5c 1b 28 42"), label), "日本");
  }
});

test("labels that lie are found out", () => {
  assert.equal(decodeBytes(Buffer.from("Grüße"), "iso-8859-1"), "Grüße");
  assert.equal(decodeBytes(hex("47 72 fc df 65"), "utf-8"), "Grüße");
  assert.equal(decodeBytes(Buffer.from("日本語"), "big5"), "日本語");
});

test("damage stays small: one bad octet is one replacement", () => {
  const damaged = Buffer.concat([Buffer.from("müde öde "), hex("ff"), Buffer.from(" Übung")]);
  assert.equal(decodeBytes(damaged, "utf-8"), "müde öde \ufffd Übung");
});

/** Legacy text, by what each pair of octets stands for. */
function encoder(label: string): (text: string) => Buffer {
  const decoder = new TextDecoder(label, { fatal: true });
  const codes = new Map<string, number[]>();
  const learn = (octets: number[]) => {
    try {
      const text = decoder.decode(Buffer.from(octets));
      if (!codes.has(text)) codes.set(text, octets);
    } catch {
      // No character.
    }
  };
  for (let a = 0; a < 256; a++) learn([a]);
  for (let a = 0x81; a < 0xff; a++) for (let b = 0x40; b < 0xff; b++) learn([a, b]);
  return (text) => Buffer.from([...text].flatMap((c) => codes.get(c) ?? assert.fail(`${c} in ${label}`)));
}

test("text that names no charset is read as what it looks like", () => {
  for (const [label, text] of [
    ["windows-1251", "Съешь же ещё этих мягких французских булок, да выпей чаю"],
    ["koi8-u", "Съешь же ещё этих мягких французских булок, да выпей чаю"],
    ["windows-1253", "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία, και όλα τα άλλα"],
    ["windows-1255", "דג סקרן שט בים מאוכזב ולפתע מצא לו חברה"],
    ["windows-874", "เป็นมนุษย์สุดประเสริฐเลิศคุณค่า กว่าบรรดาฝูงสัตว์เดรัจฉาน"],
    ["windows-1254", "Pijamalı hasta yağız şoföre çabucak güvendi, sıcak ışık altında"],
    ["euc-kr", "다람쥐 헌 쳇바퀴에 타고파, 그래서 오늘도 달린다"],
    ["gb18030", "我们都是中国人，今天天气很好，大家一起去公园玩"],
    ["big5", "我們都是好朋友，今天天氣很好，大家一起去公園玩"],
    ["shift_jis", "いろはにほへと ちりぬるを わかよたれそ つねならむ"],
    ["euc-jp", "いろはにほへと ちりぬるを わかよたれそ つねならむ"],
    ["windows-1252", "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich"],
    ["windows-1252", "Kæmi ný öxi hér, ykist þjófum nú bæði víl og ádrepa"],
    [
      "windows-1252",
      "Portez ce vieux whisky au juge blond qui fume, là-bas où l'été dérive près de la forêt",
    ],
  ] as const)
    assert.equal(decodeBytes(encoder(label)(text), null), text, label);
});
