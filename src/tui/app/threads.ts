/** The list thread after thread: folding, going from one to the next, and commands for whole threads. */
import { findCommand, UsageError } from "../../commands/index.ts";
import { splitWords } from "../../commands/parse.ts";
import type { App } from "./app.ts";
import { chosenPlaces, runCommand } from "./running.ts";
import { byPlace, keyOf, samePlace } from "./sources.ts";

/** Lists thread after thread, or one by one again. */
export function showThreads(app: App, on: boolean): void {
  app.list.setThreaded(on);
  app.say(on ? "listed by thread" : "listed one by one");
  followThreads(app);
}

/** Sees to it that what has come is in its thread soon, where threads are on the screen; the list is told when it is. */
export function followThreads(app: App): void {
  if (!app.list.threaded) return;
  for (const { mail, folder } of app.list.source.places) app.try(mail.threads.settle(folder.path));
}

/** `fold`, `fold all`, `fold toggle all`. */
export function fold(app: App, how: "fold" | "unfold", argument: string): void {
  const words = splitWords(argument);
  const unknown = words.find((word) => word !== "all" && word !== "toggle");
  if (unknown !== undefined)
    throw new UsageError(`${how}: there is no "${unknown}"`, `say ${how}, ${how} all or ${how} toggle`);
  needThreads(app);
  app.list.fold(words.includes("toggle") ? "toggle" : how, words.includes("all"));
}

export function toThread(app: App, direction: 1 | -1, count: number): void {
  needThreads(app);
  let moved = false;
  for (let n = 0; n < count && app.list.toThread(direction); n++) moved = true;
  if (!moved) app.say(direction === 1 ? "this is the last thread" : "this is the first thread");
}

function needThreads(app: App): void {
  if (!app.list.threaded) throw new UsageError("the list is not of threads", "toggle-threads lists them");
}

/** Marks all messages of the thread under the cursor; where all are, takes the marks away. */
export async function markThread(app: App): Promise<void> {
  const { marked, source } = app.list;
  const keys: number[] = [];
  for (const { mail, folder, uids } of byPlace(source, app.list.chosen())) {
    const index = source.places.findIndex((place) => samePlace(place, { mail, folder }));
    keys.push(...(await mail.threads.around(folder, uids)).map((uid) => keyOf(index, uid)));
  }
  const all = keys.every((key) => marked.has(key));
  for (const key of keys) {
    if (all) marked.delete(key);
    else marked.add(key);
  }
}

/** Does a command with the whole threads of what it would be done with: `on-thread delete`. */
export async function onThread(app: App, line: string, rows: number | null): Promise<void> {
  const command = findCommand(line.trim().split(/\s+/, 1)[0] ?? "");
  if (!command) throw new UsageError("on-thread: needs a command", "say on-thread archive");
  const chosen = chosenPlaces(app, rows);
  if (chosen.length === 0) throw new UsageError("no message is chosen", "move the cursor to one");
  const whole = chosen.map(async ({ mail, folder, uids }) => ({
    mail,
    folder,
    uids: await mail.threads.around(folder, uids),
  }));
  await runCommand(app, command, line, await Promise.all(whole));
}
