/** After a crash: the local copy is opened again, brought in step, and compared with the server and with what was promised. */

import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { keepingDefaults } from "../../src/account/config.ts";
import { Secret } from "../../src/imap/index.ts";
import { Mail } from "../../src/mail/index.ts";
import { openStore, type Store, type StoreLocation } from "../../src/store/index.ts";
import type { ServerMessage, Wire } from "../servers/wire.ts";
import { differences, Ledger, type State, type Step } from "./ledger.ts";

/** What the server has: every mailbox with its messages. */
export type Server = ReadonlyMap<string, readonly ServerMessage[]>;

export async function lookAt(wire: Wire): Promise<Server> {
  const found = new Map<string, readonly ServerMessage[]>();
  for (const path of await wire.mailboxes()) {
    await wire.select(path);
    found.set(path, await wire.listing());
  }
  return found;
}

/** Doubles are kept apart by a number, so that none hides another. */
export function stateOf(server: Server): State {
  return new Map(
    [...server].map(([path, messages]) => {
      const seen = new Map<string, readonly string[]>();
      for (const { messageId, flags } of messages) {
        let key = messageId;
        for (let n = 2; seen.has(key); n++) key = `${messageId} number ${n}`;
        seen.set(key, flags);
      }
      return [path, seen];
    }),
  );
}

/** How long the local copy may take to bring everything to the server. */
const patience = 60_000;

/** `log` is a file that gets the protocol. */
function openMail(
  port: number,
  places: StoreLocation,
  log: string | null,
  cacheSize: number,
  events: string[],
): Mail {
  const mail = Mail.open({
    ...(log === null ? {} : { log: (line: string) => appendFileSync(log, `${line}\n`) }),
    account: {
      name: "test",
      address: "user@example.org",
      imap: { security: "none", host: "127.0.0.1", port, user: "user" },
      passwordCommand: null,
      caFile: null,
      pin: null,
      ...keepingDefaults,
      cacheSize,
    },
    directories: places,
    password: () => Promise.resolve(new Secret("password")),
    offline: false,
    keepOnline: false,
  });
  mail.on((event) => {
    if (event.kind === "notice") events.push(event.text);
  });
  return mail;
}

/** Opens the local copy, and waits until the journal is empty and all mailboxes are in step. Returns what it complained of. */
export async function recover(
  port: number,
  places: StoreLocation,
  log: string | null,
  cacheSize = keepingDefaults.cacheSize,
): Promise<string[]> {
  const notices: string[] = [];
  const mail = openMail(port, places, log, cacheSize, notices);
  try {
    const end = Date.now() + patience;
    await mail.refreshFolders();
    while (mail.queued > 0) {
      if (Date.now() > end) return [`hang: ${mail.queued} changes still wait after ${patience / 1000} s`];
      await sleep(5);
    }
    for (const folder of await mail.refreshFolders()) if (folder.selectable) await mail.sync(folder);
    return notices.map((text) => `notice: ${text}`);
  } finally {
    await mail.close();
  }
}

/** Compares the server with what was promised; a step that was begun and not promised may have been done or not. */
export function judgePromises(promised: Ledger, open: readonly Step[], server: Server): string[] {
  const found = stateOf(server);
  let least: string[] | null = null;
  // Each process has one such step at most: two processes make four cases.
  for (let mask = 0; mask < 2 ** open.length; mask++) {
    const expected = new Ledger(promised.state);
    open.forEach((step, at) => {
      if (mask & (1 << at)) expected.apply(step);
    });
    const lines = differences(expected.state, found);
    if (least === null || lines.length < least.length) least = lines;
  }
  return least ?? [];
}

