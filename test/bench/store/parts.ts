/** The tables: each part sets up what it needs, runs all programs on it one after another, and prints them side by side. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeHome, openScreen } from "../../screen/postern.ts";
import { type Pty, startPty } from "../../screen/pty.ts";
import { type Dovecot, startDovecot } from "../../servers/dovecot.ts";
import { roundsProxy } from "../../servers/rounds.ts";
import { bodies, headers } from "./mail.ts";
import { mbsync, mbsyncMissing } from "./mbsync.ts";
import {
  child,
  cpuSeconds,
  type Measured,
  measured,
  median,
  middle,
  peakMB,
  table,
  when,
} from "./measure.ts";

export interface Sizes {
  /** Messages in the local copies that are opened. */
  readonly open: readonly number[];
  readonly list: number;
  readonly bodies: number;
  readonly resync: number;
  /** Messages searched, and messages whose text is indexed. */
  readonly search: number;
  readonly indexing: number;
  readonly runs: number;
}

const screen = { columns: 150, rows: 50 };

/** A directory below the system's temporary one that lasts as long as `work`. */
export async function withDirectory<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), "postern-bench-"));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A Dovecot with one mailbox, which it has looked at once. */
export async function withDovecot<T>(
  mail: () => Iterable<Parameters<Dovecot["deliver"]>[1] extends Iterable<infer M> ? M : never>,
  work: (at: { port: number; mailbox: string }, octets: number) => Promise<T>,
): Promise<T> {
  const dovecot = await startDovecot({ tls: "none" });
  try {
    dovecot.deliver("INBOX", mail());
    const at = { port: dovecot.port, mailbox: "INBOX" };
    const drained = await child("bare", { ...at, items: "RFC822.SIZE ENVELOPE BODYSTRUCTURE" });
    return await work(at, octetsOf(drained));
  } finally {
    await dovecot.stop();
  }
}

const octetsOf = (run: Measured) => Number(run.lines.at(-1)?.text.split(" ")[1] ?? 0);

async function several(times: number, run: (n: number) => Promise<Measured>): Promise<Measured[]> {
  const runs: Measured[] = [];
  for (let n = 0; n < times; n++) runs.push(await run(n));
  return runs;
}

/** Index open and the newest 50 rows, at several sizes; the program's own list and screen on the same local copy. */
export async function openPart({ open: counts, runs }: Sizes): Promise<void> {
  const rows: (string | number)[][] = [
    [
      "messages",
      "fill rows/s",
      "open ms",
      "50 rows ms",
      "peak MB",
      "process ms",
      "node -e 0 ms",
      "ratio",
      "postern list ms",
      "peak MB",
      "screen ms",
      "screen MB",
    ],
  ];
  for (const count of counts) {
    // No server answers there: what shows comes from the local copy.
    const home = makeHome(1);
    try {
      const { dir } = home;
      const filled = await child("fill", { dir, count });
      const samples: { open: number; rows: number; megabytes: number; process: number; nothing: number }[] =
        [];
      const lists: Measured[] = [];
      for (let n = 0; n < runs * 3; n++) {
        const nothing = await measured(process.execPath, ["-e", "0"]);
        const opened = await child("open", { dir });
        samples.push({
          ...(JSON.parse(opened.lines[0]?.text ?? "{}") as { open: number; rows: number; megabytes: number }),
          process: opened.seconds * 1000,
          nothing: nothing.seconds * 1000,
        });
        lists.push(await measured("bin/postern", ["list", "--offline"], home.env));
      }
      const of = (key: keyof (typeof samples)[number]) => median(samples.map((sample) => sample[key]));
      const shown = await screenOn((size) => openScreen(home, size), `Number ${count} `);
      rows.push([
        String(count),
        count / Number(filled.lines[0]?.text),
        of("open"),
        of("rows"),
        of("megabytes"),
        of("process"),
        of("nothing"),
        of("process") / of("nothing"),
        middle(lists).seconds * 1000,
        Math.max(...lists.map((run) => run.megabytes)),
        shown.seconds * 1000,
        shown.megabytes,
      ]);
    } finally {
      home.remove();
    }
  }
  table(
    "Local copy opened, each time by a new process (screen: off the network, until the newest message shows)",
    rows,
  );
}

