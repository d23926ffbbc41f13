/**
 * HTML as a `Body`. A walker over htmlparser2's events with a stack of its own: no tree is built and nothing recurses,
 * so depth costs nothing. Nothing is fetched: of an image there is its description, of a link its address.
 */
import { Parser } from "htmlparser2";
import { BodyBuilder, expandTabs, type LineShape } from "./body.ts";
import { dropBarePictures, joinPictures, picture } from "./htmlpictures.ts";
import {
  type Attributes,
  fontSize,
  hiddenClasses,
  isHidden,
  isQuote,
  itemNumber,
  linkTarget,
  opensHistory,
  QUOTED_SENDER,
  regionOf,
  styleOf,
} from "./htmlrules.ts";
import { CELL_GAP, endsInParagraph, OpenTable } from "./htmltable.ts";
import { linkWarning } from "./links.ts";
import { isStruck, STRUCK_MARK } from "./struck.ts";
import { atOnce, inTurns } from "./turns.ts";
import type { Body, Region, Span, SpanStyle } from "./types.ts";

const names = (list: string) => new Set(list.split(" "));
/** Elements whose contents are not text of the message. */
const DROPPED = names(
  "title style script template svg math object applet audio video canvas iframe select textarea datalist map rp",
);
const VOID = names("area base br col embed hr img input link meta param source track wbr");
/** Elements that begin and end a line; those in PARAGRAPHS have an empty line around them as well. */
const BLOCKS = names(
  "address article aside body center dd details dialog div dl dt fieldset figcaption figure footer form header html legend li main nav section summary tr table thead tbody tfoot caption",
);
const PARAGRAPHS = names("p h1 h2 h3 h4 h5 h6 ul ol blockquote pre hr");
/** What a table of data never holds. */
const NOT_IN_DATA = names("ul ol dl h1 h2 h3 h4 h5 h6 blockquote pre hr");
/** Fillers that keep a preview line empty, and zeros (HTML has them ignored). Joiners are letters' business, but not after white space. */
const INVISIBLE = /[\0\u00ad\u200b\u2060\ufeff]|\u034f/g;
const STRAY_JOINERS = /(?<=\s)[\u200c\u200d]+/g;
/** The ideographic space is not among them: it indents paragraphs. */
const SPACES = /[ \t\n\r\f\u00a0\u2007\u2028\u2029]+/g;
const RULE = "─".repeat(24);
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

interface Open {
  readonly name: string;
  readonly hidden: boolean;
  readonly size: "none" | "text" | "headline";
  readonly style: SpanStyle;
  readonly struck: boolean;
  readonly pre: boolean;
  readonly quote: number;
  readonly region: Region;
  readonly heading: number;
}

const OUTSIDE: Open = {
  name: "",
  hidden: false,
  size: "text",
  style: "plain",
  struck: false,
  pre: false,
  quote: 0,
  region: "text",
  heading: 0,
};

interface List {
  /** Number of the next item; null for bullets. */
  next: number | null;
  readonly type: string;
}

interface Link {
  readonly target: string;
  readonly number: number;
  text: string;
  /** A picture without description stands in it, all there is to see of some links: in words. */
  picture: string;
}

class HtmlWalker {
  private readonly builder: BodyBuilder;
  private readonly stack: Open[] = [];
  private readonly lists: List[] = [];
  private readonly tables: OpenTable[] = [];
  private top: Open = OUTSIDE;
  private spans: Span[] = [];
  /** White space that is to be written before the next text, unless a line begins there. */
  private space = false;
  private blankDue = false;
  private link: Link | null = null;
  private marker = "";
  private hang = 0;
  /** What this line ends with is struck out. */
  private striking = false;
  private lastHeadline = false;
  private shape = { quote: 0, pre: false, region: OUTSIDE.region, heading: 0 };
  /** Style sheets as they come, and the classes they hide. */
  private css = "";
  private readonly hiddenClasses = new Set<string>();
  /** The next words decide whether an unmarked quote begins; then how deep in the stack each such quote ends. */
  private historyDue = false;
  private readonly histories: number[] = [];
  /** Lines from this on are this text's own. */
  private readonly firstLine: number;

  constructor(builder: BodyBuilder) {
    this.builder = builder;
    this.firstLine = builder.lines.length;
  }

