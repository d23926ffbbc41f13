import { Worker } from "node:worker_threads";
import { type Delivery, type Order, type Piece, type Report, serveDisk } from "./disk-thread.ts";
import { asStoreError, type StoreError } from "./error.ts";

export type { Delivery } from "./disk-thread.ts";

/** A message on its way into the maildir. */
export interface Arriving {
  readonly uid: number;
  /** Milliseconds since the epoch. */
  readonly internalDate: number;
}

export interface Written {
  readonly message: Arriving;
  /** Where it lies in tmp/. */
  readonly temporary: string;
  readonly size: number;
  readonly checksum: number;
}

export interface BulkOptions {
  readonly fsync: boolean;
  /** A path in tmp/ that nobody else has. */
  temporary(message: Arriving): string;
  /** Enters finished files into the index; tells where each belongs, in the same order. Throws StoreError. */
  keep(written: readonly Written[]): readonly Delivery[];
}

/** Takes one message of any size piece by piece. */
export interface BulkEntry {
  /** A promise where the disk is behind: it resolves when more may come. Throws and rejects with StoreError. */
  write(chunk: Uint8Array): void | Promise<void>;
  end(): void;
  abort(): void;
}

/** Octets handed to the disk at a time. */
const bufferSize = 1 << 20;
/** Messages at most in one buffer. */
const mostPieces = 250;
/** Rows written in one go: a few milliseconds. And how long, in ms, the first of them waits for others. */
const mostRows = 250;
const rowPatienceMs = 50;
/** Buffers handed over and not yet written, beyond which whoever writes is asked to wait. */
const mostAway = 4;
/** How long a message may wait for others to fill its buffer, ms. */
const patienceMs = 200;

/**
 * Writes many messages into one maildir. The files are written by a thread of its own, as the disk may take its time;
 * what it has written is entered into the index some hundred at a time. Memory: a few buffers.
 */
export class BulkWriter {
  readonly #options: BulkOptions;
  readonly #thread: Worker;
  #buffer = Buffer.alloc(0);
  #used = 0;
  #pieces: Piece[] = [];
  #timer: NodeJS.Timeout | null = null;
  readonly #free: ArrayBuffer[] = [];
  #away = 0;
  /** Files that end in the buffers that are away, in order. */
  readonly #ending: { message: Arriving; temporary: string }[] = [];
  /** On the disk, and not in the index. */
  #written: Written[] = [];
  #keeping: NodeJS.Timeout | null = null;
  #undelivered = 0;
  #kept = 0;
  #pending = 0;
  #failure: StoreError | null = null;
  #waiting: (() => void)[] = [];
  #ended: (() => void) | null = null;

