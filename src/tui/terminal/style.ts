/** Styles of cells as small numbers, and the shortest SGR sequences between them (ECMA-48 §8.3.117, OSC 8 links). */

export const attribute = {
  bold: 1,
  dim: 2,
  italic: 4,
  underline: 8,
  inverse: 16,
  strike: 32,
} as const;

export interface Style {
  /** Parameters of a colour as SGR writes them (`31`, `38;5;208`); empty for the terminal's own. */
  readonly foreground: string;
  readonly background: string;
  /** Bits of `attribute`. */
  readonly attributes: number;
  /** Target of an OSC 8 link; empty for none. */
  readonly link: string;
}

/** Number of styles a table can hold: cells keep 10 bits for them. */
export const maxStyles = 1024;
const maxLinkLength = 2000;

const plain: Style = { foreground: "", background: "", attributes: 0, link: "" };
const onCodes: readonly [bit: number, code: number, off: number][] = [
  [attribute.bold, 1, 22],
  [attribute.dim, 2, 22],
  [attribute.italic, 3, 23],
  [attribute.underline, 4, 24],
  [attribute.inverse, 7, 27],
  [attribute.strike, 9, 29],
];

/** Interns styles; number 0 is the plain one. */
export class StyleTable {
  readonly #styles: Style[] = [plain];
  readonly #numbers = new Map<string, number>([[keyOf(plain), 0]]);
  readonly #blanks: number[] = [];
  readonly #transitions = new Map<number, string>();
  readonly #sgr = new Map<string, number>();

  get size(): number {
    return this.#styles.length;
  }

  get(style: number): Style {
    return this.#styles[style] ?? plain;
  }

  /** The number of a style; 0 (plain) where the table is full. */
  intern(style: Style): number {
    const key = keyOf(style);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#styles.length >= maxStyles) return 0;
    this.#numbers.set(key, this.#styles.length);
    return this.#styles.push(style) - 1;
  }

  /** `style` after the SGR sequence with these parameters (the text between `CSI` and `m`). */
  applySgr(style: number, parameters: string): number {
    const key = `${style};${parameters}`;
    let next = this.#sgr.get(key);
    if (next === undefined) {
      next = this.intern(applied(this.get(style), parameters));
      if (this.#sgr.size > 4 * maxStyles) this.#sgr.clear();
      this.#sgr.set(key, next);
    }
    return next;
  }

  /** `style` with another link target; anything but printable ASCII of a sane length is no link. */
  applyLink(style: number, target: string): number {
    const safe = target.length <= maxLinkLength && /^[\x21-\x7e]*$/.test(target);
    return this.intern({ ...this.get(style), link: safe ? target : "" });
  }

  /** The style a blank cell is kept under: what cannot be seen on a blank is left out, so that blanks compare equal. */
  blank(style: number): number {
    let blank = this.#blanks[style];
    if (blank === undefined) {
      const s = this.get(style);
      const seen = s.attributes & (attribute.underline | attribute.inverse | attribute.strike);
      blank = seen || s.link ? style : this.intern({ ...plain, background: s.background });
      this.#blanks[style] = blank;
    }
    return blank;
  }

  /** A blank of this style is what an erase under its background leaves. */
  erasable(style: number): boolean {
    const s = this.get(style);
    return s.attributes === 0 && s.foreground === "" && s.link === "";
  }

  /** A blank kept as `blank` looks right when written with the pen set to `pen`. */
  blankFits(blank: number, pen: number): boolean {
    return blank === pen || blank === this.blank(pen);
  }

  /** What to send to go from one style to another. */
  transition(from: number, to: number): string {
    if (from === to) return "";
    const key = from * maxStyles + to;
    let bytes = this.#transitions.get(key);
    if (bytes === undefined) {
      bytes = sgrBetween(this.get(from), this.get(to));
      this.#transitions.set(key, bytes);
    }
    return bytes;
  }
}

function keyOf(style: Style): string {
  return `${style.attributes}|${style.foreground}|${style.background}|${style.link}`;
}

function applied(style: Style, parameters: string): Style {
  let { foreground, background, attributes } = style;
  const codes = parameters === "" ? ["0"] : parameters.split(/[;:]/);
  for (let i = 0; i < codes.length; i++) {
    const code = Number(codes[i] || "0");
    const on = onCodes.find(([, set]) => set === code);
    if (code === 0) [foreground, background, attributes] = ["", "", 0];
    else if (on) attributes |= on[0];
    else if (code === 38 || code === 48) {
      const length = codes[i + 1] === "5" ? 3 : codes[i + 1] === "2" ? 5 : 1;
      const colour = codes.slice(i, i + length);
      i += length - 1;
      if (length === 1 || colour.length < length || !colour.every((n) => /^\d{1,3}$/.test(n))) continue;
      if (code === 38) foreground = colour.join(";");
      else background = colour.join(";");
    } else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) foreground = String(code);
    else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) background = String(code);
    else if (code === 39) foreground = "";
    else if (code === 49) background = "";
    else for (const [bit, , off] of onCodes) if (off === code) attributes &= ~bit;
  }
  return { foreground, background, attributes, link: style.link };
}

function sgrBetween(from: Style, to: Style): string {
  const link = from.link === to.link ? "" : `\x1b]8;;${to.link}\x1b\\`;
  const all: string[] = [];
  for (const [bit, code] of onCodes) if (to.attributes & bit) all.push(String(code));
  if (to.foreground) all.push(to.foreground);
  if (to.background) all.push(to.background);
  if (all.length === 0) {
    const isPlain = from.attributes === 0 && from.foreground === "" && from.background === "";
    return isPlain ? link : `${link}\x1b[m`;
  }
  // Bold and dim share one "off" (22): what must stay of the two is set again after it.
  const step: string[] = [];
  const lost = from.attributes & ~to.attributes;
  let present = from.attributes;
  for (const [bit, , off] of onCodes)
    if (lost & bit && present & bit) {
      step.push(String(off));
      for (const [other, , shared] of onCodes) if (shared === off) present &= ~other;
    }
  for (const [bit, code] of onCodes) if (to.attributes & bit && !(present & bit)) step.push(String(code));
  if (from.foreground !== to.foreground) step.push(to.foreground || "39");
  if (from.background !== to.background) step.push(to.background || "49");
  if (step.length === 0) return link;
  const changed = step.join(";");
  const fresh = `;${all.join(";")}`;
  return `${link}\x1b[${changed.length <= fresh.length ? changed : fresh}m`;
}