  /** Text as large as a headline, in an element that is none. */
  private get headline(): boolean {
    return this.top.size === "headline" && this.top.heading === 0 && !this.top.pre;
  }

  get depth(): number {
    return this.stack.length;
  }

  private hides(attributes: Attributes): boolean {
    if (isHidden(attributes)) return true;
    if (this.hiddenClasses.size === 0 || attributes.class === undefined) return false;
    return attributes.class.split(/\s+/, 20).some((name) => this.hiddenClasses.has(name));
  }

  open(name: string, attributes: Attributes): void {
    const up = this.top;
    const style = attributes.style ?? "";
    const hidden = up.hidden || DROPPED.has(name) || this.hides(attributes);
    if (name === "img" || VOID.has(name)) {
      if (!hidden && (up.size !== "none" || name === "br" || name === "img")) this.leaf(name, attributes);
      return;
    }
    const size = fontSize(style) ?? up.size;
    const heading = /^h[1-6]$/.test(name) ? Number(name.charAt(1)) : up.heading;
    const next: Open = {
      name,
      hidden,
      size,
      style: styleOf(name, style, up.style),
      struck: up.struck || isStruck(name, attributes),
      pre: up.pre || name === "pre" || name === "listing" || name === "xmp",
      quote: up.quote + (isQuote(name, attributes) ? 1 : 0),
      region: regionOf(attributes) ?? up.region,
      heading,
    };
    if (!hidden) this.begin(name, attributes);
    this.stack.push(next);
    this.top = next;
  }

  private begin(name: string, attributes: Attributes): void {
    if (NOT_IN_DATA.has(name)) this.tables.at(-1)?.spill(this.builder);
    if (PARAGRAPHS.has(name) && !(this.lists.length > 0 && (name === "ul" || name === "ol")))
      this.breakParagraph();
    else if (BLOCKS.has(name) || PARAGRAPHS.has(name)) this.breakLine();
    if (opensHistory(name, attributes)) this.historyDue = true;
    switch (name) {
      case "a":
        this.openLink(attributes.href ?? "");
        break;
      case "ul":
      case "ol": {
        const start = Number.parseInt(attributes.start ?? "1", 10);
        const next = name === "ul" ? null : Number.isSafeInteger(start) ? start : 1;
        this.lists.push({ next, type: attributes.type ?? "1" });
        break;
      }
      case "li":
        this.item(attributes.value);
        break;
      case "table": {
        const outer = this.tables.at(-1);
        if (outer) outer.spill(this.builder);
        this.tables.push(new OpenTable(attributes));
        break;
      }
      case "tr":
        this.tables.at(-1)?.openRow();
        break;
      case "td":
      case "th":
        this.cell(name, attributes);
        break;
      case "dd":
        this.marker = "  ";
        this.hang = 2;
        break;
      case "q":
        this.text("“");
        break;
      case "rt":
        this.text("(");
        break;
    }
  }

  close(name: string): void {
    const open = this.top;
    // The parser closes what it opened, in order; void elements were never put on the stack.
    if (open.name !== name || VOID.has(name)) return;
    if (name === "style") {
      for (const hidden of hiddenClasses(this.css)) this.hiddenClasses.add(hidden);
      this.css = "";
    }
    this.stack.pop();
    if (!open.hidden) this.end(name);
    this.top = this.stack.at(-1) ?? OUTSIDE;
    if (!this.top.struck) this.endStruck();
    while ((this.histories.at(-1) ?? 0) > this.stack.length) this.histories.pop();
  }

  private end(name: string): void {
    if (name === "a") this.closeLink();
    else if (name === "q") this.text("”");
    else if (name === "rt") this.text(")");
    if (BLOCKS.has(name) || PARAGRAPHS.has(name)) this.breakLine();
    if (name === "td" || name === "th") this.endCell();
    if (name === "ul" || name === "ol") this.lists.pop();
    if (name === "li" || name === "dd" || name === "ul" || name === "ol") {
      this.marker = "";
      this.hang = Math.max(0, this.lists.length - 1) * 2;
    }
    if (name === "table") this.endTable();
    if (PARAGRAPHS.has(name) && this.lists.length === 0) this.blankDue = true;
  }

