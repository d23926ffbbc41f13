/**
 * The text of an RTF document (RTF 1.9.1), or the HTML that Outlook has wrapped in one (MS-OXRTFEX): a walk over its
 * tokens with a stack for groups; formatting is dropped.
 */
import { decodeBytes } from "../charset.ts";
import { trimEnd } from "../text.ts";

const MAX_DEPTH = 500;
const MAX_OUTPUT = 2 * 1024 * 1024;

const TOKEN =
  /\\(?:'([0-9a-fA-F]{2})|([a-zA-Z]{1,32})(-?\d{1,10})? ?|([^a-zA-Z]))|([{}])|[\r\n]+|([^\\{}\r\n]+)/gs;

/** Groups whose contents are not text. */
const SKIPPED = new Set(
  "fonttbl colortbl stylesheet info pict object header footer headerl headerr footerl footerr themedata colorschememapping datastore latentstyles listtable listoverridetable generator xmlnstbl rsidtbl mmathPr fldinst bkmkstart bkmkend nonshppict".split(
    " ",
  ),
);
const SIGNS: ReadonlyMap<string, string> = new Map([
  ["par", "\n"],
  ["line", "\n"],
  ["sect", "\n\n"],
  ["page", "\n\n"],
  ["row", "\n"],
  ["cell", "\t"],
  ["tab", "\t"],
  ["lquote", "‘"],
  ["rquote", "’"],
  ["ldblquote", "“"],
  ["rdblquote", "”"],
  ["bullet", "•"],
  ["endash", "–"],
  ["emdash", "—"],
  ["enspace", " "],
  ["emspace", " "],
]);

interface Group {
  skip: boolean;
  /** Of an HTML document: RTF that only repeats what the HTML says. */
  htmlRtf: boolean;
  /** Inside of \*\htmltag: markup. */
  tag: boolean;
  /** Characters that stand for a \u before them. */
  unicodeSkip: number;
}

class RtfReader {
  private out = "";
  private octets: number[] = [];
  private readonly groups: Group[] = [{ skip: false, htmlRtf: false, tag: false, unicodeSkip: 1 }];
  private charset = "windows-1252";
  isHtml = false;
  /** Characters still to be passed over after a \u. */
  private pending = 0;
  private starred = false;

  private get group(): Group {
    return this.groups.at(-1) ?? { skip: false, htmlRtf: false, tag: false, unicodeSkip: 1 };
  }

  private get silent(): boolean {
    const { skip, htmlRtf, tag } = this.group;
    return skip || (this.isHtml && htmlRtf && !tag);
  }

  read(rtf: string): string {
    for (const found of rtf.matchAll(TOKEN)) {
      if (this.out.length > MAX_OUTPUT) break;
      const [, hex, word, parameter, symbol, brace, text] = found;
      if (hex !== undefined) this.octet(Number.parseInt(hex, 16));
      else if (word !== undefined) this.word(word, parameter === undefined ? null : Number(parameter));
      else if (symbol !== undefined) this.symbol(symbol);
      else if (brace === "{") this.open();
      else if (brace === "}") this.close();
      else if (text !== undefined) this.text(text);
    }
    this.flush();
    return this.out;
  }

  private flush(): void {
    if (this.octets.length > 0) this.out += decodeBytes(Buffer.from(this.octets), this.charset);
    this.octets = [];
  }

  private put(text: string): void {
    this.flush();
    if (!this.silent) this.out += text;
  }

  private octet(value: number): void {
    if (this.pending > 0) this.pending--;
    else if (!this.silent) this.octets.push(value);
  }

  private open(): void {
    this.flush();
    this.starred = false;
    this.groups.push({ ...this.group });
    if (this.groups.length > MAX_DEPTH) this.group.skip = true;
  }

  private close(): void {
    this.flush();
    this.pending = 0;
    if (this.groups.length > 1) this.groups.pop();
  }

  private symbol(symbol: string): void {
    if (symbol === "*") this.starred = true;
    else if (symbol === "~") this.put("\u00a0");
    else if (symbol === "_") this.put("-");
    else if (symbol === "\n" || symbol === "\r") this.put("\n");
    else if (symbol === "\\" || symbol === "{" || symbol === "}") this.text(symbol);
  }

  private text(text: string): void {
    const rest = text.slice(this.pending);
    this.pending = Math.max(0, this.pending - text.length);
    if (rest === "" || this.silent) return;
    if (/[^\0-\x7f]/.test(rest)) for (const octet of Buffer.from(rest, "latin1")) this.octets.push(octet);
    else this.put(rest);
  }

  private word(word: string, parameter: number | null): void {
    const { group } = this;
    const starred = this.starred;
    this.starred = false;
    switch (word) {
      case "ansicpg":
        this.charset = `cp${parameter ?? 1252}`;
        return;
      case "fromhtml":
        this.isHtml = true;
        return;
      case "htmltag":
        group.tag = true;
        group.skip = false;
        return;
      case "mhtmltag":
        group.skip = true;
        return;
      case "htmlrtf":
        this.flush();
        group.htmlRtf = parameter !== 0;
        return;
      case "uc":
        group.unicodeSkip = Math.max(0, Math.min(10, parameter ?? 1));
        return;
      case "u":
        if (parameter !== null) this.put(String.fromCharCode(parameter & 0xffff));
        this.pending = group.unicodeSkip;
        return;
      case "bin":
        return;
    }
    if (starred || SKIPPED.has(word)) {
      group.skip = true;
      return;
    }
    const sign = SIGNS.get(word);
    if (sign !== undefined) this.put(sign);
  }
}

/** An RTF document as HTML where it wraps one, else as text. Never throws; bounded. */
export function readRtf(rtf: Buffer): { readonly html: boolean; readonly text: string } {
  const reader = new RtfReader();
  const text = reader.read(rtf.toString("latin1"));
  return { html: reader.isHtml, text: reader.isHtml ? text : trimEnd(text) };
}
