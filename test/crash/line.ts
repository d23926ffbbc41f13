/** Work on a line with faults: whatever befalls it, the person waits no longer than the watchdogs say, and nothing is lost. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepingDefaults } from "../../src/account/config.ts";
import { Secret, timeouts } from "../../src/imap/index.ts";
import { type Folder, Mail, type Message } from "../../src/mail/index.ts";
import type { StoreLocation } from "../../src/store/index.ts";
import { startCyrus } from "../servers/cyrus.ts";
import { startDovecot } from "../servers/dovecot.ts";
import { type Direction, type Fault, type FaultProxy, faultProxy } from "../servers/faults.ts";
import { Wire } from "../servers/wire.ts";
import { judgeCopy, judgePromises, lookAt, recover, stateOf } from "./judge.ts";
import { Ledger, type Step } from "./ledger.ts";
import { letter } from "./letter.ts";
import { Random } from "./random.ts";
import type { ServerKind } from "./rig.ts";

export const deeds = ["first sync", "sync", "read", "flag", "move", "copy", "append", "remove"] as const;
export type Deed = (typeof deeds)[number];

/** ms: what is put up with of a dead line here, and what a deed and a goodbye may take with it. */
const waits = { silence: 400, greeting: 400 };
const patience = 10_000;
const goodbye = 2_500;

/** Until `stop`, a silent server is given up soon. */
function hasten(): () => void {
  const usual = { ...timeouts };
  Object.assign(timeouts, waits);
  return () => void Object.assign(timeouts, usual);
}

const everything = { sort: "arrival", descending: true, offset: 0, limit: 10_000 } as const;

export class LineRig {
  readonly #port: number;
  readonly #proxy: FaultProxy;
  readonly #wire: Wire;
  readonly #dir: string;
  readonly #random: Random;
  readonly #stopServer: () => Promise<void>;
  #ledger: Ledger;
  #made = 0;

  private constructor(
    port: number,
    proxy: FaultProxy,
    wire: Wire,
    seed: number,
    ledger: Ledger,
    stop: () => Promise<void>,
  ) {
    this.#port = port;
    this.#proxy = proxy;
    this.#wire = wire;
    this.#random = new Random(seed);
    this.#ledger = ledger;
    this.#dir = mkdtempSync(join(tmpdir(), "postern-line-"));
    this.#stopServer = stop;
  }

  static async start(kind: ServerKind, seed: number): Promise<LineRig> {
    const server = kind === "dovecot" ? await startDovecot({ tls: "none" }) : await startCyrus();
    const wire = await Wire.open(server.port);
    const names = Array.from({ length: 40 }, (_, n) => `<first.${n}@crash.example.org>`);
    await wire.appendAll("INBOX", names.map(letter));
    await wire.appendAll(
      "Archive",
      names.slice(0, 5).map((id) => letter(id.replace("first", "older"))),
    );
    const ledger = new Ledger(stateOf(await lookAt(wire)));
    return new LineRig(server.port, await faultProxy(server.port), wire, seed, ledger, () => server.stop());
  }

