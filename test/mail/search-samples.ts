/** Mail to be searched: charsets, encodings, HTML, enclosed messages and attachments, each with words of its own. */
import { decodeBytes } from "../../src/message/index.ts";
import { sampleMessage } from "../servers/messages.ts";

/** Text in a charset that Node only decodes: found by decoding every code it may have. */
export function encode(text: string, charset: string): Buffer {
  if (charset === "utf-8") return Buffer.from(text);
  const codes = codesOf(charset === "iso-2022-jp" ? "euc-jp" : charset);
  const bytes = [...text].map((c) => {
    const code = c.charCodeAt(0) < 0x80 ? [c.charCodeAt(0)] : codes.get(c);
    if (!code) throw new Error(`${charset} has no ${c}`);
    return Buffer.from(code);
  });
  if (charset !== "iso-2022-jp") return Buffer.concat(bytes);
  // The rows and cells of EUC-JP between escapes (RFC 1468).
  const out: Buffer[] = [];
  let wide = false;
  for (const code of bytes) {
    if (code.length > 1 !== wide) {
      wide = !wide;
      out.push(Buffer.from(wide ? "\x1b$B" : "\x1b(B"));
    }
    out.push(wide ? Buffer.from(code.map((octet) => octet & 0x7f)) : code);
  }
  if (wide) out.push(Buffer.from("\x1b(B"));
  return Buffer.concat(out);
}

const tables = new Map<string, Map<string, number[]>>();

function codesOf(charset: string): Map<string, number[]> {
  const known = tables.get(charset);
  if (known) return known;
  const decoder = new TextDecoder(charset);
  // Node 20 takes windows-1252 for Latin-1.
  const decode = (bytes: Uint8Array) =>
    charset === "windows-1252" ? decodeBytes(bytes, charset) : decoder.decode(bytes);
  const table = new Map<string, number[]>();
  const add = (code: number[]) => {
    const text = decode(Uint8Array.from(code));
    if ([...text].length === 1 && text !== "\ufffd" && !table.has(text)) table.set(text, code);
  };
  for (let a = 0x80; a < 0x100; a++) add([a]);
  for (let a = 0x81; a < 0xff; a++) for (let b = 0x40; b < 0xff; b++) add([a, b]);
  tables.set(charset, table);
  return table;
}

const word = (text: string, charset: string, encoding: "B" | "Q" = "B") => {
  const bytes = encode(text, charset);
  const coded =
    encoding === "B"
      ? bytes.toString("base64")
      : [...bytes].map((b) => `=${b.toString(16).toUpperCase().padStart(2, "0")}`).join("");
  return `=?${charset}?${encoding}?${coded}?=`;
};

/** A header and one part. */
function single(
  n: number,
  head: { subject: string; from?: string; headers?: string[] },
  type: string,
  encoding: "7bit" | "8bit" | "base64" | "quoted-printable",
  body: Buffer,
): Buffer {
  const coded =
    encoding === "base64"
      ? Buffer.from(body.toString("base64").replace(/.{76}(?=.)/g, "$&\r\n"))
      : encoding === "quoted-printable"
        ? Buffer.from(quotedPrintable(body))
        : body;
  const lines = [
    `Date: Thu, 01 Jan 2026 10:${String(n).padStart(2, "0")}:00 +0000`,
    `From: ${head.from ?? "Ada Sample <ada@example.org>"}`,
    "To: user@example.org",
    `Subject: ${head.subject}`,
    `Message-ID: <search.${n}@example.org>`,
    ...(head.headers ?? []),
    "MIME-Version: 1.0",
    `Content-Type: ${type}`,
    `Content-Transfer-Encoding: ${encoding}`,
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), coded, Buffer.from("\r\n")]);
}

function quotedPrintable(bytes: Buffer): string {
  let out = "";
  let column = 0;
  for (const byte of bytes) {
    const piece =
      byte === 10 || byte === 13
        ? String.fromCharCode(byte)
        : byte < 32 || byte > 126 || byte === 61
          ? `=${byte.toString(16).toUpperCase().padStart(2, "0")}`
          : String.fromCharCode(byte);
    if (byte === 10) column = 0;
    else if (column + piece.length > 70) {
      out += "=\r\n";
      column = 0;
    }
    out += piece;
    column += byte === 10 ? 0 : piece.length;
  }
  return out;
}

