/** Talking with a person on a plain terminal: works over SSH and on terminals that can do nothing. All of it goes to standard error. */
import { createInterface } from "node:readline";
import { AccountError } from "../../account/errors.ts";
import { promptPassword } from "../../account/password.ts";
import { UsageError } from "../../commands/index.ts";
import { showsUtf8 } from "../../mail/locale.ts";
import { safeText } from "../../message/safe.ts";
import { hangingLines } from "../../message/wrap.ts";
import { someoneThere } from "../terminal.ts";

type Mark = "good" | "bad" | "note";

function stopped(): AccountError {
  return new AccountError("STOPPED", "you stopped it", "nothing was changed");
}

/** What a script has to say, as there is nobody to be asked. */
function needed(question: string, flag: string): UsageError {
  return new UsageError(`${question.toLowerCase()} is needed`, `give ${flag}: see "postern account --help"`);
}

export class Talk {
  /** Somebody is there to be asked. */
  readonly interactive = someoneThere();
  readonly #colour = process.stderr.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
  readonly #utf8 = showsUtf8(process.env);
  readonly #marks: Readonly<Record<Mark, string>> = this.#utf8
    ? { good: "✓", bad: "✗", note: "·" }
    : { good: "+", bad: "!", note: "-" };

  #paint(code: number, text: string): string {
    return this.#colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  }

  #write(text: string): void {
    process.stderr.write(this.#utf8 ? text : text.replaceAll("…", "..."));
  }

  /** Safe text in lines that the terminal need not break; what has a word that is longer than a line (a URL) is left whole. */
  #broken(text: string, indent: number): string {
    return hangingLines(safeText(text), indent, (process.stderr.columns ?? Infinity) - 1).slice(indent);
  }

  /** A line by itself; nothing where nobody is there to read it. */
  say(text = ""): void {
    if (this.interactive) this.#write(`${text === "" ? "" : `  ${this.#broken(text, 2)}`}\n`);
  }

  /** What the person has to see, there or not. */
  tell(text: string): void {
    this.#write(`  ${this.#broken(text, 2)}\n`);
  }

  title(name: string, text: string): void {
    if (this.interactive) this.#write(`\n  ${this.#paint(1, name)}  ${text}\n\n`);
  }

  mark(mark: Mark, text: string): void {
    if (!this.interactive) return;
    const colours = { good: 32, bad: 31, note: 2 } as const;
    const sign = this.#paint(colours[mark], this.#marks[mark]);
    const shown = this.#broken(text, 4);
    this.#write(`  ${sign} ${mark === "note" ? this.#paint(2, shown) : shown}\n`);
  }

  /** Says what is being done, until the promise is settled; the line then makes room for what came of it. */
  async during<T>(text: string, work: Promise<T>): Promise<T> {
    if (this.interactive) this.#write(this.#colour ? `    ${this.#paint(2, text)}` : `    ${text}\n`);
    try {
      return await work;
    } finally {
      if (this.interactive && this.#colour) this.#write("\r\x1b[K");
    }
  }

  /** A line from the person; `flag` is what a script would give instead. Throws UsageError where nobody is there. */
  ask(question: string, flag: string, signal?: AbortSignal): Promise<string> {
    if (!this.interactive) return Promise.reject(needed(question, flag));
    return new Promise((resolve, reject) => {
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      let answered = false;
      const finish = (settle: () => void) => {
        answered = true;
        lines.close();
        settle();
      };
      lines.question(`  ${this.#paint(1, question)}${question.endsWith("]") ? "" : ":"} `, (answer) =>
        finish(() => resolve(answer.trim())),
      );
      // ^C and ^D; and what makes the question needless.
      lines.on("close", () => {
        if (answered) return;
        this.#write("\n");
        reject(stopped());
      });
      signal?.addEventListener("abort", () => finish(() => reject(stopped())));
    });
  }

  /** Yes or no; `fallback` is what Enter means, and what holds where nobody is there. */
  async confirm(question: string, fallback: boolean): Promise<boolean> {
    if (!this.interactive) return fallback;
    const answer = await this.ask(`${question} ${fallback ? "[Y/n]" : "[y/N]"}`, "--yes");
    return answer === "" ? fallback : /^y(es)?$/i.test(answer);
  }

  /** Something that is not shown. Throws UsageError where nobody is there. */
  async secret(question: string, flag: string): Promise<string> {
    if (!this.interactive) throw needed(question, flag);
    return promptPassword(`  ${this.#paint(1, question)}: `);
  }
}
