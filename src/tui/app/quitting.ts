/** The end of the screen: what is on its way to a server gets a moment, and what waits all the same is told before. */
import { setImmediate } from "node:timers/promises";
import type { App } from "./app.ts";
import { isLate } from "./line-text.ts";

/** As long as somebody who quits waits for what is on its way, and where there is no line for the journal, in milliseconds. */
const graceMs = { line: 2_000, journal: 200 } as const;

export class Quitting {
  readonly #app: App;
  /** Ends the waiting, where there is any; whether the person still wants to quit. */
  #end: ((quits: boolean) => void) | null = null;

  constructor(app: App) {
    this.#app = app;
  }

  /** Whether it waits for what is on its way. */
  get waits(): boolean {
    return this.#end !== null;
  }

  /** A command line is to be run: who does something else has stayed. */
  unless(name: string): void {
    if (name !== "quit" && name !== "interrupt") this.#end?.(false);
  }

  /** Quits; asked for once more, it waits no longer. */
  async quit(): Promise<void> {
    const { outgoing, dialog } = this.#app;
    if (this.#end) {
      this.#end(true);
      return;
    }
    if (!(await this.#sent())) return;
    if (outgoing.leaving > 0) {
      const many = outgoing.leaving === 1 ? "1 message is" : `${outgoing.leaving} messages are`;
      if (!(await dialog.confirm(`${many} about to be sent. Send now and quit?`))) return;
      if (!(await outgoing.flush()) || !(await this.#sent())) return;
    }
    const queued = this.#queued;
    if (queued > 0) {
      const waits = queued === 1 ? "1 change waits" : `${queued} changes wait`;
      if (!(await dialog.confirm(`${waits} to be sent, and will be next time. Quit?`))) return;
    }
    this.#app.host.quit();
  }

  get #queued(): number {
    return this.#app.accounts.reduce((sum, { mail }) => sum + mail.queued, 0);
  }

  /** Gives what is on its way a moment; false where the person is to stay. */
  async #sent(): Promise<boolean> {
    const { accounts, changes, notices, outgoing, tasks } = this.#app;
    const mails = accounts.map(({ mail }) => mail).filter(({ queued }) => queued > 0);
    const { running } = changes;
    if (mails.length === 0 && running.length === 0 && !outgoing.sending) return true;
    // Where no answer is to be hoped for, the question comes in any case.
    const late = mails.some(({ line }) => isLate(line, Date.now()));
    if (late && running.length === 0) return true;
    const told = notices.log.at(-1);
    const work = Promise.allSettled([outgoing.sending, ...running, ...mails.map((mail) => mail.settled())]);
    const quits = await tasks.run("sending, then quitting", async (signal) => {
      const ended = new Promise<boolean>((end) => {
        this.#end = end;
        signal.addEventListener("abort", () => end(false));
      });
      const timer = setTimeout(() => this.#end?.(true), late ? graceMs.journal : graceMs.line);
      try {
        return await Promise.race([ended, work.then(() => true)]);
      } finally {
        clearTimeout(timer);
        this.#end = null;
      }
    });
    // What a server has refused meanwhile is said in the same turn, and has to be read.
    await setImmediate();
    const { log } = notices;
    const refused = log.slice(told ? log.lastIndexOf(told) + 1 : 0).some(({ error }) => error);
    return quits && !(refused && this.#queued === 0);
  }
}