  private leaf(name: string, attributes: Attributes): void {
    if (name === "br") {
      if (this.spans.length === 0 && !this.top.pre) this.blankDue = true;
      else this.flush();
    } else if (name === "hr") {
      this.tables.at(-1)?.spill(this.builder);
      this.breakParagraph();
      this.write(RULE, "muted");
      this.breakParagraph();
    } else if (name === "img") {
      const shown = picture(attributes);
      if (shown?.words) {
        const { words, linked: _, ...image } = shown;
        if (words === shown.alt) this.text(words, true);
        else this.write(words, "muted", this.builder.image(image));
      } else if (shown && this.link) this.link.picture ||= shown.linked;
    }
  }

  text(data: string, always = false): void {
    if (this.top.name === "style") this.css += data.slice(0, 64 * 1024);
    if (this.top.hidden || (this.top.size === "none" && !always)) return;
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
    if (this.historyDue) this.beginHistory(trimmed);
    const raised = this.top.name === "sup" && /^\d+$/.test(trimmed);
    const style = this.headline && this.top.style !== "code" ? "heading" : this.top.style;
    this.write(raised ? trimmed.replace(/\d/g, (d) => SUPERSCRIPTS.charAt(Number(d))) : trimmed, style);
    this.space = collapsed.endsWith(" ");
  }

  /** All that follows, to the end of what holds it, is the message that was answered. */
  private beginHistory(text: string): void {
    this.historyDue = false;
    if (!QUOTED_SENDER.test(text)) return;
    const holder = this.stack.findLastIndex(
      ({ name }) => name === "blockquote" || name === "body" || name === "html",
    );
    this.histories.push(holder + 1);
  }

  private write(text: string, style: SpanStyle, image = 0): void {
    if (this.spans.length === 0) {
      const { quote, pre, region, heading } = this.top;
      // Headlines of several lines stand together.
      if (this.headline && !this.lastHeadline && !this.marker && this.hang === 0) this.blankDue = true;
      this.lastHeadline = this.headline;
      this.shape = { quote: quote + this.histories.length, pre, region, heading };
      const indent = this.marker || " ".repeat(this.hang);
      if (indent) this.spans.push({ text: indent, style: "plain", link: 0 });
      this.marker = "";
    } else if (this.space && !this.top.pre) this.put(" ", style);
    if (this.link && this.link.text.length < 4096) this.link.text += (this.space ? " " : "") + text;
    this.space = false;
    if (this.top.struck && !this.striking) this.putMark();
    this.striking = this.top.struck;
    if (image > 0) this.spans.push({ text, style, link: this.link?.number ?? 0, image });
    else this.put(text, this.link?.number ? "link" : style);
  }

  private put(text: string, style: SpanStyle): void {
    const link = this.link?.number ?? 0;
    const last = this.spans.at(-1);
    const struck = this.striking ? "text" : undefined;
    const joins = last && last.style === style && last.link === link && last.text !== CELL_GAP;
    if (joins && last.image === undefined && last.struck === struck)
      this.spans[this.spans.length - 1] = { ...last, text: last.text + text };
    else this.spans.push({ text, style, link, ...(struck && { struck }) });
  }

  private putMark(): void {
    this.spans.push({ text: STRUCK_MARK, style: "muted", link: 0, struck: "mark" });
  }

  private endStruck(): void {
    if (this.striking && this.spans.length > 0) this.putMark();
    this.striking = false;
  }

  /** Ends the line; in preformatted text also an empty one. */
  private flush(): void {
    this.endStruck();
    this.space = false;
    if (this.link) this.link.text += " ";
    while (this.spans.at(-1)?.text === CELL_GAP) this.spans.pop();
    if (this.spans.length > 0) this.emit(this.spans, { ...this.shape, hang: this.hang });
    else if (this.top.pre) this.emit([], { quote: this.top.quote + this.histories.length, pre: true });
    this.spans = [];
  }