/** Compares index, maildirs and bodies with the server. */
export async function judgeCopy(
  places: StoreLocation,
  server: Server,
  wire: Wire,
  cacheSize = keepingDefaults.cacheSize,
): Promise<string[]> {
  const store = openStore(places);
  try {
    const lines: string[] = [];
    const pending = store.journal.pending().length;
    const failed = store.journal.failed().length;
    if (pending + failed > 0) lines.push(`journal: ${pending} wait and ${failed} failed`);
    if (store.bodies.size() > cacheSize)
      lines.push(`bodies: ${store.bodies.size()} octets are kept, not ${cacheSize} at most`);
    for (const mailbox of store.mailboxes.all()) {
      const there = server.get(mailbox.path);
      if (!there) {
        if (store.messages.count(mailbox.id) > 0) lines.push(`index: ${mailbox.path} is not on the server`);
        continue;
      }
      lines.push(...judgeRows(store, mailbox.id, mailbox.path, there));
      lines.push(...(await judgeFiles(store, mailbox.id, mailbox.path, there, wire)));
    }
    for (const path of server.keys())
      if (!store.mailboxes.byPath(path)) lines.push(`index: ${path} is missing`);
    return lines;
  } finally {
    store.close();
  }
}

const everything = { sort: "arrival", descending: false, offset: 0, limit: 1_000_000 } as const;

function judgeRows(store: Store, id: number, path: string, there: readonly ServerMessage[]): string[] {
  const lines: string[] = [];
  const rows = new Map(store.messages.window(id, everything).map((row) => [row.uid, row]));
  for (const { uid, flags, messageId, size } of there) {
    const row = rows.get(uid);
    rows.delete(uid);
    if (!row) lines.push(`index: ${path} lacks ${uid} ${messageId}`);
    else if (row.messageId !== messageId)
      lines.push(`index: ${path} ${uid} is ${row.messageId}, not ${messageId}`);
    else if ([...row.flags].sort().join() !== flags.join())
      lines.push(`index: ${path} ${uid} has ${row.flags.join(" ")}, not ${flags.join(" ")}`);
    else if (row.size !== size) lines.push(`index: ${path} ${uid} has ${row.size} octets, not ${size}`);
  }
  for (const [uid, row] of rows) lines.push(`index: ${path} has ${uid} ${row.messageId}, the server has not`);
  return lines;
}

/** Our files in a maildir, with the UID in their names. */
const ours = /^\d+\.postern_.*,U=(\d+):2,/;

async function judgeFiles(
  store: Store,
  id: number,
  path: string,
  there: readonly ServerMessage[],
  wire: Wire,
): Promise<string[]> {
  const lines: string[] = [];
  const uids = new Set(there.map(({ uid }) => uid));
  await wire.select(path);
  const sources = new Map<number, Buffer>();
  const sourceOf = async (uid: number) => {
    const known = sources.get(uid) ?? (await wire.source(uid));
    sources.set(uid, known);
    return known;
  };
  for (const row of store.messages.window(id, everything)) {
    if (!row.cached || !uids.has(row.uid)) continue;
    const body = store.bodies.read(id, row.uid);
    if (body && !body.equals(await sourceOf(row.uid)))
      lines.push(`body: ${path} ${row.uid} is not as on the server`);
  }
  const directory = store.mailboxes.directory(id);
  const cached = new Set(store.bodies.files(id, JSON.stringify([...uids])));
  const seen = new Set<number>();
  for (const sub of ["cur", "new"]) {
    for (const name of list(join(directory, sub))) {
      const uid = Number(ours.exec(name)?.[1] ?? -1);
      if (uid < 0) lines.push(`maildir: ${path} has ${name}, which is not ours`);
      else if (seen.has(uid)) lines.push(`maildir: ${path} has ${uid} twice`);
      else if (!uids.has(uid)) lines.push(`maildir: ${path} keeps ${name}, which is gone`);
      else if (!cached.has(name)) lines.push(`maildir: ${path} keeps ${name}, which the index does not know`);
      else if (!readFileSync(join(directory, sub, name)).equals(await sourceOf(uid)))
        lines.push(`maildir: ${path} ${name} is not as on the server`);
      seen.add(uid);
    }
  }
  return lines;
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
