/**
 * HTML as a `Body`. A walker over htmlparser2's events with a stack of its own: no tree is built and nothing recurses,
 * so depth costs nothing. Nothing is fetched: of an image there is its description, of a link its address.
 */
import { Parser } from "htmlparser2";
import { BodyBuilder, expandTabs } from "./body.ts";
import { isHidden, linkTarget, zeroFont } from "./htmlrules.ts";
import { alignColumns, CELL_GAP } from "./table.ts";
import type { Body, Span, SpanStyle } from "./types.ts";

/** Elements whose contents are not text of the message. */
const DROPPED = new Set(
  "title style script template svg math object applet audio video canvas iframe select textarea datalist map".split(
    " ",
  ),
);
const VOID = new Set("area base br col embed hr img input link meta param source track wbr".split(" "));
/** Elements that begin and end a line; those in PARAGRAPHS have an empty line around them as well. */
const BLOCKS = new Set(
  "address article aside body center dd details dialog div dl dt fieldset figcaption figure footer form header html legend li main nav section summary tr table thead tbody tfoot caption".split(
    " ",
  ),
);
const PARAGRAPHS = new Set("p h1 h2 h3 h4 h5 h6 ul ol blockquote pre hr".split(" "));
const STYLES: ReadonlyMap<string, SpanStyle> = new Map([
  ["b", "bold"],
  ["strong", "bold"],
  ["th", "bold"],
  ["i", "italic"],
  ["em", "italic"],
  ["cite", "italic"],
  ["var", "italic"],
  ["code", "code"],
  ["tt", "code"],
  ["kbd", "code"],
  ["samp", "code"],
  ["h1", "heading"],
  ["h2", "heading"],
  ["h3", "heading"],
  ["h4", "heading"],
  ["h5", "heading"],
  ["h6", "heading"],
]);
/** Fillers that keep a preview line empty. Joiners are letters' business, but not after white space. */
const INVISIBLE = /[\u00ad\u200b\u2060\ufeff]|\u034f/g;
const STRAY_JOINERS = /(?<=\s)[\u200c\u200d]+/g;
/** The ideographic space is not among them: it indents paragraphs. */
const SPACES = /[ \t\n\r\f\u00a0\u2007\u2028\u2029]+/g;
const RULE = "─".repeat(24);

interface Open {
  readonly name: string;
  readonly hidden: boolean;
  readonly zeroFont: boolean;
  readonly style: SpanStyle;
  readonly pre: boolean;
  readonly quote: number;
}

const OUTSIDE: Open = { name: "", hidden: false, zeroFont: false, style: "plain", pre: false, quote: 0 };

interface List {
  /** Number of the next item; null for bullets. */
  next: number | null;
}

interface Table {
  readonly firstLine: number;
  /** Another table or a list stands in it: a frame for layout, not data. */
  layout: boolean;
}

interface Link {
  readonly target: string;
  readonly number: number;
  text: string;
  /** A picture without description stands in it: all there is to see of some links. */
  picture: boolean;
}

class HtmlWalker {
  private readonly builder: BodyBuilder;
  private readonly stack: Open[] = [];
  private readonly lists: List[] = [];
  private readonly tables: Table[] = [];
  private top: Open = OUTSIDE;
  private spans: Span[] = [];
  /** White space that is to be written before the next text, unless a line begins there. */
  private space = false;
  private blankDue = false;
  private link: Link | null = null;
  private marker = "";
  private hang = 0;
  private shape = { quote: 0, pre: false };

  constructor(builder: BodyBuilder) {
    this.builder = builder;
  }

  get depth(): number {
    return this.stack.length;
  }

  open(name: string, attributes: Record<string, string>): void {
    const up = this.top;
    const style = attributes.style ?? "";
    const hidden = up.hidden || DROPPED.has(name) || isHidden(attributes);
    if (name === "img" || VOID.has(name)) {
      if (!hidden && !up.zeroFont) this.leaf(name, attributes);
      else if (!hidden && (name === "br" || name === "img")) this.leaf(name, attributes);
      return;
    }
    // Some clients indent with blockquote; those say that it has no border.
    const quotes = name === "blockquote" && !/border\s*:\s*(?:none|0)|border-left-width\s*:\s*0/i.test(style);
    const next: Open = {
      name,
      hidden,
      zeroFont: zeroFont(style) ?? up.zeroFont,
      style:
        STYLES.get(name) ??
        (up.style === "plain" && /font-weight\s*:\s*(?:bold|[6-9]00)/i.test(style) ? "bold" : up.style),
      pre: up.pre || name === "pre" || name === "listing" || name === "xmp",
      quote: up.quote + (quotes ? 1 : 0),
    };
    if (!hidden) this.begin(name, attributes);
    this.stack.push(next);
    this.top = next;
  }

