/** What to send to a terminal that shows one frame so that it shows another: as few bytes as can be had cheaply. */
import { blankGlyph, type CellTable, type Frame, glyphBits, glyphMask, type Row } from "./frame.ts";
import { Pen, type PenState } from "./pen.ts";
import { type Scroll, scrollBetween, scrolled } from "./scroll.ts";

export interface Terminal {
  /** Erasing fills with the current background (terminfo `bce`); else with the default one. */
  readonly backColourErase: boolean;
  /** Rows may be moved by the terminal itself; not where pictures would move along. */
  readonly scrolls: boolean;
  /** Left and right margins can be set, so that a pane scrolls alone. */
  readonly margins: boolean;
}

export interface Difference {
  readonly bytes: string;
  readonly pen: PenState;
}

/** Equal cells between two changed ones that are cheaper rewritten than jumped over. */
const maxRewrittenGap = 4;
/** Blanks from which ECH and a move are cheaper than writing them. */
const minErasedBlanks = 11;
/** A move to a column up to this one may write what stands before it. */
const maxRewrittenLeft = 5;

/** The bytes from `before` to `after`; with `before` null the terminal is cleared and everything painted. */
export function difference(
  cells: CellTable,
  before: Frame | null,
  after: Frame,
  pen: PenState,
  terminal: Terminal,
): Difference {
  const painter = new Painter(cells, after.columns, terminal);
  let state = pen;
  let bytes = "";
  const take = (part: Pen) => {
    bytes += part.output;
    state = part.state;
  };
  if (!before) {
    const clear = new Pen(cells.styles, after.columns, state);
    clear.setStyle(0);
    clear.setRegion(null);
    clear.send("\x1b[2J");
    take(clear);
  } else if (!terminal.scrolls && pen.region) {
    const whole = new Pen(cells.styles, after.columns, state);
    whole.setRegion(null);
    take(whole);
  }
  const blank: Row = new Int32Array(after.columns).fill(blankGlyph);
  let old = before?.rows ?? after.rows.map(() => blank);
  const scroll = before && terminal.scrolls ? scrollBetween(old, after.rows, terminal.margins) : null;
  const cameIn = (y: number) =>
    scroll !== null &&
    y >= scroll.top &&
    y <= scroll.bottom &&
    (y + scroll.by > scroll.bottom || y + scroll.by < scroll.top);
  const onlyOne = scroll !== null && Math.abs(scroll.by) === 1;
  const paint = (y: number) => {
    const from = old[y]!;
    const to = after.rows[y]!;
    const first = from === to ? -1 : firstDifference(from, to);
    if (first >= 0) take(painter.row(y, from, to, first, state, onlyOne && cameIn(y)));
  };
  // The row that the cursor is in comes first: from nowhere else is it nearer.
  const near = pen.row;
  const apart =
    near >= 0 && near < after.rows.length && !(scroll && near >= scroll.top && near <= scroll.bottom);
  if (apart) paint(near);
  if (scroll) {
    take(painter.scroll(scroll, state));
    old = scrolled(old, scroll);
  }
  // What has come in is next, and the rows around the block are last: the next scroll begins there.
  for (let y = 0; y < after.rows.length; y++) if (cameIn(y)) paint(y);
  for (let y = 0; y < after.rows.length; y++) if (!cameIn(y) && (y !== near || !apart)) paint(y);
  return { bytes, pen: state };
}

/** The first column whose cells differ, or -1. */
function firstDifference(a: Row, b: Row): number {
  for (let x = 0; x < b.length; x++) if (a[x] !== b[x]) return x;
  return -1;
}

class Painter {
  readonly #cells: CellTable;
  readonly #columns: number;
  readonly #terminal: Terminal;

  constructor(cells: CellTable, columns: number, terminal: Terminal) {
    this.#cells = cells;
    this.#columns = columns;
    this.#terminal = terminal;
  }

