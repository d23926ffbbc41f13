/** `postern watch`: stays, and prints what happens in folders, or runs a program for it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type Result, UsageError } from "../commands/index.ts";
import type { Where } from "../commands/shapes.ts";
import { type Change, changes, type Mail } from "../mail/index.ts";
import { safeText } from "../message/safe.ts";
import type { Globals } from "./globals.ts";
import { checkNames, print } from "./print.ts";
import { Progress } from "./progress.ts";
import { chosenAccounts, openToStay, warn, within } from "./run.ts";
import { onEndSignal } from "./signals.ts";
import { ownStreams, type Streams } from "./streams.ts";

type Event = Extract<Result, { kind: "event" }>;

export interface WatchOptions {
  readonly folders: readonly string[];
  /** A command for /bin/sh, run for each event. */
  readonly exec?: string;
  /** End with the first event. */
  readonly once: boolean;
}

/** No variable of the environment may be longer than 128 KiB; the JSON has all of it. */
const longest = 4_000;

/** Resolves to the exit status: when a signal ends it, or with the first event where that is wanted. */
export async function watch(globals: Globals, options: WatchOptions): Promise<number> {
  if (globals.offline) throw new UsageError("watch: there is nothing to see off line", "leave out --offline");
  await checkNames(globals, ["event"]);
  const accounts = chosenAccounts(globals);
  const open: Mail[] = [];
  const ending = new AbortController();
  const ended = new Promise<number>((resolve) => onEndSignal(resolve));
  try {
    const watching = accounts.map(async (account) => {
      const mail = await openToStay(account, globals);
      open.push(mail);
      await watchOne(mail, globals, options, accounts.length > 1 ? account.name : null, ending.signal);
      return 0;
    });
    return await within(globals.timeout, Promise.race([ended, ...watching]));
  } finally {
    // A program that runs is not cut short; nothing comes after it.
    ending.abort();
    await Promise.all(open.map((mail) => mail.close()));
  }
}

async function watchOne(
  mail: Mail,
  globals: Globals,
  { folders, exec, once: onlyOne }: WatchOptions,
  label: string | null,
  ending: AbortSignal,
): Promise<void> {
  const streams = ownStreams();
  tellOfTrouble(mail, streams);
  const [first = globals.folder ?? "INBOX", ...names] = folders;
  const head = await mail.findFolder(first);
  const others = [];
  for (const name of names) others.push(await mail.findFolder(name));
  const progress = new Progress(streams, globals.ascii);
  const silent = exec !== undefined && !globals.json && !globals.fields && globals.format === undefined;
  for await (const change of changes(mail, [head, ...others], ending)) {
    const event = eventOf(change);
    const where = { account: mail.account, folder: event.folder };
    if (!silent) {
      await print(event, where, [], globals, label, streams, progress);
      // Who reads slowly is waited for.
      if (streams.stdout.writableNeedDrain) await once(streams.stdout, "drain");
    }
    if (event.event === "watching") continue;
    if (exec !== undefined) await run(exec, event, where, streams);
    if (onlyOne || ending.aborted) return;
  }
}

function eventOf(change: Change): Event {
  const { kind: event, folder } = change;
  const message = "message" in change ? change.message : null;
  const uid = "uid" in change ? change.uid : (message?.uid ?? null);
  return { kind: "event", event, folder, uid, message };
}

/** A loss is told once; what is lost comes back. What never was there is no loss. */
function tellOfTrouble(mail: Mail, { stderr }: Streams): void {
  let lost = true;
  mail.on((event) => {
    if (event.kind === "notice" && event.level === "error") warn(stderr, [event.text]);
    if (event.kind !== "line") return;
    const { state } = event;
    if (state.kind === "down" && state.retryAt !== null && !lost) {
      lost = true;
      warn(stderr, [`the line is lost, and is tried again: ${state.error.message}`]);
    }
    if (state.kind === "online") lost = false;
  });
}

/** Runs a command for an event, which it gets in its environment and as JSON on its standard input; waits for its end. */
async function run(command: string, event: Event, where: Where, { stderr }: Streams): Promise<void> {
  const [{ resultJson }, { formatPeople }] = await Promise.all([
    import("./json.ts"),
    import("../mail/format.ts"),
  ]);
  const { message, folder, uid } = event;
  const text = (value: string) => safeText(value).slice(0, longest);
  const child = spawn("/bin/sh", ["-c", command], {
    stdio: ["pipe", "inherit", "inherit"],
    // What strangers have written is nowhere in the command itself.
    env: {
      ...process.env,
      POSTERN_EVENT: event.event,
      POSTERN_ACCOUNT: where.account.name,
      POSTERN_FOLDER: text(folder.name),
      POSTERN_UID: String(uid),
      POSTERN_FROM: text(formatPeople(message?.from ?? [])),
      POSTERN_SUBJECT: text(message?.subject ?? ""),
    },
  });
  // It need not read.
  child.stdin.on("error", () => {});
  child.stdin.end(resultJson(event, where, []));
  const [status, signal] = await once(child, "exit");
  if (status !== 0) warn(stderr, [`--exec: ${command} ended with ${signal ?? status}`]);
}
