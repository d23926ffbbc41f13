/**
 * The screen as Ink's `stdout`: takes whole frames, sends the terminal what differs. One frame per turn of the event
 * loop; while the line is full, frames wait and only the newest is drawn.
 */
import { EventEmitter } from "node:events";
import { writeSync } from "node:fs";
import {
  abilitiesAnswer,
  abilitiesQuery,
  mayAskForAbilities,
  noAbilities,
  tellKeys,
  tellKeysAsBefore,
} from "./abilities.ts";
import { difference } from "./diff.ts";
import { CellTable, type Frame } from "./frame.ts";
import {
  type Placement,
  type Protocol,
  placeIterm,
  placeKitty,
  placeSixel,
  removeKitty,
  sendKitty,
  type TerminalImage,
} from "./graphics.ts";
import { Pen, type PenState, unknownPen } from "./pen.ts";
import { Slots } from "./slots.ts";

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
  /** Erasing fills with the current background; by default true but for GNU screen. */
  readonly backColourErase?: boolean;
  /** Asks the terminal to report the mouse (CSI ? 1000 and 1006 h); it then no longer selects text by itself. */
  readonly mouse?: boolean;
}

/** A picture on its place. */
export interface ShownPicture {
  readonly protocol: Protocol;
  readonly placement: Placement;
}

/** Updates up to this many bytes arrive in one packet: nothing to bracket. */
const minSyncBytes = 400;
const fallback = { columns: 80, rows: 24 };