const plain = (charset: string) => `text/plain; charset=${charset}`;
const html = `<html><head><title>Ledger</title><style>.pump{color:red}</style></head><body>
<h1>Quarterly fig<b>ures</b></h1><p>The b&ouml;iler is b&#228;dly in need of rep<!-- note -->air.</p>
<table><tr><td>Valve</td><td>Gasket</td></tr></table><img src="x" alt="Chart of steam"></body></html>`;

/** In the order of their UIDs, from 1 on. */
export const searchMail: readonly Buffer[] = [
  single(
    1,
    {
      subject: "Engine room",
      headers: ["List-Id: Lighthouse keepers <keepers.example.org>", "X-Priority: 1"],
    },
    plain("us-ascii"),
    "7bit",
    Buffer.from("The engine room hums.\r\nA lighthouse keeper writes\r\nof storms and of oil."),
  ),
  single(
    2,
    {
      subject: word("Grüße aus Köln", "iso-8859-1", "Q"),
      from: `${word("Jörg Müller", "iso-8859-1", "Q")} <joerg@example.net>`,
    },
    plain("iso-8859-1"),
    "quoted-printable",
    encode("Der Leuchtturmwärter grüßt; das Öl ist alle. Ein naïver Plan.", "iso-8859-1"),
  ),
  single(
    3,
    { subject: word("Маяк горит", "koi8-r") },
    plain("koi8-r"),
    "base64",
    encode("Привет, капитан! Маяк горит, масла нет.", "koi8-r"),
  ),
  single(
    4,
    { subject: word("灯台の件", "iso-2022-jp") },
    plain("iso-2022-jp"),
    "7bit",
    encode("灯台の機関室で火事です。至急 engine を止めてください。", "iso-2022-jp"),
  ),
  single(
    5,
    { subject: word("灯塔报告", "gb18030") },
    plain("gb18030"),
    "8bit",
    encode("灯塔的发动机房需要修理。", "gb18030"),
  ),
  single(
    6,
    { subject: word("등대 보고서", "euc-kr") },
    plain("euc-kr"),
    "base64",
    encode("등대지기가 기름을 기다립니다.", "euc-kr"),
  ),
  single(
    7,
    { subject: word("機関室", "shift_jis") },
    plain("shift_jis"),
    "8bit",
    encode("蒸気のポンプを直した。", "shift_jis"),
  ),
  single(
    8,
    { subject: "Figures" },
    "text/html; charset=utf-8",
    "quoted-printable",
    Buffer.from(html.replaceAll("\n", "\r\n")),
  ),
  sampleMessage({
    n: 9,
    subject: "Both forms",
    body: "Turbine and propeller in plain words.",
    html: "<p>Turbine and <i>propeller</i> in marked words.</p>",
  }),
  sampleMessage({
    n: 10,
    subject: "Invoice",
    body: "See the attached invoice.",
    attachmentBytes: 2_000,
    attachmentName: "Rechnung-2024.pdf",
  }),
  single(
    11,
    { subject: "Fwd: wreck" },
    "message/rfc822",
    "7bit",
    Buffer.from(
      "From: Eve Inner <eve@example.com>\r\nSubject: Inner wreckage\r\n\r\nAn enclosed salvage report.",
    ),
  ),
  single(
    12,
    { subject: word("Café “menu”", "windows-1252") },
    plain("windows-1252"),
    "8bit",
    encode("Prix: 100 € — “déjà vu”", "windows-1252"),
  ),
  single(
    13,
    { subject: "=?utf-8?Q?Two_?= =?utf-8?Q?halves_joined?=" },
    plain("utf-8"),
    "8bit",
    Buffer.from("ΑΒΓ δελτα. Ťažký žeriav. Ångström."),
  ),
  single(
    14,
    {
      subject: "Copies",
      headers: ["Cc: Bob Carbon <bob@example.com>", "Bcc: Carol Blind <carol@example.com>"],
    },
    plain("utf-8"),
    "7bit",
    Buffer.from("Nothing of note."),
  ),
  single(15, { subject: "Tides" }, plain("utf-8"), "7bit", Buffer.from("High water at noon.")),
  single(
    16,
    { subject: "Re: Tides", headers: ["In-Reply-To: <search.15@example.org>"] },
    plain("utf-8"),
    "7bit",
    Buffer.from("Low water at six."),
  ),
  single(
    17,
    {
      subject: "Re: Tides",
      headers: ["References: <search.15@example.org> <search.16@example.org>"],
    },
    plain("utf-8"),
    "7bit",
    Buffer.from("Then we sail at noon."),
  ),
];
