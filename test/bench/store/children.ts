/** What the benchmark measures, each run in a process of its own: `--child NAME OPTIONS`. */

import { once } from "node:events";
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import type { Folder } from "../../../src/mail/index.ts";
import { peakMB } from "./measure.ts";
import { type AtServer, filledStore, mailAt, placesIn } from "./places.ts";

const say = (text: string) => process.stdout.write(`${text}\n`);

/** Fills a local copy with `count` messages and no server. */
async function fill({ dir, count }: { dir: string; count: number }): Promise<void> {
  const started = performance.now();
  (await filledStore(dir, count)).store.close();
  say(`${(performance.now() - started) / 1000}`);
}

/** Opens the store and reads the newest 50 rows, as the first screen does. */
async function open({ dir }: { dir: string }): Promise<void> {
  const { openStore } = await import("../../../src/store/index.ts");
  const started = performance.now();
  const store = openStore(placesIn(dir));
  const opened = performance.now();
  const id = store.mailboxes.byPath("INBOX")?.id ?? 0;
  const rows = store.messages.window(id, { sort: "arrival", descending: true, offset: 0, limit: 50 });
  if (rows.length !== 50) throw new Error(`${rows.length} rows`);
  const read = performance.now();
  store.close();
  say(JSON.stringify({ open: opened - started, rows: read - opened, megabytes: peakMB(process.pid) }));
}

const newest = { sort: "arrival", descending: true, offset: 0, limit: 50 } as const;

/** Opens a mailbox: the newest 50 rows, then the whole index in step with the server. */
async function list(at: AtServer): Promise<void> {
  const mail = await mailAt(at);
  const folder: Folder = await mail.findFolder(at.mailbox);
  const rows = await mail.rows(folder, newest);
  say(`rows ${rows.length}`);
  await mail.sync(folder);
  say(`all ${mail.count(folder)}`);
  await mail.close();
}

/** Brings every body of a mailbox, whose list is known, to disk. */
async function download(at: AtServer & { fsync: boolean }): Promise<void> {
  const keeping = { offlineAge: Number.POSITIVE_INFINITY, fsync: at.fsync };
  const mail = await mailAt(at, "command", keeping);
  const folder = await mail.findFolder(at.mailbox);
  await mail.sync(folder);
  say("listed");
  const { messages } = await mail.download(folder);
  say(`done ${messages}`);
  await mail.close();
}

/** Files as a maildir has them, one after the other: what the file system takes. */
function files(at: { dir: string; count: number; size: number; fsync: boolean }): void {
  const [tmp, cur] = ["tmp", "cur"].map((name) => join(at.dir, name)) as [string, string];
  for (const directory of [tmp, cur]) mkdirSync(directory, { recursive: true });
  const content = Buffer.alloc(at.size, "x");
  for (let n = 1; n <= at.count; n++) {
    const file = openSync(join(tmp, `${n}`), "wx", 0o600);
    writeSync(file, content);
    if (at.fsync) fsyncSync(file);
    closeSync(file);
    renameSync(join(tmp, `${n}`), join(cur, `${n}:2,`));
  }
}

/** Sends the commands by hand and throws away what comes: what the server and the loopback take. */
async function bare({ port, mailbox, items }: AtServer & { items: string }): Promise<void> {
  const socket = connectTcp({ host: "127.0.0.1", port });
  await once(socket, "data");
  const answered = (tag: string) =>
    new Promise<number>((resolve) => {
      let octets = 0;
      const end = new RegExp(`(^|\n)${tag} OK[^\n]*\r\n$`);
      // The line that tells the end may come in two pieces.
      let tail = "";
      const received = (chunk: Buffer) => {
        octets += chunk.length;
        tail = (tail + chunk.toString("latin1", Math.max(0, chunk.length - 500))).slice(-500);
        if (!end.test(tail)) return;
        socket.off("data", received);
        resolve(octets);
      };
      socket.on("data", received);
    });
  const run = async (tag: string, line: string) => {
    const answer = answered(tag);
    socket.write(`${tag} ${line}\r\n`);
    return answer;
  };
  await run("a", "LOGIN user password");
  await run("b", `SELECT "${mailbox}"`);
  const octets = await run("c", `UID FETCH 1:* (${items})`);
  say(`octets ${octets}`);
  socket.destroy();
}

/** imapflow, one file a message. */
async function imapflow({ port, mailbox, dir }: AtServer): Promise<void> {
  const { ImapFlow } = await import("imapflow");
  const auth = { user: "user", pass: "password" };
  const client = new ImapFlow({
    host: "127.0.0.1",
    port,
    secure: false,
    doSTARTTLS: false,
    auth,
    logger: false,
  });
  await client.connect();
  await client.mailboxOpen(mailbox);
  mkdirSync(dir, { recursive: true });
  let count = 0;
  for await (const { uid, source } of client.fetch("1:*", { uid: true, source: true }, { uid: true })) {
    if (source) writeFileSync(join(dir, `${uid}.eml`), source);
    count++;
  }
  say(`done ${count}`);
  await client.logout();
}

/** The children of search.ts, which load more than the others may. */
const searching = () => import("./search-children.ts");

const children = {
  fill,
  open,
  list,
  download,
  bare,
  files,
  imapflow,
  fillText: async (options: Parameters<Searching["fillText"]>[0]) => (await searching()).fillText(options),
  search: async (options: Parameters<Searching["search"]>[0]) => (await searching()).search(options),
  indexing: async (options: Parameters<Searching["indexing"]>[0]) => (await searching()).indexing(options),
};
type Searching = Awaited<ReturnType<typeof searching>>;

export async function runChild(name: string, options: string): Promise<void> {
  // The options come from this same program, a process above.
  await children[name as keyof typeof children](JSON.parse(options) as never);
}
