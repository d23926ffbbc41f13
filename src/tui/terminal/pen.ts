/** Writes to a terminal whose cursor and style it keeps track of, always by the shortest sequence. */
import { glyphBits } from "./frame.ts";
import type { StyleTable } from "./style.ts";

/** Where the terminal's cursor is and what style it writes in; -1 is not known. */
export interface PenState {
  readonly row: number;
  readonly column: number;
  readonly style: number;
}

/** What is not known at the start and after anything else may have written to the terminal. */
export const unknownPen: PenState = { row: -1, column: -1, style: -1 };

export class Pen {
  readonly #styles: StyleTable;
  readonly #columns: number;
  #row: number;
  #column: number;
  #style: number;
  /** What has been written so far. */
  output = "";

  constructor(styles: StyleTable, columns: number, state: PenState) {
    this.#styles = styles;
    this.#columns = columns;
    this.#row = state.row;
    this.#column = state.column;
    this.#style = state.style;
  }

  get state(): PenState {
    return { row: this.#row, column: this.#column, style: this.#style };
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
    const count = (n: number, final: string) => `\x1b[${n === 1 ? "" : n}${final}`;
    if (row === this.#row) {
      if (column === 0) shorter("\r");
      shorter(count(column + 1, "G"));
      if (this.#column >= 0 && column > this.#column) shorter(count(column - this.#column, "C"));
      if (column < this.#column && this.#column - column <= 3) shorter("\b".repeat(this.#column - column));
    } else if (this.#row >= 0 && row > this.#row) {
      // NEL never scrolls here: the row below is on the screen. An LF the line may turn into CR and LF.
      if (column === 0 && row - this.#row <= 3) shorter("\x1bE".repeat(row - this.#row));
      if (column === this.#column) shorter(count(row - this.#row, "B"));
    } else if (this.#row >= 0 && column === this.#column) shorter(count(this.#row - row, "A"));
    if (column > 0 && left.length === column) {
      const home = new Pen(this.#styles, this.#columns, this.state);
      home.moveTo(row, 0);
      shorter(home.output + left);
    }
    this.output += best;
    this.#row = row;
    this.#column = column;
  }

  setStyle(style: number): void {
    this.output +=
      this.#style < 0
        ? `\x1b[m\x1b]8;;\x1b\\${this.#styles.transition(0, style)}`
        : this.#styles.transition(this.#style, style);
    this.#style = style;
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

  /** After a sequence that takes the cursor to the first row and column. */
  home(): void {
    this.#row = 0;
    this.#column = 0;
  }

  /** After a sequence that leaves the cursor who knows where. */
  lose(): void {
    this.#row = -1;
    this.#column = -1;
  }
}
