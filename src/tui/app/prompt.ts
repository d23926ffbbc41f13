/** A line being typed: editing, history, completion. Knows nothing of what the line is for. */
import { graphemes } from "../../message/width.ts";
import type { PromptModel } from "../model.ts";

export interface Completion {
  /** The whole text with this completion taken. */
  readonly text: string;
  readonly help: string;
  /** What does the same by a key; empty for none. */
  readonly keys?: string;
  /** What is shown of it, where its beginning would only be in the way. */
  readonly label?: string;
}

/** Why a text will not do. */
export interface Refusal {
  /** Where in it the trouble begins. */
  readonly at: number;
  readonly problem: string;
}

export interface PromptOptions {
  prefix(): string;
  readonly text: string;
  readonly history: readonly string[];
  /** What is typed only finds; one of what it finds is chosen. */
  readonly picks?: boolean;
  complete(text: string): readonly Completion[];
}

/** Nobody goes through more. */
const most = 500;

export class Prompt {
  readonly #options: PromptOptions;
  #text: string;
  #cursor: number;
  #completions: readonly Completion[] = [];
  #chosen = -1;
  #historyAt: number;
  #problem: string | undefined;

  constructor(options: PromptOptions) {
    this.#options = options;
    this.#text = options.text;
    this.#cursor = options.text.length;
    this.#historyAt = options.history.length;
    this.#suggest();
  }

  get text(): string {
    return this.#text;
  }

  /** What the person means: the text, or what it has found. */
  get picked(): string {
    return (this.#options.picks && this.#completions[this.#chosen]?.text) || this.#text;
  }

  #suggest(): void {
    this.#completions =
      this.#cursor === this.#text.length ? this.#options.complete(this.#text).slice(0, most) : [];
    this.#chosen = this.#options.picks && this.#text !== "" && this.#completions.length > 0 ? 0 : -1;
  }

  /** Looks again for what the line could become, unless the person is choosing. */
  renew(): void {
    if (this.#chosen < 0) this.#suggest();
  }

  #set(text: string, cursor: number): void {
    this.#text = text;
    this.#cursor = cursor;
    this.#suggest();
  }

  insert(typed: string): void {
    const clean = typed.replace(/[\r\n\t]+/g, " ");
    this.#set(
      this.#text.slice(0, this.#cursor) + clean + this.#text.slice(this.#cursor),
      this.#cursor + clean.length,
    );
  }

  /** Index where the grapheme before the cursor begins. */
  #before(): number {
    return this.#cursor - (graphemes(this.#text.slice(0, this.#cursor)).at(-1)?.text.length ?? 0);
  }

  #choose(step: number): void {
    const n = this.#completions.length;
    if (n === 0) return;
    this.#chosen = (this.#chosen + step + n + (this.#chosen < 0 && step < 0 ? 1 : 0)) % n;
    if (this.#options.picks) return;
    this.#text = this.#completions[this.#chosen]?.text ?? this.#text;
    this.#cursor = this.#text.length;
  }

  #recall(step: number): void {
    if (this.#options.picks) {
      this.#choose(step);
      return;
    }
    const at = this.#historyAt + step;
    if (at < 0 || at > this.#options.history.length) return;
    this.#historyAt = at;
    const text = this.#options.history[at] ?? this.#options.text;
    this.#set(text, text.length);
  }

  /** The text will not do: says why until the next key, with the cursor at the place. */
  refuse({ at, problem }: Refusal): void {
    this.#cursor = Math.min(at, this.#text.length);
    this.#completions = [];
    this.#problem = problem;
  }

  /** Takes a key; `accept` and `cancel` end the prompt. */
  press(key: string): "typing" | "accept" | "cancel" {
    this.#problem = undefined;
    switch (key) {
      case "Enter":
        return "accept";
      case "Esc":
      case "C-g":
      case "C-c":
        return "cancel";
      case "Backspace":
        if (this.#text === "") return "cancel";
        this.#set(this.#text.slice(0, this.#before()) + this.#text.slice(this.#cursor), this.#before());
        break;
      case "Delete":
      case "C-d": {
        const after = graphemes(this.#text.slice(this.#cursor))[0]?.text.length ?? 0;
        this.#set(this.#text.slice(0, this.#cursor) + this.#text.slice(this.#cursor + after), this.#cursor);
        break;
      }
      case "Left":
        this.#cursor = this.#before();
        break;
      case "Right":
        this.#cursor += graphemes(this.#text.slice(this.#cursor))[0]?.text.length ?? 0;
        break;
      case "Home":
      case "C-a":
        this.#cursor = 0;
        break;
      case "End":
      case "C-e":
        this.#cursor = this.#text.length;
        break;
      case "C-u":
        this.#set(this.#text.slice(this.#cursor), 0);
        break;
      case "C-w": {
        const head = this.#text.slice(0, this.#cursor).replace(/\S+\s*$/, "");
        this.#set(head + this.#text.slice(this.#cursor), head.length);
        break;
      }
      case "C-k":
        this.#set(this.#text.slice(0, this.#cursor), this.#cursor);
        break;
      case "Tab":
        // What is chosen and has no other beside it is gone on from: a directory is looked into.
        if (this.#chosen === 0 && this.#completions.length === 1) this.#suggest();
        else this.#choose(1);
        break;
      case "S-Tab":
        this.#choose(-1);
        break;
      case "Up":
      case "C-p":
        this.#recall(-1);
        break;
      case "Down":
      case "C-n":
        this.#recall(1);
        break;
      case "Space":
        this.insert(" ");
        break;
      default:
        if (graphemes(key).length === 1) this.insert(key);
    }
    return "typing";
  }

  model(): PromptModel {
    const problem = this.#problem;
    return {
      prefix: this.#options.prefix(),
      text: this.#text,
      cursor: this.#cursor,
      completions: this.#completions.map(({ text, help, keys = "", label = text }) => ({
        text: label,
        help,
        keys,
      })),
      chosen: this.#chosen,
      ...(this.#options.picks ? { picks: true } : {}),
      ...(problem === undefined ? {} : { problem }),
    };
  }
}
