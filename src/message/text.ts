/** Plain text as a `Body`: quoting, flowed paragraphs, the signature, and addresses that can be followed. */
import { BodyBuilder, expandTabs, MAX_QUOTE } from "./body.ts";
import { QUOTED_SENDER } from "./htmlrules.ts";
import { atOnce, inTurns } from "./turns.ts";
import type { Body, Region, Span, SpanStyle } from "./types.ts";

export interface TextOptions {
  /** Content-Type said `format=flowed` (RFC 3676). */
  readonly flowed?: boolean;
  /** … and `delsp=yes`: the space before a soft break is not text. */
  readonly delSp?: boolean;
  /** Shown as it came: reports, logs, patches. */
  readonly pre?: boolean;
}

/** Empty lines kept in a row; more push the text off the screen. */
const MAX_BLANKS = 2;
const URL_START = /\b(?:https?:\/\/|ftp:\/\/|mailto:|www\.(?=[a-z0-9-]+\.))[^\s<>"\u00a0\u3000]+/gi;

/** Drops what ends a sentence rather than an address; a closing bracket stays if it was opened within. */
function trimUrl(url: string): string {
  let end = url.length;
  for (; end > 0; end--) {
    const last = url.charAt(end - 1);
    if (/[.,;:!?'*_、。，」』】）]/.test(last)) continue;
    const open = { ")": "(", "]": "[", "}": "{" }[last];
    if (open && !url.slice(0, end - 1).includes(open)) continue;
    break;
  }
  return url.slice(0, end);
}

/** Splits text at the addresses in it; each becomes a link of its own text. */
export function linkify(text: string, style: SpanStyle, builder: BodyBuilder): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (const found of text.matchAll(URL_START)) {
    const url = trimUrl(found[0].slice(0, 8192));
    // A bare scheme leads nowhere.
    if (/^[a-z]+:(?:\/\/)?$/i.test(url)) continue;
    const target = /^www\./i.test(url) ? `http://${url}` : url;
    if (found.index > from) spans.push({ text: text.slice(from, found.index), style, link: 0 });
    const link = builder.link(target);
    spans.push({ text: url, style: link ? "link" : style, link });
    from = found.index + url.length;
  }
  if (from < text.length) spans.push({ text: text.slice(from), style, link: 0 });
  return spans;
}

export interface Unquoted {
  readonly quote: number;
  readonly text: string;
}

/**
 * Leading ">" taken off and counted. Flowed text quotes with ">" alone (RFC 3676 §4.5); elsewhere "> >" is common
 * and a mailbox file's ">From " is no quote.
 */
export function unquote(line: string, flowed: boolean): Unquoted {
  if (!line.startsWith(">") || (!flowed && line.startsWith(">From "))) return { quote: 0, text: line };
  const marks = flowed ? /^>+/.exec(line) : /^>(?: ?>)*/.exec(line);
  const prefix = marks?.[0] ?? "";
  const quote = prefix.replaceAll(" ", "").length;
  const text = line.slice(prefix.length);
  return { quote: Math.min(quote, MAX_QUOTE), text: text.startsWith(" ") ? text.slice(1) : text };
}

/** Undoes space-stuffing and joins soft-broken lines of equal quote depth (RFC 3676 §4). */
export function unflow(lines: readonly string[], delSp: boolean): Unquoted[] {
  const out: Unquoted[] = [];
  let pieces: string[] = [];
  let depth = -1;
  const close = () => {
    if (depth >= 0) out.push({ quote: depth, text: pieces.join("") });
    pieces = [];
    depth = -1;
  };
  for (const line of lines) {
    const { quote, text } = unquote(line, true);
    // unquote has taken the stuffed space of quoted lines.
    const content = quote === 0 && text.startsWith(" ") ? text.slice(1) : text;
    const signature = content === "-- ";
    if (depth >= 0 && (depth !== quote || signature)) close();
    depth = quote;
    const soft = content.endsWith(" ") && !signature;
    pieces.push(soft && delSp ? content.slice(0, -1) : content);
    if (!soft) close();
  }
  close();
  return out;
}

/** "-----Original Message-----", "-------- Forwarded Message --------", and Outlook's line of underscores. */
const HISTORY = /^\s*(?:-{2,} ?[\p{L}][\p{L} .'-]{3,50}? ?-{2,}|_{30,})\s*$/u;
/** What a list manager puts below: a rule, and within a few lines where the list is to be found. */
const FOOTER_RULE = /^(?:_{20,}|-{20,}|={20,}|- -{18,}|-~(?:--)?[-~]{10,})\s*$/;
const FOOTER_WORDS =
  /(?:mailing list|mailman|listinfo|unsubscribe|to post to this|you (?:are receiv|receiv)|google groups|yahoo! groups|list-?archive|abbestell|abmeld)/i;
const FOOTER_REACH = 6;

/** Tells line by line what a plain text is made of (see `Region`). */
class Regions {
  private region: Region = "text";
  /** Within Base64 that no one reads. */
  private armour = false;
  private readonly lines: readonly Unquoted[];

  constructor(lines: readonly Unquoted[]) {
    this.lines = lines;
  }

  at(i: number): Region {
    const { quote, text } = this.lines[i] ?? { quote: 0, text: "" };
    if (quote > 0) {
      // An answer below the quote is the author's again; below an unmarked header it still belongs to that.
      if (this.region !== "history") this.region = "text";
      return this.region;
    }
    if (/^-----BEGIN PGP (?:SIGNATURE|MESSAGE)-----/.test(text)) this.armour = true;
    if (this.armour) {
      this.armour = !/^-----END PGP /.test(text);
      return "signature";
    }
    if (FOOTER_RULE.test(text) && this.footerFollows(i)) this.region = "footer";
    else if (HISTORY.test(text) && this.headerFollows(i)) this.region = "history";
    // RFC 3676 §4.3: "-- " on a line of its own begins the signature. Some senders lose the space.
    else if (this.region === "text" && (text === "-- " || text === "--")) this.region = "signature";
    return this.region;
  }

  private footerFollows(i: number): boolean {
    const next = this.lines.slice(i + 1, i + 1 + FOOTER_REACH);
    return next.some(({ quote, text }) => quote === 0 && FOOTER_WORDS.test(text.slice(0, 500)));
  }

  private headerFollows(i: number): boolean {
    const next = this.lines.slice(i + 1, i + 4).find(({ text }) => text.trim() !== "");
    return next !== undefined && QUOTED_SENDER.test(next.text.slice(0, 200));
  }
}

/** Without white space and zeros at the end. */
export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (text.charCodeAt(end - 1) === 0 || text.charAt(end - 1).trim() === "")) end--;
  return text.slice(0, end);
}

/** Whether a plain text holds OpenPGP armour (RFC 9580 §6–7), and of what kind; null where it holds none. */
export function inlinePgp(text: string): "signed" | "encrypted" | null {
  const kind = /^-----BEGIN PGP (SIGNED MESSAGE|MESSAGE)-----[ \t\r]*$/m.exec(text)?.[1];
  return kind === undefined ? null : kind === "MESSAGE" ? "encrypted" : "signed";
}

/** What stands before the words of a line: blanks, and what makes it an item of a list. */
const LEAD = /^ *(?:(?:[-*+•·–]|\(?\d{1,3}[.)]) {1,3}(?=\S))?/;

/** Lines of text between two chances of a pause. */
const STEP = 100;

function* steps(builder: BodyBuilder, text: string, options: TextOptions): Generator<void> {
  const lines = trimEnd(text)
    // A line end that was made CR LF twice is one.
    .replace(/\r+\n?/g, (end) => (end.endsWith("\n") ? "\n" : "\n".repeat(end.length)))
    .split("\n");
  if (options.pre) {
    for (const [i, line] of lines.entries()) {
      if (builder.full) return;
      builder.add(linkify(expandTabs(line.trimEnd()), "plain", builder), { pre: true });
      if (i % STEP === 0) yield;
    }
    return;
  }
  const unquoted = options.flowed
    ? unflow(lines, options.delSp ?? false)
    : lines.map((line) => unquote(line, false));
  const regions = new Regions(unquoted);
  let blanks = 0;
  for (const [i, { quote, text: content }] of unquoted.entries()) {
    if (builder.full) return;
    const region = regions.at(i);
    const style = quote === 0 && (region === "signature" || region === "footer") ? "muted" : "plain";
    const shown = expandTabs(content.trimEnd());
    blanks = shown === "" ? blanks + 1 : 0;
    if (blanks > MAX_BLANKS) continue;
    const hang = LEAD.exec(shown)?.[0].length ?? 0;
    builder.add(linkify(shown, style, builder), { quote, region, hang });
    if (i % STEP === 0) yield;
  }
}

/** Appends plain text, as sent, to a body. Never rejects. */
export function appendText(builder: BodyBuilder, text: string, options: TextOptions = {}): Promise<void> {
  return inTurns(steps(builder, text, options));
}

/** Plain text as a body of its own, at once. */
export function textToBody(text: string, options: TextOptions = {}): Body {
  const builder = new BodyBuilder();
  atOnce(steps(builder, text, options));
  return builder.build();
}
