/** What the mouse does: the wheel scrolls what it is over, a click chooses, a second click on the same row opens. */
import { type Layout, layoutOf } from "../layout.ts";
import type { App } from "./app.ts";
import { moveBy } from "./moving.ts";
import { paneRows } from "./places.ts";
import { linesPerRow, type View } from "./present.ts";

export interface MouseInput {
  readonly what: "press" | "wheel-up" | "wheel-down";
  readonly column: number;
  readonly row: number;
}

const wheelRows = 3;

function paneAt(layout: Layout, column: number): "folders" | "list" | "reader" | null {
  let start = 0;
  for (const pane of ["folders", "list", "reader"] as const) {
    const size = layout[pane];
    if (!size) continue;
    if (column < start + size.width) return pane;
    start += size.width + 1;
  }
  return null;
}

export function onMouse(app: App, { what, column, row }: MouseInput, view: View): void {
  // A question is answered, and a line typed, with keys.
  if (app.dialog.choice || app.dialog.prompt) return;
  app.list.touch();
  const layout = layoutOf({ ...view, focus: app.pane, sidebar: app.sidebar, reading: app.reader !== null });
  const pane = paneAt(layout, column);
  const height = pane ? (layout[pane]?.height ?? 0) : 0;
  if (app.page || pane === null || row >= height) {
    if (app.page && what !== "press") moveBy(app, what === "wheel-up" ? -wheelRows : wheelRows);
    return;
  }
  if (what !== "press") {
    const step = what === "wheel-up" ? -wheelRows : wheelRows;
    if (pane === "reader") app.reader?.scrollBy(step);
    else if (pane === "list") app.list.to(app.list.index + step);
    else app.moveFolderCursor(step);
    return;
  }
  if (pane === "reader") app.focus("reader");
  else if (pane === "list") {
    const at = Math.floor(row / linesPerRow(view));
    const again = app.pane === "list" && app.list.top + at === app.list.index;
    app.focus("list");
    if (again) app.openSelected();
    else if (at < app.list.rows.length) app.list.to(app.list.top + at);
  } else {
    const at = app.folderTop(height) + row;
    if (at >= paneRows(app).length) return;
    app.focus("folders");
    app.folderCursor = at;
    app.openSelected();
  }
}
