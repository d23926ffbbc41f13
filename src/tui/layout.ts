/** Which panes a screen of a given size shows, and where: the one place that knows widths. */
import type { Pane } from "./model.ts";

export interface PaneSize {
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  /** Null where a pane is not shown. Panes stand side by side in this order, with one column between them. */
  readonly folders: PaneSize | null;
  readonly list: PaneSize | null;
  readonly reader: PaneSize | null;
  /** Columns of running text in the reader: what the body is to be wrapped to. */
  readonly readerText: number;
}

/** Long lines are hard to read: body text is never wider than this. */
export const maxTextWidth = 100;
/** Rows of the key bar. */
export const keyBarRows = 2;

/**
 * From 140 columns folders, list and reader stand side by side; from 100 folders and one of list and reader; below,
 * one pane alone. The panes take all rows but the status line's and the key bar's; no size makes it throw.
 */
export function layoutOf(view: {
  readonly columns: number;
  readonly rows: number;
  readonly focus: Pane;
  readonly sidebar: boolean;
  /** A message is open. */
  readonly reading: boolean;
  readonly keyBar: boolean;
}): Layout {
  const columns = Math.max(1, view.columns);
  const bar = view.keyBar && view.rows > 8 ? keyBarRows : 0;
  const height = Math.max(0, view.rows - 1 - bar);
  const pane = (width: number): PaneSize => ({ width: Math.max(1, width), height });
  const text = (width: number) => Math.max(1, Math.min(maxTextWidth, width - 2));

  const wide = columns >= 140;
  const folders =
    columns >= 100 && (view.sidebar || view.focus === "folders")
      ? pane(Math.min(32, Math.floor(columns / 6)))
      : null;
  const rest = columns - (folders ? folders.width + 1 : 0);
  if (columns < 100) {
    const shown = view.focus === "reader" && !view.reading ? "list" : view.focus;
    return {
      folders: shown === "folders" ? pane(columns) : null,
      list: shown === "list" ? pane(columns) : null,
      reader: shown === "reader" ? pane(columns) : null,
      readerText: text(columns),
    };
  }
  if (!view.reading) return { folders, list: pane(rest), reader: null, readerText: text(rest) };
  if (!wide) {
    const reader = view.focus !== "list";
    return {
      folders,
      list: reader ? null : pane(rest),
      reader: reader ? pane(rest) : null,
      readerText: text(rest),
    };
  }
  // The reader gets what its text needs, as long as the list keeps enough for sender and subject.
  const readerWidth = Math.min(maxTextWidth + 2, Math.floor(rest / 2));
  const listWidth = rest - readerWidth - 1;
  return { folders, list: pane(listWidth), reader: pane(readerWidth), readerText: text(readerWidth) };
}