  constructor(options: BulkOptions) {
    this.#options = options;
    this.#thread = new Worker(`(${serveDisk})(require, ${options.fsync})`, {
      eval: true,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
    });
    this.#thread.on("message", (report: Report) => this.#reported(report));
    this.#thread.on("error", (error) => this.#fail(asStoreError(error, "the thread that writes messages")));
    this.#thread.on("exit", () => this.#ended?.());
  }

  /** Messages that are in the index and in the maildir, or about to be moved there. */
  get kept(): number {
    return this.#kept;
  }

  /** Octets taken that the index does not have yet. */
  get pending(): number {
    return this.#pending;
  }

  /** A whole message. Throws the StoreError that ended it all. */
  put(message: Arriving, content: Uint8Array): void {
    const temporary = this.#options.temporary(message);
    this.#append(temporary, content, "end");
    this.#finish(message, temporary);
  }

  /** A message of any size. */
  open(message: Arriving): BulkEntry {
    const temporary = this.#options.temporary(message);
    let size = 0;
    return {
      write: (chunk) => {
        size += chunk.length;
        this.#append(temporary, chunk, "more");
        if (this.#away >= mostAway) return this.room();
      },
      end: () => {
        this.#close(temporary, "end");
        this.#finish(message, temporary);
      },
      abort: () => {
        if (this.#failure) return;
        this.#close(temporary, "drop");
        this.#pending -= size;
      },
    };
  }

  /** Resolves when the disk has caught up far enough. Rejects with StoreError. */
  async room(): Promise<void> {
    while (this.#away >= mostAway && !this.#failure) await this.#change();
    if (this.#failure) throw this.#failure;
  }

  /** Everything put so far is in the index and in cur/. Rejects with StoreError. */
  async settled(): Promise<void> {
    this.#send();
    while (this.#away > 0 && !this.#failure) await this.#change();
    this.#keep();
    while (this.#undelivered > 0 && !this.#failure) await this.#change();
    if (this.#failure) throw this.#failure;
  }

  /** Ends the thread; what it has not written by then is given up. */
  async close(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#keep();
    await new Promise<void>((resolve) => {
      this.#ended = resolve;
      this.#tell({ kind: "end" });
    });
    await this.#thread.terminate();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #append(path: string, content: Uint8Array, fate: Piece["fate"]): void {
    if (this.#failure) throw this.#failure;
    for (let at = 0; ; ) {
      if (this.#used === this.#buffer.length || this.#pieces.length >= mostPieces) this.#send();
      if (this.#buffer.length === 0)
        this.#buffer = Buffer.from(this.#free.pop() ?? new ArrayBuffer(bufferSize));
      const length = Math.min(content.length - at, this.#buffer.length - this.#used);
      this.#buffer.set(content.subarray(at, at + length), this.#used);
      at += length;
      this.#pending += length;
      const whole = at === content.length;
      const start = this.#used;
      this.#used += length;
      this.#pieces.push({ path, start, end: this.#used, fate: whole ? fate : "more" });
      if (whole) break;
    }
    this.#timer ??= setTimeout(() => this.#send(), patienceMs);
  }

  /** What has been written of a file is all of it. */
  #close(path: string, fate: "end" | "drop"): void {
    const last = this.#pieces.at(-1);
    if (last?.path === path && !this.#failure) this.#pieces.splice(-1, 1, { ...last, fate });
    else this.#append(path, Buffer.alloc(0), fate);
  }

  #finish(message: Arriving, temporary: string): void {
    this.#ending.push({ message, temporary });
  }

  #send(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#pieces.length === 0) return;
    const buffer = this.#buffer.buffer as ArrayBuffer;
    this.#away++;
    this.#tell({ kind: "write", buffer, pieces: this.#pieces }, [buffer]);
    this.#buffer = Buffer.alloc(0);
    this.#used = 0;
    this.#pieces = [];
  }

  #tell(order: Order, transfer: ArrayBuffer[] = []): void {
    this.#thread.postMessage(order, transfer);
  }

  #reported(report: Report): void {
    if (report.kind === "failed") {
      const { code, message } = report;
      this.#fail(asStoreError(Object.assign(new Error(message), { code, syscall: "write" }), "maildir"));
    } else if (report.kind === "ended") this.#ended?.();
    else if (report.kind === "delivered") this.#undelivered -= report.count;
    else {
      this.#away--;
      if (this.#free.length < mostAway) this.#free.push(report.buffer);
      const files = this.#ending.splice(0, report.files.length);
      this.#written.push(...files.map((file, at) => ({ ...file, ...report.files[at]! })));
      if (this.#written.length >= mostRows) this.#keep();
      else if (this.#written.length > 0) this.#keeping ??= setTimeout(() => this.#keep(), rowPatienceMs);
    }
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #keep(): void {
    if (this.#keeping) clearTimeout(this.#keeping);
    this.#keeping = null;
    const written = this.#written.splice(0);
    if (written.length === 0) return;
    let deliveries: readonly Delivery[] = written.map(({ temporary }) => ({ temporary, path: null }));
    try {
      if (!this.#failure) deliveries = this.#options.keep(written);
    } catch (error) {
      this.#fail(asStoreError(error, "index"));
    }
    this.#kept += deliveries.filter(({ path }) => path !== null).length;
    for (const { size } of written) this.#pending -= size;
    this.#undelivered += deliveries.length;
    this.#tell({ kind: "deliver", deliveries });
  }

  #fail(error: StoreError): void {
    this.#failure ??= error;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
