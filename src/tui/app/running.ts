/** Commands on what is chosen: of a list of several folders, folder by folder. */

import { splitFlagWords } from "../../commands/flags.ts";
import { type Command, type Context, type Result, UsageError } from "../../commands/index.ts";
import { parseLine } from "../../commands/parse.ts";
import type { App } from "./app.ts";
import { writerOf } from "./outgoing.ts";
import { showResult } from "./results.ts";
import { byPlace, type Chosen, type Place } from "./sources.ts";

/** What is chosen: the marked messages, else the open one, else those under the cursor: of a folded thread all. */
export function chosenPlaces({ list, reader, pane }: Pick<App, "list" | "reader" | "pane">): Chosen[] {
  if (list.marked.size > 0) return byPlace(list.source, list.marked);
  if (pane === "reader" && reader) return [{ ...reader.place, uids: [reader.uid] }];
  return byPlace(list.source, list.chosen);
}

/** The messages that the words of a command name by themselves. */
function namesMessages(command: Command, values: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(command.args).some(([name, { type }]) => {
    const value = values[name];
    const words = Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)];
    if (type !== "messages") return false;
    return command.name === "flag" ? splitFlagWords(words).ids.length > 0 : words.length > 0;
  });
}

const actsOnMessages = ({ args }: Command) => Object.values(args).some(({ type }) => type === "messages");

/** Runs a command on what is chosen, where its line names nothing, and shows what it came to. */
export async function runCommand(
  app: App,
  command: Command,
  line: string,
  chosen: readonly Chosen[],
): Promise<void> {
  const values = parseLine(command, line);
  if (command.name === "undo" || command.name === "redo") {
    await app.changes[command.name]((place) => runAt(app, command, values, { ...place, uids: [] }));
    return;
  }
  const named = namesMessages(command, values);
  if (named && app.list.source.merged && app.pane !== "reader")
    throw new UsageError("messages of several folders have no numbers of their own", "mark them");
  const several = chosen.length > 1 && actsOnMessages(command) && !named;
  const places = several ? chosen : [chosen[0] ?? { ...app.place, uids: [] }];
  const texts: string[] = [];
  const changed: Place[] = [];
  for (const place of places) {
    const result = await runAt(app, command, values, place);
    if (result.kind !== "change") continue;
    texts.push(`${place.mail.account.name}: ${result.text}`);
    changed.push(place);
  }
  if (changed.length > 0) app.changes.done(changed);
  if (texts.length > 1) app.say(texts.join("; "));
}

async function runAt(
  app: App,
  command: Command,
  values: Readonly<Record<string, unknown>>,
  { mail, folder, uids }: Chosen,
): Promise<Result> {
  const context: Context = {
    mail,
    folder: () => Promise.resolve(folder),
    selection: uids,
    stdin: process.stdin,
    confirm: (question) => app.dialog.confirm(question),
    writer: writerOf(app),
  };
  const result = await command.run(context, values);
  showResult(app, result, mail);
  return result;
}

/** Which accounts the last changes were in: each has its own history, and what was done at once is undone at once. */
export class Changes {
  readonly #here: () => Place;
  #done: (readonly Place[])[] = [];
  #undone: (readonly Place[])[] = [];

  constructor(here: () => Place) {
    this.#here = here;
  }

  done(places: readonly Place[]): void {
    this.#done.push(places);
    this.#undone = [];
  }

  /** Of an earlier session only the account at hand is known. */
  async undo(at: (place: Place) => Promise<unknown>): Promise<void> {
    const places = this.#done.pop() ?? [this.#here()];
    for (const place of places) await at(place);
    this.#undone.push(places);
  }

  async redo(at: (place: Place) => Promise<unknown>): Promise<void> {
    const places = this.#undone.pop() ?? [this.#here()];
    for (const place of places) await at(place);
    this.#done.push(places);
  }
}