async function screenOn(
  start: (size: typeof screen) => Promise<Pty>,
  text: string,
): Promise<{ seconds: number; megabytes: number; cpu: number }> {
  const started = performance.now();
  const pty = await start(screen);
  try {
    await pty.waitFor((lines) => lines.some((line) => line.includes(text)), 300_000);
    const seconds = (performance.now() - started) / 1000;
    await pty.settle(500);
    return { seconds, megabytes: peakMB(pty.pid), cpu: cpuSeconds(pty.pid) };
  } finally {
    await pty.stop();
  }
}

function startMutt(dir: string, port: number): Promise<Pty> {
  mkdirSync(join(dir, "headers"), { recursive: true });
  const settings = [
    `set folder="imap://user@127.0.0.1:${port}/" spoolfile="+INBOX" imap_user=user imap_pass=password`,
    `set header_cache="${dir}/headers" message_cachedir="${dir}" ssl_starttls=no ssl_force_tls=no`,
    "set imap_condstore=yes imap_qresync=yes sort=reverse-date-received arrow_cursor=no",
    'set mail_check=60 timeout=60 help=yes record="" postponed=""',
  ];
  writeFileSync(join(dir, "rc"), `${settings.join("\n")}\n`);
  return startPty("mutt", ["-F", join(dir, "rc"), "-n"], { ...screen, env: { HOME: dir }, cwd: dir });
}

/** A mailbox opened for the first time: the first screen of rows, and all headers in the index. */
export async function listPart({ list: count, runs }: Sizes): Promise<void> {
  await withDovecot(
    () => headers(count),
    async (at, warmed) => {
      const { mailbox, port } = at;
      const drained = await child("bare", { ...at, items: "UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE" });
      const list = () => withDirectory((dir) => child("list", { ...at, dir }));
      const mutt = () => withDirectory((dir) => screenOn(() => startMutt(dir, port), `Number ${count} `));
      const lists: Measured[] = [];
      const theirs: Awaited<ReturnType<typeof mutt>>[] = [];
      // Turn and turn about, after one of each which leaves the server's cache with what either asks for.
      for (let n = 0; n <= runs; n++) {
        const [ours, peer] = [await list(), hasMutt() ? await mutt() : null];
        if (n === 0) continue;
        lists.push(ours);
        if (peer) theirs.push(peer);
      }
      for (const run of lists) {
        if (!run.lines.some(({ text }) => text === `all ${count}`)) throw new Error(`not all of ${mailbox}`);
      }
      const ours = middle(lists);
      const home = makeHome(port);
      const shown = await screenOn((size) => openScreen(home, size), `Number ${count} `).finally(home.remove);
      const rows: (string | number)[][] = [
        ["", "first rows s", "all headers s", "to mutt", "processor s", "peak MB"],
        ["bare socket, thrown away", "", drained.seconds, "", drained.cpu, drained.megabytes],
      ];
      const mutts = [...theirs].sort((a, b) => a.seconds - b.seconds)[theirs.length >> 1] ?? null;
      const ratio = (seconds: number) => (mutts ? seconds / mutts.seconds : "");
      rows.push(
        [
          "postern, one process",
          when(ours, "rows"),
          when(ours, "all"),
          ratio(when(ours, "all")),
          ours.cpu,
          ours.megabytes,
        ],
        ["postern, on a screen", shown.seconds, "", ratio(shown.seconds), shown.cpu, shown.megabytes],
      );
      if (mutts)
        rows.push(["mutt, on a screen", mutts.seconds, mutts.seconds, 1, mutts.cpu, mutts.megabytes]);
      table(
        `First list of ${count} messages (${(warmed / 1e6).toFixed(0)} MB of list data and structures)`,
        rows,
      );
    },
  );
}

const hasMutt = () => spawnSync("which", ["mutt"]).status === 0;

/** Every body of a mailbox to disk. */
export async function bodiesPart({ bodies: count, runs }: Sizes): Promise<void> {
  await withDovecot(
    () => bodies(count),
    // All stay until the end: ext4 is slow to make files where others have just been deleted.
    (at) => withDirectory((root) => bodiesTo(root, at, count, runs)),
  );
}