  private begin(name: string, attributes: Record<string, string>): void {
    if (PARAGRAPHS.has(name) && !(this.lists.length > 0 && (name === "ul" || name === "ol")))
      this.breakParagraph();
    else if (BLOCKS.has(name) || PARAGRAPHS.has(name)) this.breakLine();
    switch (name) {
      case "a":
        this.openLink(attributes.href ?? "");
        break;
      case "ul":
      case "ol": {
        const start = Number.parseInt(attributes.start ?? "1", 10);
        this.lists.push({ next: name === "ul" ? null : Number.isSafeInteger(start) ? start : 1 });
        this.markLayout();
        break;
      }
      case "li":
        this.item();
        break;
      case "table":
        this.markLayout();
        this.tables.push({ firstLine: this.builder.lines.length, layout: false });
        break;
      case "td":
      case "th":
        this.cell();
        break;
      case "dd":
        this.marker = "  ";
        this.hang = 2;
        break;
      case "q":
        this.text("“");
        break;
    }
  }

  close(name: string): void {
    const open = this.top;
    // The parser closes what it opened, in order; void elements were never put on the stack.
    if (open.name !== name || VOID.has(name)) return;
    this.stack.pop();
    if (!open.hidden) this.end(name);
    this.top = this.stack.at(-1) ?? OUTSIDE;
  }

  private end(name: string): void {
    if (name === "a") this.closeLink();
    else if (name === "q") this.text("”");
    else if (name === "td" || name === "th") this.space = true;
    if (BLOCKS.has(name) || PARAGRAPHS.has(name)) this.breakLine();
    if (name === "ul" || name === "ol") this.lists.pop();
    if (name === "li" || name === "dd" || name === "ul" || name === "ol") {
      this.marker = "";
      this.hang = Math.max(0, this.lists.length - 1) * 2;
    }
    if (name === "table") {
      const table = this.tables.pop();
      if (table && !table.layout) alignColumns(this.builder.lines, table.firstLine);
    }
    if (PARAGRAPHS.has(name) && this.lists.length === 0) this.blankDue = true;
  }

  private leaf(name: string, attributes: Record<string, string>): void {
    if (name === "br") {
      if (this.spans.length === 0 && !this.top.pre) this.blankDue = true;
      else this.flush();
    } else if (name === "hr") {
      this.breakParagraph();
      this.write(RULE, "muted");
      this.breakParagraph();
    } else if (name === "img" && !isHidden(attributes)) {
      const alt = (attributes.alt ?? "").replace(/\s+/g, " ").trim();
      const tiny =
        /^[01](?:px)?$/.test(attributes.width ?? "") || /^[01](?:px)?$/.test(attributes.height ?? "");
      if (alt && !tiny) this.text(`[${alt}]`, true);
      else if (this.link && !tiny) this.link.picture = true;
    }
  }

  text(data: string, always = false): void {
    if (this.top.hidden || (this.top.zeroFont && !always)) return;
    if (this.top.pre) {
      for (const [i, line] of data.split("\n").entries()) {
        if (i > 0) this.flush();
        if (line) this.write(expandTabs(line.replace(/\r/g, "")), this.top.style);
      }
      return;
    }
    const collapsed = data.replace(INVISIBLE, "").replace(STRAY_JOINERS, "").replace(SPACES, " ");
    const trimmed = collapsed.trim();
    if (collapsed.startsWith(" ")) this.space = true;
    if (trimmed === "") return;
    this.write(trimmed, this.top.style);
    this.space = collapsed.endsWith(" ");
  }

