/** Runs of search.ts, each in a process of its own. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Folder } from "../../../src/mail/index.ts";
import { Indexing } from "../../../src/mail/indexing.ts";
import { openStore, type Store, searchable } from "../../../src/store/index.ts";
import { bodies, prose } from "./mail.ts";
import { peakMB } from "./measure.ts";
import { type AtServer, filledStore, mailAt, placesIn } from "./places.ts";

const say = (result: object) => process.stdout.write(`${JSON.stringify(result)}\n`);

/** The longest time for which nothing else had its turn, ms, and that of all but one in a hundred. */
async function turns<T>(work: () => Promise<T>): Promise<{ result: T; longest: number; usual: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const result = await work();
  delay.disable();
  return { result, longest: delay.max / 1e6, usual: delay.percentile(99) / 1e6 };
}

/** A local copy with the text of all messages in its index: a kilobyte each, and one word that no other has. */
export async function fillText({ dir, count }: { dir: string; count: number }): Promise<void> {
  const { store, mailboxId } = await filledStore(dir, count);
  const uids = Array.from({ length: count }, (_, i) => i + 1);
  store.transaction(() => {
    for (const uid of uids) store.bodies.putPart(mailboxId, uid, "1", Buffer.from("text"));
  });
  for (let batch = next(store); batch.length > 0; batch = next(store)) {
    store.fullText.put(batch);
    store.fullText.merge();
  }
  while (store.fullText.merge());
  store.close();
}

const next = (store: Store) =>
  store.fullText.waiting(200).map((entry) => {
    const body = searchable(`${prose(entry.uid, 1_000)} only${entry.uid}x`);
    return [entry, { fields: [], body, whole: true, files: [], attached: [] }] as const;
  });

/** Asks once for each query: ms until the first hits, until all that are here, and until the answer. */
export async function search({ queries, ...at }: AtServer & { queries: readonly string[] }): Promise<void> {
  const mail = await mailAt(at, at.port === 0 ? "offline" : "screen");
  const folder: Folder = await mail.findFolder(at.mailbox);
  if (at.port !== 0) await mail.sync(folder);
  for (const query of queries) {
    const started = performance.now();
    const before = process.cpuUsage();
    let first: number | null = null;
    let here: number | null = null;
    const { result, longest } = await turns(() =>
      mail.find(folder, query, () => {
        here = performance.now() - started;
        first ??= here;
      }),
    );
    const all = performance.now() - started;
    const { user, system } = process.cpuUsage(before);
    const cpu = (user + system) / 1000;
    say({ query, hits: result.uids.length, first, here, all, cpu, longest, megabytes: peakMB(process.pid) });
  }
  await mail.close();
}

/** Makes the full text of `count` bodies that are on disk. */
export async function indexing({ dir, count }: { dir: string; count: number }): Promise<void> {
  const filled = await filledStore(dir, count);
  let octets = 0;
  let uid = 0;
  for (const { message } of bodies(count)) {
    const writer = filled.store.bodies.create(filled.mailboxId, ++uid);
    writer.write(message);
    writer.commit();
    octets += message.length;
  }
  filled.store.close();
  const store = openStore(placesIn(dir));
  const index = new Indexing(store);
  const started = performance.now();
  const { longest, usual } = await turns(() => index.catchUp());
  const seconds = (performance.now() - started) / 1000;
  await index.close();
  store.close();
  say({ seconds, octets, longest, usual, megabytes: peakMB(process.pid) });
}
