import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { countArrivals } from "./arrivals.ts";
import { bindable, busyTimeout } from "./database.ts";
import { driverPath } from "./driver.ts";
import { insertNew, valuesOf } from "./message-row.ts";
import { type RowOrder, type RowReport, type RowThread, serveRows } from "./row-thread.ts";
import type { StoredMessageInput } from "./types.ts";

/**
 * Enters many messages that are new into the index, by a thread of its own: neither a key nor what comes from the server waits for it.
 * What it cannot do it leaves: to be written where errors are told, and where files are renamed.
 */
export class RowWriter {
  readonly #mailboxId: number;
  readonly #thread: Worker;
  readonly #ended: Promise<unknown>;
  #broken = false;
  #reported: ((report: RowReport) => void) | null = null;

  constructor(path: string, mailboxId: number, uidValidity: number) {
    this.#mailboxId = mailboxId;
    const options: RowThread = {
      path,
      driver: driverPath(),
      insert: insertNew,
      afterwards: countArrivals,
      mailboxId,
      uidValidity,
      busyTimeout,
    };
    this.#thread = new Worker(`(${serveRows})(require, ${JSON.stringify(options)}, ${bindable})`, {
      eval: true,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 },
    });
    this.#thread.on("message", (report: RowReport) => this.#report(report));
    this.#thread.on("error", () => this.#report(null));
    this.#ended = once(this.#thread, "exit").finally(() => this.#report(null));
  }

  /**
   * Writes them in one go; one call at a time. Resolves to those that are to be written otherwise: what the index knows
   * already, or all where they could not be written. Never rejects.
   */
  async write(messages: readonly StoredMessageInput[]): Promise<readonly StoredMessageInput[]> {
    if (this.#broken) return messages;
    const order: RowOrder = messages.map((message) => [this.#mailboxId, ...valuesOf(message)]);
    const left = await new Promise<RowReport>((resolve) => {
      this.#reported = resolve;
      this.#thread.postMessage(order);
    });
    return left === null ? messages : left.map((at) => messages[at]!);
  }

  /** Resolves when the thread has ended. */
  async close(): Promise<void> {
    this.#thread.postMessage(null satisfies RowOrder);
    await this.#ended;
  }

  #report(report: RowReport): void {
    if (report === null) this.#broken = true;
    this.#reported?.(report);
    this.#reported = null;
  }
}
