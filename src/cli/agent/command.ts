/** `postern agent`: stays with an open connection, for the commands of others; and what one asks of it. */
import { connect } from "node:net";
import { chooseAccount, loadConfig } from "../../account/config.ts";
import { UsageError } from "../../commands/index.ts";
import type { Globals } from "../globals.ts";
import { ownJson } from "../json.ts";
import { agentVerbs, wrongWord } from "../own.ts";
import { openToStay } from "../run.ts";
import { onEndSignal } from "../signals.ts";
import { noTerminal } from "../terminal.ts";
import { tableText } from "../text.ts";
import { answerMs, frame, readFrames } from "./frames.ts";
import { agentsThere, type Request, socketIn, surroundings } from "./place.ts";
import { type AgentStatus, serve } from "./serve.ts";

class NoAgent extends Error {
  readonly code = "NO_AGENT";
  readonly hint = '"postern agent" starts one; the screen is one, too';
}

/** Resolves to the exit status. */
export async function agent(globals: Globals, verb: string, idle: string): Promise<number> {
  if (verb === "") return stay(globals, idle);
  const { account, config } = globals;
  const { name } = chooseAccount(loadConfig(config), account);
  if (verb !== "status" && verb !== "stop") throw wrongWord("agent", verb, Object.keys(agentVerbs));
  const status = await ask(name, verb);
  if (status === null) throw new NoAgent(`no Postern serves account "${name}"`);
  if (verb === "stop" && status.kind === "screen")
    throw new UsageError(`a screen serves account "${name}" (process ${status.pid})`, "quit it there");
  const { since, ...rest } = status;
  const told = { ...rest, since: new Date(since).toISOString() };
  if (globals.json) process.stdout.write(ownJson(told));
  else if (verb === "status")
    process.stdout.write(tableText(Object.entries(told).map(([k, v]) => [k, String(v)])));
  return 0;
}

/** Null where nobody is there, or nobody answers. */
function ask(account: string, what: "status" | "stop"): Promise<AgentStatus | null> {
  const { directory, accounts } = agentsThere();
  const path = socketIn(directory, account);
  if (path === null || !accounts.includes(account)) return Promise.resolve(null);
  return new Promise((resolve) => {
    const socket = connect(path);
    const timer = setTimeout(() => socket.destroy(), answerMs);
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(null);
    });
    const request: Request = { surroundings: "", ask: what, argv: [], ...noTerminal };
    socket.write(frame("R", JSON.stringify(request)));
    readFrames(socket, (letter, payload) => {
      if (letter === "T") resolve(JSON.parse(payload.toString()) as AgentStatus);
      socket.destroy();
    });
  });
}

/** `90s`, `30m`, `2h` in milliseconds. Throws UsageError. */
function milliseconds(text: string): number {
  const [, number = "0", unit = ""] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  const ms = Number(number) * ({ s: 1_000, m: 60_000, h: 3_600_000 }[unit] ?? 0);
  // Node's timers count to 2^31.
  if (ms > 0 && ms < 2 ** 31) return ms;
  throw new UsageError(`--idle: "${text}" is no time`, "say 90s, 30m or 2h");
}

function later<T>() {
  let resolve = (_: T) => {};
  let reject = (_: unknown) => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

async function stay(globals: Globals, idle: string): Promise<number> {
  if (globals.offline) throw new UsageError("an agent is there for its connection", "leave out --offline");
  const ms = milliseconds(idle);
  const before = surroundings(globals.config);
  const config = loadConfig(globals.config);
  const account = chooseAccount(config, globals.account);
  const mail = await openToStay(account, globals);
  try {
    const ending = later<number>();
    const served = await serve(mail, {
      kind: "agent",
      first: config.accounts[0]?.name ?? "",
      surroundings: before,
      stop: () => ending.resolve(0),
      idle: { ms, over: () => ending.resolve(0) },
    });
    if (served === null) {
      process.stderr.write(
        `postern: account "${account.name}" is served already: see "postern agent status"\n`,
      );
      return 0;
    }
    try {
      onEndSignal(ending.resolve);
      mail.watch(await mail.findFolder(globals.folder ?? "INBOX"));
      mail.server.reach().catch((error: unknown) => {
        // A line that is down comes back by itself, unless asking again is no use.
        if (mail.line.kind === "down" && mail.line.retryAt === null) ending.reject(error);
      });
      return await ending.promise;
    } finally {
      await served.close();
    }
  } finally {
    await mail.close();
  }
}
