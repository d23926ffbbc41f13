/** Writes to a terminal whose cursor and style it keeps track of, always by the shortest sequence. */
import { glyphBits } from "./frame.ts";
import type { StyleTable } from "./style.ts";

/** The first and last row of those that scroll, from 0; null where all do. */
export type Region = { readonly top: number; readonly bottom: number } | null;

/** A place on the screen, counted from 0, and a style. */
interface Spot {
  readonly row: number;
  readonly column: number;
  readonly style: number;
}

/** Where the terminal's cursor is and what style it writes in; -1 is not known. */
export interface PenState extends Spot {
  readonly region: Region;
  /** What the terminal keeps for us (DECSC). */
  readonly kept: Spot | null;
}

/** What is not known at the start and after anything else may have written to the terminal. */
export const unknownPen: PenState = { row: -1, column: -1, style: -1, region: null, kept: null };

export class Pen {
  readonly #styles: StyleTable;
  readonly #columns: number;
  #row: number;
  #column: number;
  #style: number;
  #region: Region;
  #kept: Spot | null;
  /** What has been written so far. */
  output = "";

  constructor(styles: StyleTable, columns: number, state: PenState) {
    this.#styles = styles;
    this.#columns = columns;
    this.#row = state.row;
    this.#column = state.column;
    this.#style = state.style;
    this.#region = state.region;
    this.#kept = state.kept;
  }

  get state(): PenState {
    return {
      row: this.#row,
      column: this.#column,
      style: this.#style,
      region: this.#region,
      kept: this.#kept,
    };
  }

  get style(): number {
    return this.#style;
  }

  /**
   * Moves the cursor; both counted from 0. `left` is what stands left of there, where it may as well be written again in
   * the style at hand: from the beginning of a row that is often the shorter way.
   */
  moveTo(row: number, column: number, left = ""): void {
    if (row === this.#row && column === this.#column) return;
    let best = `\x1b[${row === 0 ? "" : row + 1}${column === 0 ? "" : `;${column + 1}`}H`;
    const shorter = (bytes: string) => {
      if (bytes.length < best.length) best = bytes;
    };
    const down = row - this.#row;
    if (this.#row >= 0 && (down === 0 || this.#reaches(row))) {
      const vertical = down === 0 ? "" : counted(Math.abs(down), down > 0 ? "B" : "A");
      shorter(vertical + this.#along(column));
      // NEL never scrolls here: the row below is on the screen. An LF the line may turn into CR and LF.
      if (down > 0 && down <= 3) shorter("\x1bE".repeat(down) + (column === 0 ? "" : counted(column, "C")));
    }
    if (column > 0 && left.length === column) {
      const home = this.#copy();
      home.moveTo(row, 0);
      shorter(home.output + left);
    }
    this.output += best;
    this.#row = row;
    this.#column = column;
  }

  /** The shortest way to another column of this row. */
  #along(column: number): string {
    if (column === this.#column) return "";
    let best = column === 0 ? "\r" : counted(column + 1, "G");
    if (this.#column < 0) return best;
    const by = column - this.#column;
    const step = by > 0 ? counted(by, "C") : "\b".repeat(Math.min(-by, best.length));
    if (step.length < best.length) best = step;
    return best;
  }

  /** A move by rows gets there: it ends at the edge of what scrolls. */
  #reaches(row: number): boolean {
    const place = (y: number) =>
      !this.#region || y < this.#region.top ? 0 : y <= this.#region.bottom ? 1 : 2;
    return place(row) === place(this.#row);
  }

  setStyle(style: number): void {
    this.output +=
      this.#style < 0
        ? `\x1b[m\x1b]8;;\x1b\\${this.#styles.transition(0, style)}`
        : this.#styles.transition(this.#style, style);
    this.#style = style;
  }

  /**
   * Moves the cursor and sets the style, to where it will often go from now on: the terminal keeps the place (DECSC), and
   * leads back to it by two bytes (DECRC).
   */
  returnTo(row: number, column: number, style: number): void {
    const way = this.#copy();
    way.moveTo(row, column);
    way.setStyle(style);
    const kept = this.#kept;
    // A link is not among what the terminal keeps.
    const linked = this.#style >= 0 && this.#styles.get(this.#style).link !== "";
    if (kept?.row === row && kept.column <= column && !linked) {
      const back = this.#copy();
      back.output = "\x1b8";
      back.#row = kept.row;
      back.#column = kept.column;
      back.#style = kept.style;
      back.moveTo(row, column);
      back.setStyle(style);
      if (back.output.length < way.output.length) {
        this.#take(back);
        return;
      }
    }
    this.#take(way);
    // Not for what begins farther right: rows that come in there begin at different columns.
    if ((kept?.row === row && kept.column <= column) || this.#styles.get(style).link !== "") return;
    this.output += "\x1b7";
    this.#kept = { row, column, style };
  }

  #copy(): Pen {
    return new Pen(this.#styles, this.#columns, this.state);
  }

  /** Goes on from where a copy has gone. */
  #take(copy: Pen): void {
    this.output += copy.output;
    this.#row = copy.#row;
    this.#column = copy.#column;
    this.#style = copy.#style;
  }

  /** Writes one glyph that moves the cursor by `width`. */
  write(characters: string, width: number): void {
    this.output += characters;
    this.#column += width;
    // With automatic wrapping off the cursor stays on the last column: no relative move can start from there.
    if (this.#column >= this.#columns) this.#column = -1;
  }

  /** Bytes of escape sequences that move nothing and write nothing. */
  send(bytes: string): void {
    this.output += bytes;
  }

  /** The cell after an erase under the current style. */
  erased(): number {
    return (this.#styles.blank(this.#style) << glyphBits) | 0x20;
  }

  /** Lets these rows scroll (DECSTBM), which takes the cursor to the first row and column. */
  setRegion(region: Region): void {
    const parameters = region ? `${region.top === 0 ? "" : region.top + 1};${region.bottom + 1}` : "";
    this.output += `\x1b[${parameters}r`;
    this.#region = region;
    this.#row = 0;
    this.#column = 0;
  }

  get region(): Region {
    return this.#region;
  }

  /** After a sequence that leaves the cursor who knows where. */
  lose(): void {
    this.#row = -1;
    this.#column = -1;
  }
}

/** A sequence that does something `n` times. */
function counted(n: number, final: string): string {
  return `\x1b[${n === 1 ? "" : n}${final}`;
}
