/**
 * The screen as Ink's `stdout`: takes whole frames, sends the terminal what differs. One frame per turn of the event
 * loop; while the line is full, frames wait and only the newest is drawn.
 */
import { EventEmitter } from "node:events";
import { writeSync } from "node:fs";
import { difference } from "./diff.ts";
import { CellTable, type Frame } from "./frame.ts";
import { Pen, type PenState, unknownPen } from "./pen.ts";

/** What a terminal's output stream must have: a `tty.WriteStream`, or a test's stand-in. */
export interface TerminalStream extends NodeJS.EventEmitter {
  readonly columns?: number;
  readonly rows?: number;
  /** Where present, the last bytes are written to it directly, even while the process ends. */
  readonly fd?: number;
  readonly writableNeedDrain?: boolean;
  write(data: string): boolean;
}

export interface ScreenOutputOptions {
  /** Brackets larger updates in CSI ? 2026 h/l, so that a terminal that knows it never shows half a frame. */
  readonly syncUpdates?: boolean;
  /** Erasing fills with the current background; by default true but for GNU screen. */
  readonly backColourErase?: boolean;
  /** Asks the terminal to report the mouse (CSI ? 1000 and 1006 h); it then no longer selects text by itself. */
  readonly mouse?: boolean;
}

/** Updates up to this many bytes arrive in one packet: nothing to bracket. */
const minSyncBytes = 400;
const fallback = { columns: 80, rows: 24 };

export class ScreenOutput extends EventEmitter {
  /** Ink sends cursor sequences of its own to what it takes for a terminal. */
  readonly isTTY = false;
  /** Bytes sent to the terminal so far. */
  bytesWritten = 0;
  readonly #stream: TerminalStream;
  readonly #syncUpdates: boolean;
  readonly #backColourErase: boolean;
  readonly #mouse: boolean;
  #cells = new CellTable();
  #active = false;
  /** The newest frame as Ink wrote it, and what of frames the terminal shows (null: not known). */
  #wanted: string | null = null;
  #shown: Frame | null = null;
  #pen: PenState = unknownPen;
  #cursor: { readonly row: number; readonly column: number } | null = null;
  #cursorShown = false;
  #scheduled = false;
  #waiting = false;

  constructor(stream: TerminalStream, options: ScreenOutputOptions = {}) {
    super();
    this.#stream = stream;
    this.#syncUpdates = options.syncUpdates ?? false;
    this.#mouse = options.mouse ?? false;
    this.#backColourErase = options.backColourErase ?? !/^screen/.test(process.env.TERM ?? "");
  }

  get columns(): number {
    return this.#stream.columns || fallback.columns;
  }

  get rows(): number {
    return this.#stream.rows || fallback.rows;
  }

  /** Takes a frame: lines separated by LF, styled by SGR and OSC 8. Drawn at the end of this turn of the event loop. */
  write(frame: string): boolean {
    this.#wanted = frame;
    this.#schedule();
    return true;
  }

  /** Shows the terminal's cursor at a cell, counted from 0, from the next frame on; null hides it. */
  setCursor(position: { readonly row: number; readonly column: number } | null): void {
    this.#cursor = position;
    this.#schedule();
  }

  /** Paints everything anew: something else may have written to the terminal. */
  repaint(): void {
    this.#shown = null;
    this.#pen = unknownPen;
    this.#schedule();
  }

  /** Takes the terminal: alternate screen, no wrapping, no cursor, bracketed paste. Does nothing when done already. */
  enter(): void {
    if (this.#active) return;
    this.#active = true;
    this.#cursorShown = false;
    this.#stream.on("resize", this.#resized);
    this.#send(`\x1b[?1049h\x1b[?2004h\x1b[?7l\x1b[?25l\x1b[r${this.#mouse ? "\x1b[?1000h\x1b[?1006h" : ""}`);
    this.repaint();
  }

  /**
   * Gives the terminal back as it was, at once even where the process is ending. Does nothing when done already.
   * `CSI 3 J` is never sent: what the person had scrolled off stays theirs.
   */
  leave(): void {
    if (!this.#active) return;
    this.#active = false;
    this.#stream.off("resize", this.#resized);
    this.#stream.off("drain", this.#drained);
    this.#waiting = false;
    if (this.#mouse) this.#sendNow("\x1b[?1006l\x1b[?1000l");
    this.#sendNow("\x1b[m\x1b]8;;\x1b\\\x1b[r\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l");
  }

  /** Sends an escape sequence of ours that draws nothing: a title, a bell, a copy to the clipboard (OSC 52). */
  sendControl(bytes: string): void {
    if (this.#active) this.#send(bytes);
  }

  readonly #resized = (): void => {
    this.repaint();
    this.emit("resize");
  };

  readonly #drained = (): void => {
    this.#waiting = false;
    this.#schedule();
  };

  #schedule(): void {
    if (this.#scheduled || this.#waiting || !this.#active) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (!this.#active || this.#wanted === null || this.#waiting) return;
    if (this.#stream.writableNeedDrain) {
      this.#waiting = true;
      this.#stream.once("drain", this.#drained);
      return;
    }
    const { columns, rows } = this;
    if (this.#cells.full) {
      this.#cells = new CellTable();
      this.#shown = null;
    }
    const sameSize = this.#shown?.columns === columns && this.#shown.rows.length === rows;
    const frame = this.#cells.parse(this.#wanted, columns, rows);
    const { bytes, pen } = difference(this.#cells, sameSize ? this.#shown : null, frame, this.#pen, {
      backColourErase: this.#backColourErase,
    });
    this.#shown = frame;
    this.#pen = pen;
    const update = bytes + this.#cursorUpdate(columns);
    if (update === "") return;
    this.#send(
      this.#syncUpdates && update.length > minSyncBytes ? `\x1b[?2026h${update}\x1b[?2026l` : update,
    );
  }

  #cursorUpdate(columns: number): string {
    if (!this.#cursor) {
      if (!this.#cursorShown) return "";
      this.#cursorShown = false;
      return "\x1b[?25l";
    }
    const pen = new Pen(this.#cells.styles, columns, this.#pen);
    pen.moveTo(
      Math.max(0, Math.min(this.#cursor.row, this.rows - 1)),
      Math.max(0, Math.min(this.#cursor.column, columns - 1)),
    );
    if (!this.#cursorShown) pen.send("\x1b[?25h");
    this.#cursorShown = true;
    this.#pen = pen.state;
    return pen.output;
  }

  #send(bytes: string): void {
    this.bytesWritten += Buffer.byteLength(bytes);
    this.#stream.write(bytes);
  }

  /** The stream may be full and the process about to end: straight to the file, for as long as that is sensible. */
  #sendNow(bytes: string): void {
    const { fd } = this.#stream;
    if (fd === undefined) {
      this.#send(bytes);
      return;
    }
    const data = Buffer.from(bytes);
    const end = Date.now() + 500;
    for (let sent = 0; sent < data.length && Date.now() < end; ) {
      try {
        sent += writeSync(fd, data, sent);
      } catch (error) {
        // EAGAIN: the line is full, try again. Anything else: the terminal is gone, and nothing is left to restore.
        if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return;
      }
    }
    this.bytesWritten += data.length;
  }
}
