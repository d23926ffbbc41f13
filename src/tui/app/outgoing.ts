/** Mail on its way out while the screen is open: what is due is sent, and what came of it is told. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Written, written } from "../../commands/writing/writer.ts";
import type { Mail } from "../../mail/index.ts";
import type { Composition } from "../../send/composition.ts";
import type { Desk } from "../../send/desk.ts";
import type { Delivered } from "../../send/outbox/deliver.ts";
import type { Entry } from "../../send/outbox/entry.ts";
import type { App } from "./app.ts";
import { keysTo } from "./keymap.ts";
import { writeOn } from "./writing.ts";

/** How often the outbox is looked at, in milliseconds: a directory that is not there, or has a few names. */
const everyMs = 2_000;

/** A message that can be called back yet. */
interface Leaving {
  readonly desk: Desk;
  readonly entry: Entry;
  /** With what it is gone on once it is called back; null where nobody wrote it. */
  readonly composition: Composition | null;
}

export class Outgoing {
  readonly #app: App;
  #timer: NodeJS.Timeout | null = null;
  #busy: Promise<void> | null = null;
  #leaving: readonly Leaving[] = [];
  /** Something else has been done since the last of them: that is what undo means then. */
  #covered = false;
  /** Messages that wait for a server, a time or the person. */
  readonly #waiting = new Map<Mail, number>();

  constructor(app: App) {
    this.#app = app;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#look(), everyMs);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Messages that can be called back yet. */
  get leaving(): number {
    return this.#leaving.length;
  }

  /** Settles when what is being sent at this moment has gone, or has not; null where nothing is. */
  get sending(): Promise<void> | null {
    return this.#busy;
  }

  /** For the status line: empty where nothing is on its way. */
  text(now: number): string {
    const last = this.#leaving.at(-1);
    if (last) {
      const seconds = Math.max(0, Math.ceil((last.entry.notBefore - now) / 1_000));
      const key = this.#covered ? null : keysTo(this.#app.bindings, "undo", "list");
      return `${this.leaving > 1 ? `${this.leaving} messages go` : "sending"} in ${seconds} s${key ? `, ${key}: undo` : ""}`;
    }
    const waiting = [...this.#waiting.values()].reduce((sum, many) => sum + many, 0);
    return waiting > 0 ? `outbox ${waiting}` : "";
  }

  /** A message is in the outbox, and goes when its time to be called back is over. */
  posted(desk: Desk, entry: Entry, composition: Composition | null): void {
    this.#leaving = [...this.#leaving, { desk, entry, composition }];
    this.#covered = false;
    setTimeout(() => void this.#look(), Math.max(0, entry.notBefore - Date.now()) + 1).unref();
    this.#app.draw();
  }

  /** This draft is in the person's hands again, by whatever command. */
  back(draft: string): void {
    this.#leaving = this.#leaving.filter(({ entry }) => entry.draft !== draft);
  }

  /** Undo means what was done now, and no message sent before. */
  cover(): void {
    this.#covered = true;
  }

  /** Takes the last message back, and looks it over again; null where undo means something else. */
  async undo(): Promise<Written | null> {
    const last = this.#leaving.at(-1);
    if (!last || this.#covered) return null;
    const { composition, desk, entry } = last;
    // What cannot be called back any more is not tried again.
    this.#leaving = this.#leaving.filter((one) => one !== last);
    await desk.callBack(entry.id);
    if (composition) writeOn(this.#app, composition);
    return written("draft", "called back: it is not sent", { id: composition?.id ?? null });
  }

  /** Sends at once what could be called back yet; false where not all of it went. */
  async flush(): Promise<boolean> {
    const leaving = this.#leaving;
    await this.#busy;
    this.#app.say("sending…");
    const done: Delivered[] = [];
    for (const mail of new Set(leaving.map(({ desk }) => desk.mail))) {
      const ids = leaving.filter(({ desk }) => desk.mail === mail).map(({ entry }) => entry.id);
      done.push(...(await this.#deliver(mail, ids)));
    }
    return done.every(({ outcome }) => outcome === "sent");
  }

  async #look(): Promise<void> {
    if (this.#busy || this.#timer === null) return;
    this.#busy = this.#lookAll().catch((error: unknown) => this.#app.fail(error));
    await this.#busy;
    this.#busy = null;
  }

  async #lookAll(): Promise<void> {
    for (const { mail } of this.#app.accounts) {
      if (existsSync(join(mail.sending.stateDir, "outbox"))) await this.#deliver(mail, null);
    }
  }

  async #deliver(mail: Mail, ids: readonly string[] | null): Promise<Delivered[]> {
    const { Desk } = await import("../../send/desk.ts");
    const desk = new Desk(mail);
    const done = mail.offline ? [] : await desk.deliver(ids, false);
    for (const delivered of done) this.#tell(delivered);
    // Of one that comes meanwhile the list may not know.
    const before = this.#leaving;
    const left = await desk.outbox.list();
    const there = ({ desk: by, entry: { id, notBefore } }: Leaving) =>
      by.mail !== mail ||
      (notBefore > Date.now() && left.some((entry) => entry.id === id && entry.state === "waiting"));
    const leaving = this.#leaving.filter((one) => !before.includes(one) || there(one));
    const waiting = left.length - leaving.filter(({ desk: by }) => by.mail === mail).length;
    const changed = leaving.length !== this.#leaving.length || waiting !== this.#waiting.get(mail);
    this.#leaving = leaving;
    this.#waiting.set(mail, waiting);
    if (changed) this.#app.draw();
    return done;
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
