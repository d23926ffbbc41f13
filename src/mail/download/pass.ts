/**
 * Brings the bodies of one mailbox into the local copy, the newest first: messages of ordinary size whole, of large
 * ones the text; then the large ones whole. What is there is not asked for again, so a pass that was cut short is
 * gone on with by the next one.
 */
import { setImmediate } from "node:timers/promises";
import { type Connection, ImapError } from "../../imap/index.ts";
import type { BulkWriter, MissingBody, Place, Store } from "../../store/index.ts";
import { isLineDown } from "../errors.ts";
import { Pace } from "./pace.ts";
import { wholeLimit } from "./whole-limit.ts";
import { fetchWholes } from "./wholes.ts";

export interface DownloadProgress {
  /** Messages that have come whole so far. */
  readonly messages: number;
  readonly octets: number;
}

/** Runs commands with the mailbox selected. */
export type Borrow = <T>(work: (connection: Connection) => Promise<T>) => Promise<T>;

export interface PassOptions {
  readonly mailboxId: number;
  /** Only messages that came then or later; milliseconds since the epoch. */
  readonly since: number;
  /** Only those with a higher UID; 0: all. */
  readonly above: number;
  /** Commands on their way at a time: two, so that the line never waits for us; one, where others use it too. */
  readonly lanes: 1 | 2;
  readonly signal: AbortSignal;
  onProgress?(progress: DownloadProgress): void;
  /** Resolves when the line is not needed for what a person waits for. */
  gate(): Promise<void>;
  /** Makes room for so many octets, at the cost of what was last used before `before`. False: there is none. */
  room(octets: number, before: number): Promise<boolean>;
}

/** Messages asked for with one command at most. */
const mostMessages = 250;
/** The same of large ones' texts, and what one of these is reckoned to need. */
const mostTexts = 25;
const textOctets = 64 * 1024;
/** So many refusals in a row mean that the server gives nothing now. */
const mostRefused = 20;

interface Batch {
  readonly kind: "wholes" | "texts";
  readonly messages: readonly MissingBody[];
  readonly octets: number;
}

export class Pass {
  readonly #store: Store;
  readonly #borrow: Borrow;
  readonly #writer: BulkWriter;
  readonly #options: PassOptions;
  readonly #pace = new Pace();
  /** Did not come along with others. */
  #left: MissingBody[] = [];
  /** Octets asked for and not yet come. */
  #asked = 0;
  #flying = 0;
  /** Who waits for a command to be through. */
  readonly #landing: (() => void)[] = [];
  #messages = 0;
  #octets = 0;
  #refused = 0;

  constructor(store: Store, borrow: Borrow, writer: BulkWriter, options: PassOptions) {
    this.#store = store;
    this.#borrow = borrow;
    this.#writer = writer;
    this.#options = options;
  }

  /** Resolves to what has come. Rejects with ImapError and StoreError; what came until then is kept. */
  async run(): Promise<DownloadProgress> {
    const { since } = this.#options;
    if (await this.#each(this.#ordinary(), ({ internalDate }) => internalDate)) {
      await this.#each(this.#large(), () => since);
      await this.#alone();
    }
    return { messages: this.#messages, octets: this.#octets };
  }

  /** All that is missing, in slices, the newest first. */
  async *#missing(): AsyncGenerator<readonly MissingBody[]> {
    const { mailboxId, since, above, signal } = this.#options;
    let after: Place | null = null;
    do {
      const slice = this.#store.bodies.missing(mailboxId, { since, above, after });
      yield slice.messages;
      await setImmediate();
      after = slice.next;
    } while (after && !signal.aborted);
  }

  async *#ordinary(): AsyncGenerator<Batch> {
    let wholes: MissingBody[] = [];
    let texts: MissingBody[] = [];
    let octets = 0;
    for await (const slice of this.#missing()) {
      for (const message of slice) {
        if (message.size > wholeLimit) {
          texts.push(message);
          if (texts.length < mostTexts) continue;
          yield textsOf(texts);
          texts = [];
        } else {
          wholes.push(message);
          octets += message.size;
          if (octets < this.#pace.octets && wholes.length < mostMessages) continue;
          yield { kind: "wholes", messages: wholes, octets };
          wholes = [];
          octets = 0;
        }
      }
    }
    if (wholes.length > 0) yield { kind: "wholes", messages: wholes, octets };
    if (texts.length > 0) yield textsOf(texts);
  }

