/** Mail on its way out while the screen is open: what is due is sent, and what came of it is told. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Writer } from "../../commands/writing/talk.ts";
import type { Delivered } from "../../send/outbox/deliver.ts";
import type { App } from "./app.ts";

/** How often the outbox is looked at, in milliseconds: a directory that is not there, or has a few names. */
const everyMs = 2_000;

/** The person has the terminal while they write; what they send goes out when it is due. */
export function writerOf(app: App): Writer {
  return {
    waits: false,
    talk: (work) =>
      app.host.handOver(async () => work((await import("../../commands/writing/talk.ts")).terminalTalk)),
  };
}

export class Outgoing {
  readonly #app: App;
  readonly #timer: NodeJS.Timeout;
  #busy = false;

  constructor(app: App) {
    this.#app = app;
    this.#timer = setInterval(() => void this.#look(), everyMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (const { mail } of this.#app.accounts) {
        if (mail.offline || !existsSync(join(mail.sending.stateDir, "outbox"))) continue;
        const { Desk } = await import("../../send/desk.ts");
        for (const delivered of await new Desk(mail).deliver(null, false)) this.#tell(delivered);
      }
    } catch (error) {
      this.#app.fail(error);
    } finally {
      this.#busy = false;
    }
  }

  #tell({ entry, outcome }: Delivered): void {
    const { reason } = entry;
    const subject = entry.subject || "(no subject)";
    if (outcome === "sent") this.#app.say(`sent: ${subject}`);
    else if (reason && outcome === "held")
      this.#app.say(`not sent: ${subject}: ${reason.text} (:outbox)`, true);
    else if (reason && outcome === "waiting") this.#app.say(`${subject} waits: ${reason.text}`);
  }
}
