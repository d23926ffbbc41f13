/** Finding messages in the list, and limiting the list to them. */
import { parseSort } from "../../commands/listing.ts";
import type { Folder, Message } from "../../mail/index.ts";
import type { App } from "./app.ts";
import { showThreads } from "./threads.ts";

/** Searches begun: what an earlier one still finds is not shown any more. */
let begun = 0;

/**
 * Searches the open folder, or the one that the query names; `show` gets what the local copy finds, and what the server
 * finds after that.
 */
async function search(
  app: App,
  query: string,
  show: (uids: readonly number[], final: boolean) => void,
): Promise<void> {
  const turn = ++begun;
  const asked = app.list.folder;
  const showIn = (folder: Folder, uids: readonly number[], final: boolean) => {
    // The person has gone elsewhere, or asked for something else.
    if (turn !== begun || app.list.folder.path !== asked.path) return;
    if (folder.path !== asked.path) {
      // What is in another folder shows when all of it is found.
      if (!final) return;
      app.openFolder(folder);
    }
    show(uids, final);
  };
  const found = await app.mail.find(asked, query, (uids, folder) => {
    showIn(folder, uids, false);
    if (turn === begun) app.say(`${uids.length} found here, the server is asked`);
  });
  if (turn !== begun) return;
  app.notices.clear();
  showIn(found.folder, found.uids, true);
  if (found.notes.length > 0) app.say(found.notes.join("; "));
  else if (found.uids.length === 0) app.say(`nothing matches ${query}`);
}

/** Goes to the next message that matches; all that match become the hits. */
export function find(app: App, query: string): Promise<void> {
  let gone = false;
  return search(app, query, (uids) => {
    const { list } = app;
    list.hits = uids;
    if (uids.length === 0) return;
    app.say(`${uids.length} found: n next, N previous, l limits the list`);
    const hits = new Set(uids);
    // Once: the cursor does not leave a person who has begun to read.
    if (gone || (list.current && hits.has(list.current.uid))) return;
    gone = true;
    const hit = (m: Message) => hits.has(m.uid);
    if (!list.seek(1, hit)) list.seek(-1, hit);
  });
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

/** Lists in another order: `-size`, `from`; `reverse` turns the one there is, `threads` lists thread after thread. */
export function sort(app: App, wanted: string): void {
  const { list } = app;
  if (wanted === "threads") {
    showThreads(app, true);
    return;
  }
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
  if (hits.size === 0) app.say("nothing was searched for: / searches");
  else if (!app.list.seek(direction, (m) => hits.has(m.uid))) app.say("no more hits");
}

/** Shows only what matches; an empty query shows everything again. */
export async function limit(app: App, query: string): Promise<void> {
  if (query === "") {
    begun++;
    app.list.limit(null);
    return;
  }
  await search(app, query, (uids, final) => {
    if (uids.length > 0) app.list.limit({ query, uids });
    // The rows of what only the server found come when they come.
    if (final && uids.length > 0) app.try(fetchRows(app, query, uids));
  });
}

async function fetchRows(app: App, query: string, uids: readonly number[]): Promise<void> {
  const { folder, filter } = app.list;
  const all = { sort: "arrival", descending: true, offset: 0, limit: uids.length, uids } as const;
  await app.mail.rows(folder, all);
  if (app.list.filter === filter && filter?.query === query) app.list.refresh();
}
