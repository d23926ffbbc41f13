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
  /**
   * Columns that the list has beside a reader, where there is room for one: what it is divided for, open or not, so that
   * its rows stay as they are when a message opens, but for their ends. Null where the list stands alone.
   */
  readonly listBeside: number | null;
  /** Rows of the key bar, under the status line; 0 where it is off or the screen is too low for it. */
  readonly keyBar: number;
  /** Columns of running text in the reader: what the body is to be wrapped to. */
  readonly readerText: number;
}

/** Long lines are hard to read: body text is never wider than this. */
export const maxTextWidth = 100;
/** Rows the key bar takes where it is shown. */
export const keyBarRows = 2;
/** Lower screens need their rows for mail. */
const minRowsForKeyBar = 14;

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
  /** Somebody hears the screen: one pane alone, whatever the width. */
  readonly spoken?: boolean;
}): Layout {
  const columns = Math.max(1, view.columns);
  const keyBar = view.keyBar && !view.spoken && view.rows >= minRowsForKeyBar ? keyBarRows : 0;
  const height = Math.max(0, view.rows - 1 - keyBar);
  const pane = (width: number): PaneSize => ({ width: Math.max(1, width), height });
  const text = (width: number) => Math.max(1, Math.min(maxTextWidth, width - 2));

  const wide = columns >= 140;
  const folders =
    columns >= 100 && (view.sidebar || view.focus === "folders")
      ? pane(Math.min(32, Math.floor(columns / 6)))
      : null;
  const rest = columns - (folders ? folders.width + 1 : 0);
  if (columns < 100 || view.spoken) {
    const shown = view.focus === "reader" && !view.reading ? "list" : view.focus;
    return {
      folders: shown === "folders" ? pane(columns) : null,
      list: shown === "list" ? pane(columns) : null,
      reader: shown === "reader" ? pane(columns) : null,
      listBeside: null,
      keyBar,
      readerText: text(columns),
    };
  }
  // Beside the list, the reader gets what its text needs, as long as the list keeps enough for sender and subject.
  const readerWidth = wide ? Math.min(maxTextWidth + 2, Math.floor(rest / 2)) : rest;
  const readerText = text(readerWidth);
  const listBeside = wide ? rest - readerWidth - 1 : null;
  const common = { folders, listBeside, keyBar, readerText };
  if (!view.reading) return { ...common, list: pane(rest), reader: null };
  if (listBeside !== null) return { ...common, list: pane(listBeside), reader: pane(readerWidth) };
  const reading = view.focus !== "list";
  return { ...common, list: reading ? null : pane(rest), reader: reading ? pane(rest) : null };
}