  async *#large(): AsyncGenerator<Batch> {
    for await (const slice of this.#missing())
      for (const message of slice)
        if (message.size > wholeLimit) yield { kind: "wholes", messages: [message], octets: message.size };
  }

  /** False where the room gave out. `before`: what may go for a message's sake. */
  async #each(batches: AsyncGenerator<Batch>, before: (oldest: MissingBody) => number): Promise<boolean> {
    const { lanes, signal, gate } = this.#options;
    let going = true;
    let fits = true;
    const next = async (): Promise<Batch | null> => {
      if (!going || !fits || signal.aborted) return null;
      const { value: batch } = await batches.next();
      if (!batch) return null;
      await gate();
      fits = await this.#fits(batch.octets, before(batch.messages.at(-1)!));
      if (!fits) return null;
      this.#asked += batch.octets;
      return batch;
    };
    // One lane after the other, so that none counts on the room that another one is about to take.
    let turn: Promise<unknown> = Promise.resolve();
    const lane = async () => {
      try {
        for (;;) {
          const mine = turn.then(next);
          turn = mine.catch(() => undefined);
          const batch = await mine;
          if (!batch) return;
          await this.#fetch(batch);
        }
      } finally {
        going = false;
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: lanes }, lane));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    return fits && !signal.aborted;
  }

  /** Whether there is room for so much more, when all has come that is on its way. */
  async #fits(octets: number, before: number): Promise<boolean> {
    const { room } = this.#options;
    const fit = () => room(octets + this.#asked + this.#writer.pending, before);
    while (!(await fit())) {
      // What is coming in counts twice, as asked for and as written: it is waited for until that does not matter.
      if (this.#asked > 0) await new Promise<void>((resolve) => this.#landing.push(resolve));
      else {
        await this.#writer.settled();
        return fit();
      }
    }
    return true;
  }

  /** The batch counts as asked for already. */
  async #fetch(batch: Batch): Promise<void> {
    const { mailboxId, signal } = this.#options;
    const { octets, messages } = batch;
    this.#flying++;
    try {
      await this.#borrow(async (connection) => {
        if (batch.kind === "texts") {
          const { fetchTexts } = await import("./texts.ts");
          await fetchTexts(connection, this.#store, mailboxId, messages, signal);
          return;
        }
        await this.#writer.room();
        const began = performance.now();
        const came = await fetchWholes(connection, messages, this.#writer, { signal });
        this.#came(messages, came);
        await this.#pace.note(connection, octets, performance.now() - began, this.#flying);
      });
      this.#refused = 0;
    } catch (error) {
      this.#survive(error, messages);
    } finally {
      this.#flying--;
      this.#asked -= octets;
      for (const resolve of this.#landing.splice(0)) resolve();
    }
  }

  #came(messages: readonly MissingBody[], came: ReadonlySet<number>): void {
    for (const message of messages) {
      if (!came.has(message.uid)) this.#left.push(message);
      else {
        this.#messages++;
        this.#octets += message.size;
      }
    }
    this.#options.onProgress?.({ messages: this.#messages, octets: this.#octets });
  }

  /** One refusal is about some message; many are about all. Throws what ends the pass. */
  #survive(error: unknown, messages: readonly MissingBody[]): void {
    const refused = error instanceof ImapError && !isLineDown(error) && error.retryAfter === undefined;
    if (!refused || ++this.#refused > mostRefused) throw error;
    this.#left.push(...messages);
  }

  /** What did not come in company is asked for once more by itself; then it is the server's to mend. */
  async #alone(): Promise<void> {
    const { signal, gate } = this.#options;
    for (const message of this.#left.splice(0)) {
      if (signal.aborted) return;
      await gate();
      const come = (connection: Connection) =>
        fetchWholes(connection, [message], this.#writer, { alone: true, signal });
      try {
        const came = await this.#borrow(come);
        if (came.size > 0) this.#came([message], came);
        this.#refused = 0;
      } catch (error) {
        this.#survive(error, []);
      }
    }
  }
}

function textsOf(messages: readonly MissingBody[]): Batch {
  return { kind: "texts", messages, octets: messages.length * textOctets };
}
