/** Finding messages in the list, and limiting the list to them. */
import { parseSort } from "../../commands/listing.ts";
import type { App } from "./app.ts";

/** Goes to the next message that matches; all that match become the hits. */
export async function find(app: App, query: string): Promise<void> {
  const { list } = app;
  list.hits = await app.mail.search(list.folder, query);
  if (list.hits.length === 0) {
    app.say(`nothing matches ${query}`);
    return;
  }
  app.say(`${list.hits.length} found: n next, N previous, l limits the list`);
  const current = list.current?.uid;
  if (current !== undefined && list.hits.includes(current)) return;
  const hits = new Set(list.hits);
  const below = list.find(1, (m) => hits.has(m.uid));
  const found = below >= 0 ? below : list.find(-1, (m) => hits.has(m.uid));
  if (found >= 0) list.to(found);
}

/** Marks, or unmarks, all messages of the list that match. */
export async function markMatching(app: App, query: string, on: boolean): Promise<void> {
  const { list } = app;
  const hits = await app.mail.search(list.folder, query);
  const shown = list.filter ? new Set(list.filter.uids) : null;
  const found = hits.filter((uid) => (shown?.has(uid) ?? true) && list.marked.has(uid) !== on);
  for (const uid of found) {
    if (on) list.marked.add(uid);
    else list.marked.delete(uid);
  }
  app.say(hits.length === 0 ? `nothing matches ${query}` : `${found.length} ${on ? "" : "un"}marked`);
}

/** Lists in another order: `-size`, `from`; `reverse` turns the one there is. */
export function sort(app: App, wanted: string): void {
  const { list } = app;
  const now = list.order;
  const order = wanted === "reverse" ? { ...now, descending: !now.descending } : parseSort(wanted);
  list.sort(order);
  app.say(`sorted by ${order.sort}${order.descending ? ", largest or newest first" : ""}`);
}

/** Marks the lines of the open message that have a text, and goes to the first below. */
export function findInMessage(app: App, text: string): void {
  const found = app.reader?.find(text) ?? 0;
  if (text === "") return;
  if (found === 0) app.say(`the message has no "${text}"`);
  else {
    app.say(`${found} ${found === 1 ? "line" : "lines"}: n next, N previous`);
    if (!app.reader?.toHit(1)) app.reader?.toHit(-1);
  }
}

export function toHit(app: App, direction: 1 | -1): void {
  if (app.pane === "reader" && app.reader?.searching) {
    if (!app.reader.toHit(direction)) app.say("no more hits");
    return;
  }
  const hits = new Set(app.list.hits);
  const found = hits.size === 0 ? -1 : app.list.find(direction, (m) => hits.has(m.uid));
  if (found >= 0) app.list.to(found);
  else app.say(hits.size === 0 ? "nothing was searched for: / searches" : "no more hits");
}

/** Shows only what matches; an empty query shows everything again. */
export async function limit(app: App, query: string): Promise<void> {
  const { folder } = app.list;
  if (query === "") {
    app.list.limit(null);
    return;
  }
  const uids = await app.mail.search(folder, query);
  if (uids.length === 0) {
    app.say(`nothing matches ${query}`);
    return;
  }
  const all = { sort: "arrival", descending: true, offset: 0, limit: uids.length, uids } as const;
  await app.mail.rows(folder, all);
  if (app.list.folder === folder) app.list.limit({ query, uids });
}
