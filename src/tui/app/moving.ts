/** Moving about: rows of a list, lines of a message, whatever has the keys. */
import type { App } from "./app.ts";

/** Rows that a page of the folder pane or the help is taken for. */
const shortPage = 10;
/** Further than any list is long. */
const far = 1_000_000_000;

export function moveBy(app: App, rows: number): void {
  const { list, reader } = app;
  if (app.page) {
    app.page.moveBy(rows);
  } else if (app.pane === "folders") {
    app.moveFolderCursor(rows);
  } else if (app.pane === "list" || !reader) {
    list.to(list.index + rows);
  } else if (reader.attachment) {
    reader.moveAttachment(rows);
  } else {
    reader.scrollBy(rows);
  }
}

/** A page down at the end of a message goes to the next unread one. */
export function pageBy(app: App, pages: number): void {
  if (app.page) app.page.scrollBy(Math.trunc(pages * shortPage));
  else if (app.pane === "folders") moveBy(app, Math.trunc(pages * shortPage));
  else if (app.pane === "list" || !app.reader) app.list.page(pages);
  else if (pages === 1 && app.reader.atEnd) toUnread(app, 1);
  else app.reader.scrollPage(pages);
}

export function toEnd(app: App, end: "first" | "last"): void {
  if (app.pane === "reader" && app.reader && !app.page) app.reader.scrollTo(end);
  else moveBy(app, end === "first" ? -far : far);
}

/** Goes to a row, or a line, counted from 1. */
export function toRow(app: App, row: number): void {
  if (app.pane === "list" && !app.page) app.list.to(row - 1);
  else {
    toEnd(app, "first");
    moveBy(app, row - 1);
  }
}

export function toUnread(app: App, direction: 1 | -1): void {
  if (!app.list.seek(direction, ({ message }) => !message.flags.includes("\\Seen"))) {
    app.say("no more unread messages");
    return;
  }
  if (app.pane === "reader") app.openSelected();
}

/** Marks the message, or the folded thread, under the cursor, and those of so many rows in all; `on`: goes past them. */
export function mark(app: App, rows: number, on: boolean): void {
  app.list.toggleMark(rows);
  if (on) app.list.to(app.list.index + rows);
}
