/** A frame of text as cells. Ink hands over one string per frame; here it becomes what a terminal would show. */
import { graphemes } from "../../message/width.ts";
import type { SlotPlace, Slots } from "./slots.ts";
import { maxStyles, StyleTable } from "./style.ts";

/**
 * One row: a cell is `style << 21 | glyph`. A glyph is a code point, a number from `firstCluster` on for a cluster of
 * several, or 0 for a further cell of the wide glyph before it.
 */
export type Row = Int32Array;

export interface Frame {
  readonly columns: number;
  readonly rows: readonly Row[];
}

export const glyphBits = 21;
export const glyphMask = (1 << glyphBits) - 1;
export const blankGlyph = 0x20;
const firstCluster = 0x110000;
const maxClusters = 50_000;
const maxCachedRows = 2000;
/** Longer clusters are heaps of combining marks; the rest of them is dropped. */
const maxClusterUnits = 32;

/** Turns frames into cells. Remembers rows by their text: most rows of a frame were in the one before. */
export class CellTable {
  readonly styles = new StyleTable();
  readonly #clusters: string[] = [];
  readonly #clusterNumbers = new Map<string, number>();
  /** Rows by their text, or by what stands in them and where. */
  #rows = new Map<string, Row>();
  #columns = 0;

  /** No room for more styles or clusters: start over with a new table and a full repaint. */
  get full(): boolean {
    return this.styles.size >= maxStyles || this.#clusters.length >= maxClusters;
  }

  /** The characters of a glyph. */
  glyph(glyph: number): string {
    if (glyph >= firstCluster) return this.#clusters[glyph - firstCluster] ?? "?";
    return String.fromCodePoint(glyph || blankGlyph);
  }

  /**
   * Terminals disagree on how wide this glyph is: clusters of several code points (joined emoji, flags, conjuncts) and
   * symbols that became emoji late. What stands right of one cannot be left as it is.
   */
  uncertain(glyph: number): boolean {
    return (
      glyph >= firstCluster ||
      (glyph >= 0x1f000 && glyph < 0x20000) ||
      (glyph >= 0x2600 && glyph < 0x27c0) ||
      (glyph >= 0x2b00 && glyph < 0x2c00)
    );
  }

  /**
   * The cells of a frame: `rows` rows of `columns`. What is past the edges is cut, what is missing is blank. SGR and
   * OSC 8 are understood; every other escape sequence and control character is dropped, whoever let it through.
   * Where `slots` are given, their characters in the frame are the lines that they stand for.
   */
  parse(frame: string, columns: number, rows: number, slots?: Slots): Frame {
    if (columns !== this.#columns || this.#rows.size > maxCachedRows) this.#rows = new Map();
    this.#columns = columns;
    const lines = frame.split("\n", rows);
    return {
      columns,
      rows: Array.from({ length: rows }, (_, y) => {
        const line = lines[y] ?? "";
        const places = slots?.places(line) ?? [];
        return places.length > 0 ? this.#composed(places, columns) : this.#row(line, columns);
      }),
    };
  }

  #row(line: string, columns: number): Row {
    let row = this.#rows.get(line);
    if (!row) {
      row = this.#cells(line, columns);
      this.#rows.set(line, row);
    }
    return row;
  }

  /** A row of several lines side by side; each ends where the next begins. */
  #composed(places: readonly SlotPlace[], columns: number): Row {
    const [first] = places;
    if (places.length === 1 && first?.column === 0) return this.#row(first.text, columns);
    const key = places.map(({ column, text }) => `${column}\n${text}`).join("\n");
    let row = this.#rows.get(key);
    if (!row) {
      row = new Int32Array(columns).fill(blankGlyph);
      for (const [i, { column, text }] of places.entries()) {
        const width = Math.min(columns, places[i + 1]?.column ?? columns) - column;
        const cells = this.#row(text, columns);
        if (width > 0) row.set(cells.subarray(0, width), column);
        // Half of a wide character is none.
        if (width > 0 && width < columns && (cells[width]! & glyphMask) === 0)
          row[column + width - 1] = blankGlyph;
      }
      this.#rows.set(key, row);
    }
    return row;
  }

  #cells(line: string, columns: number): Row {
    const row: Row = new Int32Array(columns).fill(blankGlyph);
    let style = 0;
    let x = 0;
    const put = (glyph: number, width: number) => {
      if (x + width > columns) {
        x = columns;
        return;
      }
      row[x++] = ((glyph === blankGlyph ? this.styles.blank(style) : style) << glyphBits) | glyph;
      for (let i = 1; i < width; i++) row[x++] = style << glyphBits;
    };
    for (const part of line.split(sequences)) {
      if (x >= columns) break;
      if (part.startsWith("\x1b")) {
        if (part.endsWith("m") && part.startsWith("\x1b["))
          style = this.styles.applySgr(style, part.slice(2, -1));
        else {
          const target = link.exec(part)?.[1];
          if (target !== undefined) style = this.styles.applyLink(style, target);
        }
        continue;
      }
      const text = part.replace(unshown, "").replace(surrogates, "\ufffd");
      if (simple.test(text)) for (let i = 0; i < text.length; i++) put(text.charCodeAt(i), 1);
      else
        for (const { text: cluster, width } of graphemes(text))
          if (width > 0) put(this.#glyph(cluster.slice(0, maxClusterUnits).replace(surrogates, "")), width);
    }
    return row;
  }

  #glyph(cluster: string): number {
    const point = cluster.codePointAt(0) ?? blankGlyph;
    if (cluster.length === (point > 0xffff ? 2 : 1)) return point;
    const known = this.#clusterNumbers.get(cluster);
    if (known !== undefined) return known;
    if (this.#clusters.length >= maxClusters) return 0xfffd;
    const glyph = firstCluster + this.#clusters.push(cluster) - 1;
    this.#clusterNumbers.set(cluster, glyph);
    return glyph;
  }
}

// Every UTF-16 unit here is one cell of its own: no segmenting, no measuring. Dashes, quotes and box drawing are in it.
const simple =
  /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0373\u0391-\u0482\u048a-\u0556\u2010-\u2027\u2030-\u205e\u2500-\u257f]*$/;
// Control characters, and formatting characters that show nothing and can reorder or hide what does.
const unshown =
  /\u034f|[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;
// Halves of pairs that have lost the other half (with the u flag, whole pairs do not match).
const surrogates = /\p{Surrogate}/gu;
const link = /^\x1b\]8;[^;]*;(.*?)(?:\x07|\x1b\\)$/;
// SGR; OSC, DCS, APC, PM and SOS strings up to their end or the line's; every other CSI; ESC with what follows it.
const sequences =
  /(\x1b\[[\d;:]*m|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)?|\x1b\[[\x20-\x3f]*[\x40-\x7e]?|\x1b[\x20-\x2f]*[\x30-\x7e]?)/;
