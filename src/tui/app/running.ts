/** Commands on what is chosen: of a list of several folders, folder by folder, or those that take all together by account. */

import { splitFlagWords } from "../../commands/flags.ts";
import { type Command, type Context, type Result, UsageError } from "../../commands/index.ts";
import { parseLine } from "../../commands/parse.ts";
import type { App } from "./app.ts";
import { openPage } from "./outside.ts";
import type { ReaderView } from "./reader-view.ts";
import { showResult } from "./results.ts";
import { byPlace, type Chosen, type Place } from "./sources.ts";
import { writerOf } from "./writing.ts";

/**
 * What is chosen: the marked messages, else the open one, else those under the cursor, or of so many rows from it on: of
 * a folded thread all.
 */
export function chosenPlaces(
  { list, reader, pane }: Pick<App, "list" | "reader" | "pane">,
  rows: number | null,
): Chosen[] {
  if (list.marked.size > 0) return byPlace(list.source, list.marked);
  if (pane === "reader" && reader) return [{ ...reader.place, uids: [reader.uid] }];
  return byPlace(list.source, list.chosen(rows ?? 1));
}

/** What is chosen in one folder of an account, with what is chosen in others. */
interface Together extends Chosen {
  readonly also?: readonly Chosen[];
}

function byAccount(chosen: readonly Chosen[]): Together[] {
  return [...new Set(chosen.map(({ mail }) => mail))].flatMap((mail) => {
    const [first, ...also] = chosen.filter((place) => place.mail === mail);
    return first ? [{ ...first, also }] : [];
  });
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
export function runCommand(
  app: App,
  command: Command,
  line: string,
  chosen: readonly Chosen[],
): Promise<void> {
  const values = parseLine(command, line);
  const work = () => runWith(app, command, values, chosen);
  return command.changes(values) ? app.changes.watch(work, app.reader) : work();
}

async function runWith(
  app: App,
  command: Command,
  values: ReturnType<typeof parseLine>,
  chosen: readonly Chosen[],
): Promise<void> {
  const back = command.name === "undo" ? await app.outgoing.undo() : null;
  if (back) {
    showResult(app, back, app.mail);
    return;
  }
  if (command.name === "undo" || command.name === "redo") {
    const confirm = (question: string) => app.dialog.confirm(question);
    await app.changes[command.name]((place) => runAt(app, command, values, { ...place, uids: [] }, confirm));
    return;
  }
  const named = namesMessages(command, values);
  if (named && app.list.source.merged && app.pane !== "reader")
    throw new UsageError("messages of several folders have no numbers of their own", "mark them");
  const several = chosen.length > 1 && actsOnMessages(command) && !named;
  const all = command.together ? byAccount(chosen) : chosen;
  const places = several ? all : [chosen[0] ?? { ...app.place, uids: [] }];
  // What a change is made to is no longer marked: who is quick marks others while the servers are at it.
  const unmarks = command.changes(values) && actsOnMessages(command) && !named;
  let markAgain = () => {};
  const unmark = () => {
    if (unmarks) markAgain = app.list.takeMarks();
  };
  unmark();
  // One question after the other, with the marks in view.
  let asked: Promise<unknown> = Promise.resolve();
  const ask = async (question: string) => {
    markAgain();
    const yes = await app.dialog.confirm(question);
    if (yes) unmark();
    return yes;
  };
  const confirm = (question: string) => {
    const answer = asked.then(() => ask(question));
    asked = answer;
    return answer;
  };
  // From now on it can be undone: who is quick need not wait for the servers.
  const step = command.changes(values) ? app.changes.begin(places) : null;
  const work: Promise<string[]>[] = [];
  let changed = false;
  const begin = async (place: Together): Promise<string[]> => {
    const result = await runAt(app, command, values, place, confirm).catch((error: unknown) => {
      step?.delete(place);
      throw error;
    });
    changed ||= result.kind === "change";
    if (result.kind !== "change") step?.delete(place);
    else if (result.of) {
      if (!result.of.includes(place.mail)) step?.delete(place);
      for (const mail of result.of)
        if (mail !== place.mail) step?.add({ mail, folder: mail.findCachedFolder("INBOX") });
    }
    return result.kind === "change" ? [`${place.mail.account.name}: ${result.text}`] : [];
  };
  try {
    for (const place of places) {
      work.push(begin(place));
      // An editor has the terminal to itself: of each account comes a message of its own, one after the other.
      if (command.alone) await work.at(-1);
    }
    const texts = (await Promise.all(work)).flat();
    if (!changed) markAgain();
    if (texts.length > 1) app.say(texts.join("; "));
  } catch (error) {
    markAgain();
    throw error;
  }
}

async function runAt(
  app: App,
  command: Command,
  values: Readonly<Record<string, unknown>>,
  { mail, folder, uids, also = [] }: Together,
  confirm: Context["confirm"],
): Promise<Result> {
  const context: Context = {
    mail,
    folder: () => Promise.resolve(folder),
    account: (name) => Promise.resolve(app.accounts.find((known) => known.name === name)?.mail ?? null),
    selection: uids,
    also,
    stdin: process.stdin,
    confirm,
    writer: writerOf(app),
    crypto: app.crypto,
    waiting: (label, work) => app.tasks.run(label, work),
    openPage: (page) => openPage(app, page),
  };
  const result = await command.run(context, values);
  showResult(app, result, mail);
  return result;
}

/** Which accounts the last changes were in: each has its own history, and what was done at once is undone at once. */
export class Changes {
  readonly #here: () => Place;
  /** With the message that was open when each began. */
  readonly #running = new Map<Promise<void>, ReaderView | null>();
  readonly #done: ReadonlySet<Place>[] = [];
  #undone: ReadonlySet<Place>[] = [];

  constructor(here: () => Place) {
    this.#here = here;
  }

  /** Commands that change something, and are not done yet: what they do may not even be in the journal. */
  get running(): readonly Promise<void>[] {
    return [...this.#running.keys()];
  }

  /** Whether one of them has taken the open message away: nobody waits for the server to see that. */
  took(open: ReaderView | null): boolean {
    return open !== null && [...this.#running.values()].includes(open) && open.gone;
  }

  /** Runs a command, counted among those that are running. */
  async watch(command: () => Promise<void>, open: ReaderView | null): Promise<void> {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#running.set(ended, open);
    try {
      await command();
    } finally {
      this.#running.delete(ended);
      end();
    }
  }

  /** A change begins in these places; those where nothing comes of it are taken out of what is returned. */
  begin(places: readonly Place[]): Set<Place> {
    const step = new Set(places);
    this.#done.push(step);
    this.#undone = [];
    return step;
  }

  undo(at: (place: Place) => Promise<unknown>): Promise<void> {
    return this.#back(this.#done, this.#undone, at);
  }

  redo(at: (place: Place) => Promise<unknown>): Promise<void> {
    return this.#back(this.#undone, this.#done, at);
  }

  async #back(
    from: ReadonlySet<Place>[],
    to: ReadonlySet<Place>[],
    at: (place: Place) => Promise<unknown>,
  ): Promise<void> {
    let step = from.pop();
    while (step?.size === 0) step = from.pop();
    // Of an earlier session only the account at hand is known.
    const places = step ?? new Set([this.#here()]);
    to.push(places);
    await Promise.all([...places].map(at));
  }
}