  private write(text: string, style: SpanStyle): void {
    if (this.spans.length === 0) {
      this.shape = { quote: this.top.quote, pre: this.top.pre };
      if (this.blankDue) this.builder.addBlank(this.top.quote);
      this.blankDue = false;
      const indent = this.marker || " ".repeat(this.hang);
      if (indent) this.spans.push({ text: indent, style: "plain", link: 0 });
      this.marker = "";
    } else if (this.space && !this.top.pre) this.put(" ", style);
    this.space = false;
    this.put(text, this.link?.number ? "link" : style);
    if (this.link && this.link.text.length < 4096) this.link.text += text;
  }

  private put(text: string, style: SpanStyle): void {
    const link = this.link?.number ?? 0;
    const last = this.spans.at(-1);
    if (last && last.style === style && last.link === link && last.text !== CELL_GAP) {
      this.spans[this.spans.length - 1] = { ...last, text: last.text + text };
    } else this.spans.push({ text, style, link });
  }

  /** Ends the line; in preformatted text also an empty one. */
  private flush(): void {
    this.space = false;
    while (this.spans.at(-1)?.text === CELL_GAP) this.spans.pop();
    if (this.spans.length === 0) {
      if (this.top.pre) this.builder.add([], { quote: this.top.quote, pre: true });
      return;
    }
    this.builder.add(this.spans, { ...this.shape, hang: this.hang });
    this.spans = [];
  }

  private breakLine(): void {
    if (this.spans.length > 0) this.flush();
    this.space = false;
  }

  private breakParagraph(): void {
    this.breakLine();
    // The first paragraph of an item stands beside its bullet.
    if (!this.marker) this.blankDue = true;
  }

  private item(): void {
    const list = this.lists.at(-1);
    const number = list?.next ?? null;
    const bullet = number === null ? "• " : `${number}. `;
    if (list && number !== null) list.next = number + 1;
    this.marker = " ".repeat(Math.min(20, Math.max(0, this.lists.length - 1) * 2)) + bullet;
    this.hang = this.marker.length;
  }

  private markLayout(): void {
    const table = this.tables.at(-1);
    if (table) table.layout = true;
  }

  private cell(): void {
    if (this.spans.length === 0) return;
    this.spans.push({ text: CELL_GAP, style: "plain", link: 0 });
    this.space = false;
  }

  private openLink(href: string): void {
    if (this.link) this.closeLink();
    const target = linkTarget(href);
    // Numbered when it has text, so that the numbers follow the text.
    if (target) this.link = { target, number: this.builder.link(target), text: "", picture: false };
  }

  /** A number after the link, unless its text already is the address. */
  private closeLink(): void {
    if (this.link?.picture && this.link.text === "") this.text("[image]", true);
    const link = this.link;
    this.link = null;
    if (!link?.number || link.text === "") return;
    const bare = (s: string) => s.replace(/^(?:https?:\/\/|mailto:)/i, "").replace(/\/$/, "");
    if (bare(link.text) === bare(link.target)) return;
    const mark: Span = { text: `[${link.number}]`, style: "muted", link: link.number };
    if (this.spans.length > 0) this.spans.push(mark);
    else this.builder.appendToLast(mark);
  }

  finish(): void {
    this.closeLink();
    this.breakLine();
  }
}

const SLICE = 16 * 1024;
/** The parser's own stack costs its depth at every tag, so HTML nested deeper goes on with a fresh parser. */
const MAX_DEPTH = 8000;

/** Appends HTML to a body: what a reader would see of it, as lines. Never throws; bounded by `MAX_TEXT`. */
export function appendHtml(builder: BodyBuilder, html: string): void {
  const walker = new HtmlWalker(builder);
  const newParser = () =>
    new Parser({
      onopentag: (name, attributes) => walker.open(name, attributes),
      onclosetag: (name) => walker.close(name),
      ontext: (data) => walker.text(data),
    });
  let parser = newParser();
  // In slices, so that what lies beyond a bound is not even parsed.
  for (let at = 0; at < html.length && !builder.full; at += SLICE) {
    parser.write(html.slice(at, at + SLICE));
    if (walker.depth > MAX_DEPTH) {
      parser.end();
      parser = newParser();
    }
  }
  parser.end();
  walker.finish();
}

/** HTML as a body of its own. */
export function htmlToBody(html: string): Body {
  const builder = new BodyBuilder();
  appendHtml(builder, html);
  return builder.build();
}