  /** Moves a block of rows; what scrolls in is blank. */
  scroll({ top, bottom, left, right, by }: Scroll, state: PenState): Pen {
    const pen = new Pen(this.#cells.styles, this.#columns, state);
    const aside = left > 0 || right < this.#columns - 1;
    this.#setErasing(pen, 0);
    if (aside) pen.send(`\x1b[${left === 0 ? "" : left + 1};${right + 1}s`);
    // It stays: the next scroll is mostly one of the same rows.
    if (pen.region?.top !== top || pen.region.bottom !== bottom) pen.setRegion({ top, bottom });
    pen.send(`\x1b[${Math.abs(by) === 1 ? "" : Math.abs(by)}${by > 0 ? "S" : "T"}`);
    if (aside) {
      pen.send("\x1b[s");
      pen.lose();
    }
    return pen;
  }

  /** Paints one row that differs from column `first` on, in the cheaper of two ways; `again`: it will be painted often. */
  row(y: number, from: Row, to: Row, first: number, state: PenState, again: boolean): Pen {
    const changed = new Pen(this.#cells.styles, this.#columns, state);
    if (again) changed.returnTo(y, first, to[first]! >>> glyphBits);
    this.#paint(changed, y, from, to);

    // Erase what is right of the first difference, then write what is not blank: wins where much is blank.
    const erased = new Pen(this.#cells.styles, this.#columns, state);
    const last = to[this.#columns - 1]!;
    erased.moveTo(y, first);
    this.#setErasing(erased, isBlank(last) ? last >>> glyphBits : 0);
    erased.send("\x1b[K");
    const blank = from.slice();
    blank.fill(erased.erased(), first);
    this.#paint(erased, y, blank, to);
    return erased.output.length < changed.output.length ? erased : changed;
  }

  /** Sets a style under which erasing gives blanks of `style` if that can be had, else plain ones. */
  #setErasing(pen: Pen, style: number): void {
    const coloured = this.#terminal.backColourErase && this.#cells.styles.erasable(style);
    const wanted = coloured ? style : 0;
    if (pen.style < 0 || this.#cells.styles.blank(pen.style) !== wanted) pen.setStyle(wanted);
  }

  /** An erase can make this cell. */
  #canErase(cell: number): boolean {
    if (!isBlank(cell)) return false;
    const style = cell >>> glyphBits;
    return style === 0 || (this.#terminal.backColourErase && this.#cells.styles.erasable(style));
  }

  #paint(pen: Pen, y: number, known: Row, to: Row): void {
    const columns = this.#columns;
    const from = this.#trusted(known, to);
    // The blank end of the row: one erase, if anything in it differs.
    let end = columns;
    const tail = to[columns - 1]!;
    if (this.#canErase(tail)) while (end > 0 && to[end - 1] === tail) end--;
    let tailChange = end;
    while (tailChange < columns && from[tailChange] === to[tailChange]) tailChange++;

    let x = 0;
    while (x < end) {
      if (from[x] === to[x]) {
        x++;
        continue;
      }
      x = this.#run(pen, y, x, end, from, to);
    }
    if (tailChange < columns) {
      pen.moveTo(y, tailChange);
      this.#setErasing(pen, tail >>> glyphBits);
      pen.send("\x1b[K");
    }
  }

  /** `from`, but for what a newly written glyph of uncertain width may spill over: that is taken as unknown. */
  #trusted(from: Row, to: Row): Row {
    const spilling = to.findIndex((cell, x) => cell !== from[x] && this.#cells.uncertain(cell & glyphMask));
    return spilling < 0 ? from : from.slice().fill(-1, spilling);
  }

  /** What stands left of a column, where that can be written again in the pen's style: a few plain characters. */
  #left(pen: Pen, row: Row, column: number): string {
    if (column > maxRewrittenLeft || pen.style < 0) return "";
    let text = "";
    for (let x = 0; x < column; x++) {
      const glyph = row[x]! & glyphMask;
      const style = row[x]! >>> glyphBits;
      const fits =
        glyph === blankGlyph ? this.#cells.styles.blankFits(style, pen.style) : style === pen.style;
      if (!fits || glyph < blankGlyph || glyph > 0x7e) return "";
      text += this.#cells.glyph(glyph);
    }
    return text;
  }

  /** Writes a run of changed cells from `x`, over small gaps; returns the column after it. */
  #run(pen: Pen, y: number, start: number, end: number, from: Row, to: Row): number {
    const { styles } = this.#cells;
    let x = start;
    pen.moveTo(y, x, this.#left(pen, to, x));
    while (x < end) {
      if (from[x] === to[x]) {
        let gap = 1;
        while (gap <= maxRewrittenGap && x + gap < end && from[x + gap] === to[x + gap]) gap++;
        if (gap > maxRewrittenGap || x + gap >= end) return x;
      }
      const cell = to[x]!;
      const glyph = cell & glyphMask;
      const style = cell >>> glyphBits;
      if (glyph === blankGlyph) {
        // Up to the last that is not blank yet.
        let blanks = 1;
        for (let next = x + 1; next < end && to[next] === cell; next++)
          if (from[next] !== cell) blanks = next - x + 1;
        if (blanks >= minErasedBlanks && this.#canErase(cell)) {
          this.#setErasing(pen, style);
          pen.send(`\x1b[${blanks}X`);
          return x + blanks;
        }
        if (pen.style < 0 || !styles.blankFits(style, pen.style)) pen.setStyle(style);
        pen.write(" ", 1);
        x++;
        continue;
      }
      let width = 1;
      while (x + width < to.length && (to[x + width]! & glyphMask) === 0) width++;
      if (style !== pen.style) pen.setStyle(style);
      if (this.#cells.uncertain(glyph)) {
        // Clear its cells first, and say afterwards where we are: however wide the terminal draws it, the damage ends here.
        // On the last column the cursor stays: no counting back from there.
        const back = x + width < to.length ? "\b".repeat(width) : `\x1b[${x + 1}G`;
        if (width > 1) pen.write(" ".repeat(width) + back, 0);
        pen.write(this.#cells.glyph(glyph), width);
        if (x + width < to.length) pen.send(`\x1b[${x + width + 1}G`);
      } else pen.write(this.#cells.glyph(glyph), width);
      x += width;
    }
    return x;
  }
}

function isBlank(cell: number): boolean {
  return (cell & glyphMask) === blankGlyph;
}