async function bodiesTo(
  root: string,
  at: { port: number; mailbox: string },
  count: number,
  runs: number,
): Promise<void> {
  const to = (run: (dir: string) => Promise<Measured>) => run(mkdtempSync(join(root, "run-")));
  const bare = () => to(() => child("bare", { ...at, items: "BODY.PEEK[]" }));
  const drained = middle(await several(runs, bare));
  const octets = octetsOf(drained);
  const rows: (string | number)[][] = [
    ["", "s", "MB/s", "to mbsync with the same fsync", "processor s", "peak MB"],
  ];
  const add = (name: string, run: Measured, seconds: number, ratio: number | "") =>
    rows.push([name, seconds, octets / 1e6 / seconds, ratio, run.cpu, run.megabytes]);
  add("bare socket, thrown away", drained, drained.seconds, "");
  const imapflow = await to((dir) => child("imapflow", { ...at, dir: join(dir, "files") }));
  add("imapflow 2.1.2 to files", imapflow, imapflow.seconds, "");
  for (const fsync of [false, true]) {
    const files: Measured[] = [];
    const theirs: Measured[] = [];
    const ours: Measured[] = [];
    // Turn and turn about, so that whatever else the machine does befalls all of them.
    for (let n = 0; n < runs; n++) {
      const size = Math.round(octets / count);
      files.push(await to((dir) => child("files", { dir, count, size, fsync })));
      if (!mbsyncMissing()) theirs.push(await to((dir) => mbsync({ ...at, dir }, fsync)));
      ours.push(await to((dir) => child("download", { ...at, dir, fsync })));
    }
    const setting = fsync ? "fsync" : "no fsync";
    const [file, peer, own] = [middle(files), theirs.length > 0 ? middle(theirs) : null, middle(ours)];
    add(`as many files and nothing else, ${setting}`, file, file.seconds, "");
    if (peer) add(`mbsync, ${setting}`, peer, peer.seconds, 1);
    const done = when(own, `done ${count}`);
    const ratio = (seconds: number) => (peer ? seconds / peer.seconds : "");
    add(`postern, list and bodies, ${setting}`, own, done, ratio(done));
    const alone = done - when(own, "listed");
    add(`postern, bodies alone, ${setting}`, own, alone, ratio(alone));
  }
  table(`Bodies of ${count} messages, ${(octets / 1e6).toFixed(0)} MB, to disk`, rows);
}

/** A mailbox where nothing is new. */
export async function resyncPart({ resync: count, runs }: Sizes): Promise<void> {
  await withDovecot(
    () => headers(count),
    async (at) => {
      const rows: (string | number)[][] = [
        ["", "flights", "octets up", "octets down", "seconds", "processor s", "peak MB"],
      ];
      const resync = async (name: string, run: (port: number) => Promise<Measured>) => {
        const proxy = await roundsProxy(at.port);
        // Twice, as what a server can do is remembered by where it is.
        await run(proxy.port);
        const before = { rounds: proxy.rounds, sent: proxy.sent, received: proxy.received };
        await run(proxy.port);
        const rounds = proxy.rounds - before.rounds;
        const sent = proxy.sent - before.sent;
        const received = proxy.received - before.received;
        await proxy.stop();
        // Without the proxy, which waits for quiet: how long it takes.
        const direct = middle(await several(runs, () => run(at.port)));
        rows.push([
          name,
          String(rounds),
          String(sent),
          String(received),
          direct.seconds,
          direct.cpu,
          direct.megabytes,
        ]);
      };
      await withDirectory(async (dir) => {
        await child("list", { ...at, dir });
        await resync("postern", (port) => child("list", { ...at, port, dir }));
      });
      if (!mbsyncMissing()) {
        await withDirectory(async (dir) => {
          await mbsync({ ...at, dir }, false);
          await resync("mbsync", (port) => mbsync({ ...at, port, dir }, false));
        });
      }
      table(
        `Nothing new in ${count} messages (flights after TCP's own; each of our runs logs in and logs out)`,
        rows,
      );
    },
  );
}
