/** Finding messages in the list, and limiting the list to them. */
import { parseSort } from "../../commands/listing.ts";
import type { App } from "./app.ts";
import { openPlace } from "./places.ts";
import { checkQuery, completeQuery } from "./query-line.ts";
import { byPlace, type Chosen, keyOf, type ListRow, type Place } from "./sources.ts";
import { showThreads } from "./threads.ts";

/** Searches begun: what an earlier one still finds is not shown any more. */
let begun = 0;
/** Ends the waiting for the last one. */
let leave = () => {};

/** The person wants what the last search would find no more. */
function leaveSearch(): void {
  begun++;
  leave();
}

/**
 * Searches what is listed, or the folder that the query names; `show` gets what the local copy finds, and what the
 * servers find after that.
 */
async function search(
  app: App,
  query: string,
  show: (keys: readonly number[], final: boolean) => void,
): Promise<void> {
  leaveSearch();
  const turn = begun;
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const { source } = app.list;
  const found: (readonly number[])[] = source.places.map(() => []);
  const notes: string[] = [];
  // The person has gone elsewhere, or asked for something else.
  const stale = () => turn !== begun || app.list.source !== source;
  const all = () => found.flatMap((uids, i) => uids.map((uid) => keyOf(i, uid)));
  let elsewhere: Chosen | null = null;
  const ask = async ({ mail, folder: asked }: Place, i: number) => {
    const result = await mail.find(asked, query, (uids, folder) => {
      if (stale()) return;
      // What is in another folder shows when all of it is found.
      if (folder.path === asked.path) {
        found[i] = uids;
        show(all(), false);
      }
      app.say(`${uids.length} found here, the server is asked`);
    });
    notes.push(...result.notes);
    if (result.folder.path === asked.path) found[i] = result.uids;
    else elsewhere ??= { mail, folder: result.folder, uids: result.uids };
  };
  const asked = Promise.all(source.places.map(ask));
  const done = await app.tasks.wait("searching…", Promise.race([asked, left]));
  if (stale()) return;
  if (!done) {
    leaveSearch();
    app.say("the search was stopped");
    return;
  }
  app.notices.clear();
  const other = elsewhere as Chosen | null;
  if (other) openPlace(app, other);
  const keys = other ? other.uids : all();
  show(keys, true);
  if (notes.length > 0) app.say([...new Set(notes)].join("; "));
  else if (keys.length === 0) app.say(`nothing matches ${query}`);
}

/** Goes to the next message that matches; all that match become the hits. */
export function find(app: App, query: string): Promise<void> {
  let gone = false;
  return search(app, query, (keys) => {
    const { list } = app;
    const hits = new Set(keys);
    list.hits = hits;
    if (keys.length === 0) return;
    app.say(`${keys.length} found: n next, N previous, l limits the list`);
    const hit = ({ key }: ListRow) => hits.has(key);
    // Once: the cursor does not leave a person who has begun to read.
    if (gone || (list.currentRow && hit(list.currentRow))) return;
    gone = true;
    if (!list.seek(1, hit)) list.seek(-1, hit);
  });
}

/** Marks, or unmarks, all messages of the list that match. */
export async function markMatching(app: App, query: string, on: boolean): Promise<void> {
  const { list } = app;
  const { source } = list;
  const asked = Promise.all(
    source.places.map(async ({ mail, folder }, i) =>
      (await mail.search(folder, query)).map((uid) => keyOf(i, uid)),
    ),
  );
  const hits = (await app.tasks.wait("searching…", asked))?.flat();
  // The person has gone elsewhere, or waits no longer.
  if (list.source !== source || !hits) return;
  const shown = list.filter ? new Set(list.filter.keys) : null;
  const found = hits.filter((key) => (shown?.has(key) ?? true) && list.marked.has(key) !== on);
  for (const key of found) {
    if (on) list.marked.add(key);
    else list.marked.delete(key);
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
  const { hits } = app.list;
  if (hits.size === 0) app.say("nothing was searched for: / searches");
  else if (!app.list.seek(direction, ({ key }) => hits.has(key))) app.say("no more hits");
}

/** Shows only what matches; an empty query shows everything again. */
export async function limit(app: App, query: string): Promise<void> {
  if (query === "") {
    leaveSearch();
    app.list.limit(null);
    return;
  }
  await search(app, query, (keys, final) => {
    if (keys.length > 0) app.list.limit({ query, keys });
    // The rows of what only the server found come when they come.
    if (final && keys.length > 0) app.try(fetchRows(app, query, keys));
  });
}

async function fetchRows(app: App, query: string, keys: readonly number[]): Promise<void> {
  const { source, filter } = app.list;
  const fetch = ({ mail, folder, uids }: Chosen) =>
    mail.rows(folder, { sort: "arrival", descending: true, offset: 0, limit: uids.length, uids });
  await Promise.all(byPlace(source, keys).map(fetch));
  if (app.list.filter === filter && filter?.query === query) app.list.refresh();
}

/** Asks what is looked for: in a page, in the open message, or in the list. */
export function promptSearch(app: App): void {
  const { page, dialog, reader } = app;
  const history = app.histories.search;
  // In a page an empty line shows everything again.
  if (page) dialog.line({ prefix: "/", text: "", emptyToo: true, accept: (text) => page.search(text) });
  else if (app.pane === "reader" && reader) {
    const accept = (text: string) => findInMessage(app, text);
    dialog.line({ prefix: "find: ", text: "", history, emptyToo: true, accept });
  } else {
    const accept = (query: string) => app.try(find(app, query));
    const complete = (query: string) => completeQuery(query, app.folders);
    dialog.line({ prefix: "/", text: "", history, complete, check: checkQuery, accept });
  }
}
