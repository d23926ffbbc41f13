/**
 * What the account's `offline` setting asks to have: fetched in the background, one folder after the other, when they
 * are in step. It gives way to whatever a person waits for, and waits itself where the line or the disk has to.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { ImapError } from "../../imap/index.ts";
import { StoreError } from "../../store/index.ts";
import { isLineDown } from "../errors.ts";
import type { MailEvent } from "../values.ts";
import type { Downloads } from "./downloads.ts";
import type { Room } from "./room.ts";

export interface PrefetchHooks {
  /** Mail that came so many ms ago or later. */
  readonly age: number;
  /** Whether there is a line; with a new one all folders are wanted again. */
  online(): boolean;
  /** Whether the line is needed for something a person waits for. */
  busy(): boolean;
  /** The folder that goes first. */
  watched(): string | null;
  emit(event: MailEvent): void;
}

/** How often, in ms, one looks whether the line is free, and whether the disk has room. */
const busyMs = 50;
const fullMs = 2_000;
/** How long a server is left alone that would not have us, in ms. */
const refusedMs = 120_000;
/** How long, at first, where our own connection alone was lost. */
const lostMs = 2_000;
/** Room on the disk to begin again with, in octets. */
const beginOctets = 1e6;

export class Prefetch {
  readonly #downloads: Downloads;
  readonly #room: Room;
  readonly #hooks: PrefetchHooks;
  readonly #wanted = new Set<string>();
  readonly #ending = new AbortController();
  #running: Promise<void> | null = null;
  /** That the disk is full has been told, and not all has come since. */
  #told = false;
  /** How long to wait when our connection is lost once more, in ms. */
  #lostMs = lostMs;

  constructor(downloads: Downloads, room: Room, hooks: PrefetchHooks) {
    this.#downloads = downloads;
    this.#room = room;
    this.#hooks = hooks;
  }

  /** Folders are in step: what is to be had of them off line is fetched, by and by. */
  want(...paths: readonly string[]): void {
    if (this.#hooks.age === 0 || this.#ending.signal.aborted) return;
    for (const path of paths) this.#wanted.add(path);
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#wanted.size > 0) this.want();
    });
  }

  /** Ends it; resolves when nothing is written any more. */
  async stop(): Promise<void> {
    this.#ending.abort();
    this.#wanted.clear();
    await this.#running;
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    for (let path = this.#next(); path !== null; path = this.#next()) {
      try {
        await this.#fetch(path);
      } catch (error) {
        if (this.#ending.signal.aborted) return;
        await this.#wait(path, error);
      }
    }
    this.#told = false;
  }

  #next(): string | null {
    const watched = this.#hooks.watched();
    const next = watched !== null && this.#wanted.has(watched) ? watched : [...this.#wanted][0];
    if (next === undefined) return null;
    this.#wanted.delete(next);
    return next;
  }

  async #fetch(path: string): Promise<void> {
    const { age, emit, busy } = this.#hooks;
    const { signal } = this.#ending;
    await this.#downloads.run(path, {
      since: since(age),
      signal,
      gate: async () => {
        while (busy() && !signal.aborted) await sleep(busyMs, undefined, { ref: false });
      },
      room: async (octets, before) => {
        if (!(await this.#room.onDisk(octets))) throw new StoreError("disk-full", "The disk is nearly full.");
        return this.#room.make(octets, before);
      },
      onProgress: () => {
        this.#lostMs = lostMs;
        emit({ kind: "messages", path });
      },
    });
  }

  /** Until it is of use to go on with the folder; some things only a new line, or another sync, can change. */
  async #wait(path: string, error: unknown): Promise<void> {
    const { signal } = this.#ending;
    if (error instanceof StoreError && error.code === "disk-full") {
      if (!this.#told) {
        const text = "the disk is full: mail for reading off line is fetched when there is room again";
        this.#hooks.emit({ kind: "notice", level: "error", text });
      }
      this.#told = true;
      do await pause(fullMs, signal);
      while (!signal.aborted && !(await this.#room.onDisk(beginOctets)));
      this.#wanted.add(path);
    } else if (isLineDown(error)) {
      if (!this.#hooks.online()) {
        this.#wanted.clear();
        return;
      }
      await pause(this.#lostMs, signal);
      this.#lostMs = Math.min(2 * this.#lostMs, refusedMs);
      this.#wanted.add(path);
    } else if (error instanceof ImapError && error.code !== "STATE") {
      await pause(error.retryAfter ?? refusedMs, signal);
      this.#wanted.add(path);
    }
  }
}

/** What came then or later is so many milliseconds old at most; milliseconds since the epoch. */
export function since(age: number): number {
  return Number.isFinite(age) ? Date.now() - age : 0;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { ref: false, signal }).catch(() => undefined);
}
