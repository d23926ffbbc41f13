/** The protocol on the screen: a console to type commands in, and a trace of what goes over the line. */

import { consoleWords, folderCommands } from "../../commands/console-words.ts";
import type { Console } from "../../mail/index.ts";
import { safeText } from "../../message/safe.ts";
import type { PageEntry } from "../model.ts";
import type { App } from "./app.ts";
import type { History } from "./history.ts";
import { inWords } from "./in-words.ts";
import { PageView } from "./page-view.ts";
import type { Completion } from "./prompt.ts";
import { ranked } from "./ranking.ts";

/** Lines kept of a page that grows. */
const kept = 1_000;
/** What replies are laid out for, where the screen is wider too. */
const replyWidth = 100;

function line(label: string, text: string, error = false): PageEntry {
  return { section: "", label, text: safeText(text), verbatim: true, ...(error ? { error } : {}) };
}

function keep(entries: PageEntry[], ...more: readonly PageEntry[]): void {
  entries.push(...more);
  if (entries.length > kept) entries.splice(0, entries.length - kept);
}

/** Shows the protocol as it runs, from now on, secrets taken out. */
export function openTrace(app: App): void {
  const entries: PageEntry[] = [];
  const stop = app.mail.server.onProtocol((text) => {
    keep(entries, line(text.slice(0, 1), text.slice(2)));
    app.host.draw(true);
  });
  app.show(
    new PageView("The protocol as it runs   / searches, q closes", () => entries, {
      follows: true,
      onClose: stop,
    }),
  );
}

/** What could not be sent says by itself what is wrong with it. */
function reason(error: unknown): string {
  return error instanceof Error && Reflect.get(error, "code") === "ARGUMENT" ? error.message : inWords(error);
}

/** A page where commands are typed and answered, one after the other: the next may be typed before. */
export class ConsolePage extends PageView {
  readonly #app: App;
  readonly #console: Console;
  readonly #entries: PageEntry[] = [];
  readonly #history: History;
  /** Typed while another command runs. */
  #waiting: readonly string[] = [];
  #running = false;

  private constructor(app: App, history: History) {
    super(
      "IMAP console   Tab completes, Esc and Enter leave and come back, q closes",
      () => [...this.#entries, ...this.#waiting.map((text) => line("…", text))],
      { follows: true, onClose: () => (this.#waiting = []) },
    );
    this.#app = app;
    this.#console = app.mail.server.console(app.list.folder);
    this.#history = history;
  }

  /** Opens the console on the folder that the list shows; `history` has the lines typed before. */
  static open(app: App, history: History): void {
    const page = new ConsolePage(app, history);
    app.show(page);
    page.ask();
  }

  override enter(): void {
    this.ask();
  }

  /** Asks for a command. */
  ask(): void {
    const folder = () => this.#console.folder;
    this.#app.dialog.line({
      // A command that runs may choose another.
      get prefix() {
        return `${safeText(folder().leaf)}> `;
      },
      text: "",
      history: this.#history,
      complete: (text) => this.#complete(text),
      accept: (text) => {
        this.#waiting = [...this.#waiting, text];
        this.ask();
        void this.#runAll();
      },
    });
  }

  async #runAll(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (;;) {
      const [next, ...others] = this.#waiting;
      if (next === undefined) break;
      this.#waiting = others;
      await this.#run(next);
      this.#app.host.draw(false);
    }
    this.#running = false;
  }

  async #run(text: string): Promise<void> {
    keep(this.#entries, line(">", text));
    const width = Math.max(40, Math.min(replyWidth, this.#app.host.columns() - 8));
    const began = performance.now();
    try {
      await this.#console.run(text, width, ({ lines, ended }) => {
        const took = ended === null ? "" : `   ${(performance.now() - began).toFixed(0)} ms`;
        const label = ended === null ? "<" : ended;
        const replies = lines.map((reply, i) =>
          line(
            i === 0 ? label : "",
            i === lines.length - 1 ? reply + took : reply,
            ended === "NO" || ended === "BAD",
          ),
        );
        keep(this.#entries, ...replies);
        this.#app.host.draw(true);
      });
    } catch (error) {
      keep(this.#entries, line("!", reason(error), true));
    }
  }

  #complete(text: string): readonly Completion[] {
    // Who has seen how it is done wants to see the answers.
    if (text === "" && this.#entries.length > 0) return [];
    const [, head = "", typed = ""] = /^((?:\S+\s+)*)(\S*)$/.exec(text) ?? [];
    if (folderCommands.test(head.trim()))
      return ranked(
        this.#app.folders.filter((f) => f.selectable),
        typed.replace(/^"/, ""),
        (f) => f.path,
      ).map((f) => ({ text: `${head}"${safeText(f.path)}"`, help: safeText(f.name) }));
    return ranked(
      consoleWords,
      text,
      (w) => w.text,
      (w) => w.help,
    );
  }
}