  private emit(spans: readonly Span[], shape: LineShape): void {
    const table = this.tables.at(-1);
    if (table?.takes) table.add(spans, shape, this.blankDue);
    else {
      if (this.blankDue) this.builder.addBlank(shape.quote ?? 0);
      this.builder.add(spans, shape);
    }
    this.blankDue = false;
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

  private item(value: string | undefined): void {
    const list = this.lists.at(-1);
    if (list && list.next !== null && value !== undefined && /^\d{1,6}$/.test(value))
      list.next = Number(value);
    const number = list?.next ?? null;
    const bullet = number === null ? "• " : `${itemNumber(number, list?.type ?? "1")}. `;
    if (list && number !== null) list.next = number + 1;
    this.marker = " ".repeat(Math.min(20, Math.max(0, this.lists.length - 1) * 2)) + bullet;
    this.hang = this.marker.length;
  }

  private cell(name: string, attributes: Attributes): void {
    const table = this.tables.at(-1);
    table?.openCell(name, attributes);
    if (table?.takes) {
      this.breakLine();
      return;
    }
    if (this.spans.length === 0) return;
    this.spans.push({ text: CELL_GAP, style: "plain", link: 0 });
    this.space = false;
  }

  private endCell(): void {
    const table = this.tables.at(-1);
    if (table?.takes) {
      this.breakLine();
      table.closeCell();
      if (table.full) table.spill(this.builder);
    } else {
      this.space = true;
      if (this.spans.length === 0 && endsInParagraph(this.builder)) this.blankDue = true;
    }
  }

  private endTable(): void {
    const table = this.tables.pop();
    const { quote, region } = this.top;
    if (this.blankDue) this.builder.addBlank(quote + this.histories.length);
    if (table?.finish(this.builder, { quote: quote + this.histories.length, region })) this.blankDue = true;
  }

  private openLink(href: string): void {
    if (this.link) this.closeLink();
    const target = linkTarget(href);
    // Numbered when it has text, so that the numbers follow the text.
    if (target) this.link = { target, number: this.builder.link(target), text: "", picture: "" };
  }

  /** A number after the link, unless its text already is the address; and what is wrong with the address. */
  private closeLink(): void {
    if (this.link?.picture && this.link.text.trim() === "")
      this.write(this.link.picture, "muted", this.bareImage());
    const link = this.link;
    this.link = null;
    const text = link?.text.trim();
    if (!link?.number || !text) return;
    const bare = (s: string) => s.replace(/^(?:https?:\/\/|mailto:)/i, "").replace(/\/$/, "");
    if (bare(text) === bare(link.target)) return;
    this.after({ text: `[${link.number}]`, style: "muted", link: link.number });
    const warning = linkWarning(text, link.target, link.number);
    if (!warning) return;
    this.builder.warn(warning);
    this.after({ text: ` (leads to ${warning.actual})`, style: "warning", link: 0 });
  }

  private bareImage(): number {
    return this.builder.image({ alt: "", width: null, height: null, contentId: null });
  }

  /** Puts a span behind the last word, whether its line has ended or not. */
  private after(span: Span): void {
    const table = this.tables.at(-1);
    if (this.spans.length > 0) this.spans.push(span);
    else if (table?.takes) table.appendToLast(span);
    else this.builder.appendToLast(span);
  }

  finish(): void {
    this.closeLink();
    this.breakLine();
    for (let table = this.tables.pop(); table; table = this.tables.pop()) table.spill(this.builder);
    dropBarePictures(this.builder, this.firstLine);
    joinPictures(this.builder, this.firstLine);
  }
}

const SLICE = 16 * 1024;
/** The parser's own stack costs its depth at every tag, so HTML nested deeper goes on with a fresh parser. */
const MAX_DEPTH = 8000;

/** Converts slice by slice: what lies beyond a bound is not even parsed, and others may have their turn between. */
function* slices(builder: BodyBuilder, html: string): Generator<void> {
  const walker = new HtmlWalker(builder);
  const newParser = () =>
    new Parser({
      onopentag: (name, attributes) => walker.open(name, attributes),
      onclosetag: (name) => walker.close(name),
      ontext: (data) => walker.text(data),
    });
  let parser = newParser();
  for (let at = 0; at < html.length && !builder.full; at += SLICE) {
    parser.write(html.slice(at, at + SLICE));
    if (walker.depth > MAX_DEPTH) {
      parser.end();
      parser = newParser();
    }
    yield;
  }
  parser.end();
  walker.finish();
}

/** Appends HTML to a body: what a reader would see of it, as lines. Never rejects; bounded by `MAX_TEXT`. */
export function appendHtml(builder: BodyBuilder, html: string): Promise<void> {
  return inTurns(slices(builder, html));
}

/** HTML as a body of its own, at once. */
export function htmlToBody(html: string): Body {
  const builder = new BodyBuilder();
  atOnce(slices(builder, html));
  return builder.build();
}
