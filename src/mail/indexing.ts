/**
 * The full text of what is cached, made while nothing else is to be done: a few milliseconds at a time, so that no key
 * waits for it. Several processes may do it at once; each message is written once.
 */
import { readFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import type { SearchText } from "../message/index.ts";
import { type Store, searchable, type TextToIndex, type Unindexed } from "../store/index.ts";
import { isRowField } from "./search-condition.ts";
import { decodeStructure } from "./structure.ts";

/** MIME and HTML are loaded with the first message. */
const messageRoom = () => import("../message/index.ts");

/** How often a screen looks whether something has been cached; the look costs microseconds. */
const lookMs = 1_000;
/** Messages written in one go, as long as their texts are no longer than this together: a few milliseconds. */
const batchSize = 8;
const batchLength = 64 * 1024;
/** Milliseconds of work after which others have their turn. */
const turn = 4;
/** Characters folded in one go: about a millisecond. */
const pieceSize = 16 * 1024;
/** Of a message larger than this only the beginning is read: text comes before attachments. */
const readLimit = 8 * 1024 * 1024;

export class Indexing {
  readonly #store: Store;
  #running: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  /** Nothing is left to be merged; who came before may have left something. */
  #merged = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Indexes from now on whatever gets cached, also by other processes. */
  follow(): void {
    this.#timer = setInterval(() => void this.catchUp(), lookMs).unref();
  }

  /** Indexes what waits; resolves when nothing does, or at `until` (`performance.now()`). Never rejects. */
  catchUp(until = Number.POSITIVE_INFINITY): Promise<void> {
    if (until !== Number.POSITIVE_INFINITY) return this.#run(until).catch(() => undefined);
    this.#running ??= this.#run(until)
      // A full disk or a locked file: the next look tries again.
      .catch(() => undefined)
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearInterval(this.#timer);
    await this.#running;
  }

  async #run(until: number): Promise<void> {
    const { fullText } = this.#store;
    const over = () => this.#closed || performance.now() > until;
    while (!over()) {
      const batch: [Unindexed, TextToIndex][] = [];
      let since = performance.now();
      for (const entry of fullText.waiting(batchSize)) {
        const text = await this.#read(entry);
        if (over()) return;
        batch.push([entry, text]);
        if (batch.reduce((length, [, { body }]) => length + body.length, 0) > batchLength) break;
        if (performance.now() - since < turn) continue;
        await setImmediate();
        since = performance.now();
      }
      if (batch.length === 0) break;
      await setImmediate();
      if (over()) return;
      fullText.put(batch);
      await setImmediate();
      if (over()) return;
      this.#merged = !fullText.merge();
    }
    while (!this.#merged && !over()) {
      this.#merged = !fullText.merge();
      await setImmediate();
    }
  }

  /** What the cache has of a message: itself, or some of its parts. */
  async #read(entry: Unindexed): Promise<TextToIndex> {
    const { readSearchText, readWholeSearchText, attachedTypes } = await messageRoom();
    const { bodies, fullText, messages } = this.#store;
    const path = bodies.path(entry.mailboxId, entry.uid);
    const source = path === null ? null : await readFile(path).catch(() => null);
    if (source) {
      const text = await readWholeSearchText(source.subarray(0, readLimit));
      const cut = source.length > readLimit;
      return toIndex({ ...text, whole: text.whole && !cut }, cut ? null : text.attached);
    }
    const json = messages.bodyStructure(entry.mailboxId, entry.uid);
    const structure = json === null ? null : decodeStructure(json);
    if (!structure) return { fields: null, body: "", whole: false, files: [], attached: null };
    const parts = fullText.parts(entry);
    const text = await readSearchText({
      header: parts.get("HEADER") ?? null,
      structure,
      part: (section) => parts.get(section) ?? startingWith(parts, `${section}.FIELDS`),
    });
    return toIndex(text, attachedTypes(structure));
  }
}

/** What was fetched of a header: `2.HEADER.FIELDS (FROM …)`. */
function startingWith(parts: ReadonlyMap<string, Buffer>, prefix: string): Buffer | null {
  for (const [section, content] of parts) if (section.startsWith(prefix)) return content;
  return null;
}

/** Folded piece by piece, with turns for others in between. */
async function toIndex(
  { fields, body, whole, files }: SearchText,
  attached: readonly string[] | null,
): Promise<TextToIndex> {
  const pieces: string[] = [];
  for (let at = 0; at < body.length; ) {
    // Cut where a word ends, if one does.
    const space = at + pieceSize < body.length ? body.lastIndexOf(" ", at + pieceSize) : body.length;
    let end = space > at ? space : at + pieceSize;
    if (/[\udc00-\udfff]/.test(body.charAt(end))) end--;
    pieces.push(searchable(body.slice(at, end)));
    at = end;
    if (at < body.length) await setImmediate();
  }
  const others = fields?.filter(({ name }) => !isRowField(name)) ?? null;
  return { fields: others, body: pieces.join(" "), whole, files, attached };
}