export class ScreenOutput extends EventEmitter {
  /** Ink sends cursor sequences of its own to what it takes for a terminal. */
  readonly isTTY = false;
  /** Bytes sent to the terminal so far. */
  bytesWritten = 0;
  /** The lines of frames: what they say may change without a new frame. */
  readonly slots = new Slots(() => this.#schedule());
  readonly #stream: TerminalStream;
  #abilities = noAbilities;
  readonly #backColourErase: boolean;
  readonly #mouse: boolean;
  #cells = new CellTable();
  #active = false;
  /** The terminal has been asked what it can do. */
  #asked = false;
  /** The newest frame as Ink wrote it, and what of frames the terminal shows (null: not known). */
  #wanted: string | null = null;
  #shown: Frame | null = null;
  #pen: PenState = unknownPen;
  #cursor: { readonly row: number; readonly column: number } | null = null;
  #cursorShown = false;
  /** Pictures to be shown and those that are, each with its protocol; those that the terminal keeps. */
  #wantedPictures: readonly ShownPicture[] = [];
  #shownPictures: readonly ShownPicture[] = [];
  readonly #kept = new Map<number, TerminalImage>();
  #scheduled = false;
  #waiting = false;

  constructor(stream: TerminalStream, options: ScreenOutputOptions = {}) {
    super();
    this.#stream = stream;
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

  /** Shows these pictures, over blank cells of the next frame; no others. */
  setPictures(pictures: readonly ShownPicture[]): void {
    if (pictures.length === 0 && this.#wantedPictures.length === 0) return;
    this.#wantedPictures = pictures;
    this.#schedule();
  }

  /** Paints everything anew: something else may have written to the terminal. */
  repaint(): void {
    this.#shown = null;
    this.#pen = unknownPen;
    // A terminal may forget pictures with the screen that showed them.
    this.#kept.clear();
    this.#schedule();
  }

  /** Takes the terminal: alternate screen, no wrapping, no cursor, bracketed paste. Does nothing when done already. */
  enter(): void {
    if (this.#active) return;
    this.#active = true;
    this.#cursorShown = false;
    this.#stream.on("resize", this.#resized);
    const mouse = this.#mouse ? "\x1b[?1000h\x1b[?1006h" : "";
    const margins = this.#abilities.margins ? "\x1b[?69h" : "";
    // Of its own for each of the two screens.
    const keys = this.#abilities.keys ? tellKeys : "";
    this.#send(`\x1b[?1049h\x1b[?2004h\x1b[?7l\x1b[?25l\x1b[r${mouse}${margins}${keys}`);
    if (!this.#asked && mayAskForAbilities(process.env.TERM)) this.#send(abilitiesQuery);
    this.#asked = true;
    this.repaint();
  }

  /** Esc is told as a sequence of its own: the octet alone is none. */
  get tellsEsc(): boolean {
    return this.#abilities.keys;
  }

  /** Asks the terminal something that it has answered before, to see how long that takes. */
  askAgain(): void {
    this.sendControl(abilitiesQuery);
  }

  /** Takes an answer of the terminal to what `enter` has asked; false where it answers something else. */
  learn(answer: string): boolean {
    const learnt = abilitiesAnswer(this.#abilities, answer);
    if (!learnt) return false;
    if (learnt.margins && !this.#abilities.margins) this.sendControl("\x1b[?69h");
    if (learnt.keys && !this.#abilities.keys) this.sendControl(tellKeys);
    this.#abilities = learnt;
    return true;
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
    for (const image of this.#kept.values()) this.#sendNow(removeKitty(image, true));
    this.#kept.clear();
    this.#shownPictures = [];
    if (this.#mouse) this.#sendNow("\x1b[?1006l\x1b[?1000l");
    if (this.#abilities.margins) this.#sendNow("\x1b[?69l");
    if (this.#abilities.keys) this.#sendNow(tellKeysAsBefore);
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
    setImmediate(() => this.flush());
  }

  /** Draws what is to be drawn at the end of this turn of the event loop now: what else that has to do may take long. */
  flush(): void {
    if (!this.#scheduled) return;
    this.#scheduled = false;
    this.#flush();
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
    const frame = this.#cells.parse(this.#wanted, columns, rows, this.slots);
    const before = sameSize ? this.#shown : null;
    const pictures = this.#pictures(before === null);
    const { bytes, pen } = difference(this.#cells, before && pictures.uncovered(before), frame, this.#pen, {
      backColourErase: this.#backColourErase,
      margins: this.#abilities.margins,
      scrolls: this.#shownPictures.length === 0 && this.#wantedPictures.length === 0,
    });
    this.#shown = frame;
    // A picture is placed with the cursor kept by the terminal, which has room for one place.
    this.#pen = pictures.after === "" ? pen : { ...pen, kept: null };
    this.#shownPictures = this.#wantedPictures;
    const update = pictures.before + bytes + pictures.after + this.#cursorUpdate(columns);
    if (update === "") return;
    this.#send(
      this.#abilities.syncUpdates && update.length > minSyncBytes
        ? `\x1b[?2026h${update}\x1b[?2026l`
        : update,
    );
  }

  /** What takes off the pictures that go, and shows those that come; `anew` where the screen is cleared. */
  #pictures(anew: boolean): { before: string; after: string; uncovered(frame: Frame): Frame } {
    const key = ({ protocol, placement }: ShownPicture) =>
      JSON.stringify([protocol, { ...placement, image: placement.image.id }]);
    const wanted = new Set(this.#wantedPictures.map(key));
    const shown = new Set(anew ? [] : this.#shownPictures.map(key));
    const gone = this.#shownPictures.filter((picture) => anew || !wanted.has(key(picture)));
    let before = "";
    for (const { protocol, placement } of gone)
      if (protocol === "kitty") before += removeKitty(placement.image);
    let after = "";
    for (const picture of this.#wantedPictures) {
      const { protocol, placement } = picture;
      if (shown.has(key(picture))) continue;
      if (protocol === "iterm") after += placeIterm(placement);
      else if (protocol === "sixel") after += placeSixel(placement);
      else {
        if (!this.#kept.has(placement.image.id)) after += sendKitty(placement.image);
        this.#kept.set(placement.image.id, placement.image);
        after += placeKitty(placement);
      }
    }
    // But for kitty's they are in the cells: written over, they are gone.
    const cells = gone.flatMap(({ protocol, placement }) => (protocol === "kitty" ? [] : placement));
    return { before, after, uncovered: (frame) => unknownUnder(frame, cells) };
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

/** A frame of which nothing is known where these pictures are. */
function unknownUnder(frame: Frame, places: readonly Placement[]): Frame {
  if (places.length === 0) return frame;
  const rows = frame.rows.map((row, y) => {
    const over = places.filter((place) => y >= place.row && y < place.row + place.rows);
    if (over.length === 0) return row;
    const unknown = row.slice();
    for (const { column, columns } of over) unknown.fill(-1, column, column + columns);
    return unknown;
  });
  return { ...frame, rows };
}
