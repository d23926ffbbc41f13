/** Has pictures decoded by a thread of its own: keys do not wait for it, and what it cannot do in time it does not do. */
import { Worker } from "node:worker_threads";
import type { Drawn, PictureOrder } from "./picture-thread.ts";

/** Milliseconds for one picture; a photograph takes one or two seconds. */
const longest = 10_000;
/** Milliseconds after which an idle thread ends, and its memory with it. */
const idleFor = 2_000;
const megabytes = 256;

export class Painter {
  readonly #script: URL;
  readonly #longest: number;
  #thread: Worker | null = null;
  #idle: NodeJS.Timeout | null = null;
  #last: Promise<unknown> = Promise.resolve();
  /** Takes what a thread says: false for a broken file, null where it says nothing more. */
  #report: (thread: Worker, drawn: Drawn | false | null) => void = () => undefined;

  constructor(script: URL = new URL("./picture-thread.js", import.meta.url), ms: number = longest) {
    this.#script = script;
    this.#longest = ms;
  }

  /** One after the other. Null for a file that is broken or takes too long, and where `left` says so first. Never rejects. */
  draw(order: PictureOrder, left?: AbortSignal): Promise<Drawn | null> {
    const drawn = this.#last.then(() => (left?.aborted ? null : this.#draw(order)));
    this.#last = drawn;
    return drawn;
  }

  #draw(order: PictureOrder): Promise<Drawn | null> {
    if (this.#idle) clearTimeout(this.#idle);
    return new Promise((resolve) => {
      const thread = this.#started();
      const timer = setTimeout(() => this.#report(thread, null), this.#longest).unref();
      this.#report = (from, drawn) => {
        if (from !== this.#thread) return;
        clearTimeout(timer);
        this.#report = () => undefined;
        if (drawn === null) this.#stop();
        else this.#idle = setTimeout(() => this.#stop(), idleFor).unref();
        resolve(drawn || null);
      };
      thread.postMessage(order);
    });
  }

  #started(): Worker {
    if (this.#thread) return this.#thread;
    const thread = new Worker(this.#script, {
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: megabytes },
    });
    thread.on("message", (drawn: Drawn | false) => this.#report(thread, drawn));
    thread.on("error", () => this.#report(thread, null));
    thread.on("exit", () => this.#report(thread, null));
    // Whoever quits does not wait for a picture.
    thread.unref();
    this.#thread = thread;
    return thread;
  }

  #stop(): void {
    void this.#thread?.terminate();
    this.#thread = null;
  }
}