  get #places(): StoreLocation {
    return { cacheDir: join(this.#dir, "cache"), stateDir: join(this.#dir, "state") };
  }

  /** How many octets a deed takes in each direction on a sound line. */
  async size(deed: Deed): Promise<Readonly<Record<Direction, number>>> {
    const faults = await this.run(deed, null);
    if (faults.length > 0) throw new Error(`${deed} on a sound line: ${faults.join("; ")}`);
    return { ...this.#proxy.passed };
  }

  /** `count` of the faults that a deed may meet, chosen by the seed. */
  async choose(deed: Deed, count: number): Promise<Fault[]> {
    const size = await this.size(deed);
    const pool: Fault[] = [
      ...endsOf(size, ["cut", "reset", "stall", "half-open"], 97),
      { kind: "slow", octetsPerSecond: 8_000 },
      { kind: "late", ms: 100 },
    ];
    return Array.from({ length: count }, () => this.#random.pick(pool));
  }

  /** Does a deed on a line with this fault, then opens the copy again on a sound one; returns what is wrong. */
  async run(deed: Deed, fault: Fault | null): Promise<string[]> {
    await this.#prepare(deed);
    const hurried = fault === null || fault.kind === "slow" || fault.kind === "late" ? () => {} : hasten();
    this.#proxy.fault = fault;
    const faults: string[] = [];
    let promised: Step | null = null;
    const mail = this.#open();
    try {
      const inbox = mail.findCachedFolder("INBOX");
      const { step, done } = this.#begin(mail, deed, inbox);
      promised = step;
      const ended = await within(patience * (fault?.kind === "slow" ? 6 : 1), done);
      if (!ended) faults.push(`hang: ${deed} did not end`);
    } finally {
      if (!(await within(goodbye, mail.close()))) faults.push("hang: the goodbye took too long");
      hurried();
    }
    faults.push(...(await recover(this.#port, this.#places, null)));
    const server = await lookAt(this.#wire);
    if (promised) this.#ledger.apply(promised);
    faults.push(...judgePromises(this.#ledger, [], server));
    faults.push(...(await judgeCopy(this.#places, server, this.#wire)));
    this.#ledger = new Ledger(stateOf(server));
    return faults;
  }

  /** Enough messages to work on; no local copy where the deed is to make it. */
  async #prepare(deed: Deed): Promise<void> {
    if (deed === "first sync") rmSync(this.#dir, { recursive: true, force: true });
    const inbox = this.#ledger.state.get("INBOX")?.size ?? 0;
    const fresh = inbox < 30 ? 30 : deed === "sync" ? 2 : 0;
    if (fresh === 0) return;
    const names = Array.from({ length: fresh }, () => `<more.${this.#made++}@crash.example.org>`);
    await this.#wire.appendAll("INBOX", names.map(letter));
    this.#ledger = new Ledger(stateOf(await lookAt(this.#wire)));
    if (deed !== "sync" && deed !== "first sync") await recover(this.#port, this.#places, null);
  }

  #open(): Mail {
    return Mail.open({
      account: {
        name: "test",
        address: "user@example.org",
        imap: { security: "none", host: "127.0.0.1", port: this.#proxy.port, user: "user" },
        passwordCommand: null,
        caFile: null,
        pin: null,
        ...keepingDefaults,
      },
      directories: this.#places,
      password: () => Promise.resolve(new Secret("password")),
      offline: false,
      keepOnline: false,
    });
  }

  /** Begins a deed; `step` is what is promised with that. */
  #begin(mail: Mail, deed: Deed, inbox: Folder): { step: Step | null; done: Promise<unknown> } {
    const archive = mail.findCachedFolder("Archive");
    const rows = mail.window(inbox, everything).filter(({ messageId }) => messageId !== null);
    const free = rows.filter((row) => !this.#ledger.holds("Archive", idOf(row)));
    const some = (from: readonly Message[]) => (from.length > 0 ? this.#random.some(from, 3) : []);
    const chosen = some(deed === "move" || deed === "copy" ? free : rows);
    const uids = chosen.map(({ uid }) => uid);
    const named = { folder: "INBOX", ids: chosen.map(idOf) };
    switch (deed) {
      case "first sync":
      case "sync":
        return { step: null, done: mail.sync(inbox) };
      case "read":
        return { step: null, done: Promise.all(uids.map((uid) => mail.source(inbox, uid).then(drained))) };
      case "flag": {
        const mode = this.#random.pick(["add", "remove"] as const);
        const flags = [this.#random.pick(["\\Flagged", "\\Seen", "$Work"])];
        return { step: { kind: "flag", ...named, mode, flags }, done: mail.flag(inbox, uids, mode, flags) };
      }
      case "move":
        return { step: { kind: "move", ...named, to: "Archive" }, done: mail.move(inbox, uids, archive) };
      case "copy":
        return { step: { kind: "copy", ...named, to: "Archive" }, done: mail.copy(inbox, uids, archive) };
      case "remove":
        return { step: { kind: "remove", ...named }, done: mail.remove(inbox, uids) };
      case "append": {
        const id = `<new.${this.#made++}@crash.example.org>`;
        return {
          step: { kind: "append", folder: "INBOX", ids: [id], flags: ["\\Seen"] },
          done: mail.append(inbox, letter(id), ["\\Seen"]),
        };
      }
    }
  }

  async stop(): Promise<void> {
    this.#wire.close();
    await this.#proxy.stop();
    await this.#stopServer();
    rmSync(this.#dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

const idOf = ({ messageId }: Message) => messageId ?? "";

async function drained(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

/** Whether `work` ended, well or badly, within `ms`. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const ended = work.then(
    () => true,
    () => true,
  );
  const result = await Promise.race([ended, late]);
  clearTimeout(timer);
  return result;
}

/** Ends of the line, in every way of `kinds`, at each `every`th octet that a deed sends and gets. */
export function endsOf(
  size: Readonly<Record<Direction, number>>,
  kinds: readonly ("cut" | "reset" | "stall" | "half-open")[],
  every: number,
): Fault[] {
  return kinds.flatMap((kind) =>
    (["up", "down"] as const).flatMap((direction) =>
      Array.from(
        { length: Math.floor(size[direction] / every) + 1 },
        (_, at): Fault => ({ kind, direction, after: at * every }),
      ),
    ),
  );
}

/** Every kind of work with every fault; prints a table, and resolves to the number of faults found. */
export async function runLines(kind: ServerKind, seed: number, every: number): Promise<number> {
  const rig = await LineRig.start(kind, seed);
  const rows: string[] = [];
  let sum = 0;
  try {
    for (const deed of deeds) {
      const started = performance.now();
      const size = await rig.size(deed);
      const faults: Fault[] = [
        ...endsOf(size, ["cut"], every),
        ...endsOf(size, ["reset", "stall", "half-open"], every * 10),
        { kind: "slow", octetsPerSecond: 1_000 },
        { kind: "late", ms: 500 },
      ];
      let found = 0;
      for (const fault of faults) {
        const lines = await rig.run(deed, fault);
        found += lines.length;
        if (lines.length > 0)
          console.log(`${kind}, ${deed}, ${JSON.stringify(fault)}:\n  ${lines.slice(0, 12).join("\n  ")}`);
      }
      sum += found;
      const cells = [
        size.up,
        size.down,
        faults.length,
        found,
        ((performance.now() - started) / 1000).toFixed(1),
      ];
      rows.push(`${deed.padEnd(14)}${cells.map((cell) => String(cell).padStart(10)).join("")}`);
    }
  } finally {
    await rig.stop();
  }
  console.log(`\n${kind}, seed ${seed}, the line ends at every ${every}th octet`);
  console.log(
    `${"".padEnd(14)}${["octets up", "down", "lines", "faults", "s"].map((s) => s.padStart(10)).join("")}`,
  );
  for (const row of rows) console.log(row);
  return sum;
}
