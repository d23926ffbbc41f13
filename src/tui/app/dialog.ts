/** What the person is asked at the bottom of the screen: a line to type, or a question with a yes and a no. */
import type { History } from "./history.ts";
import { type Completion, Prompt, type Refusal } from "./prompt.ts";

export interface LineQuestion {
  /** `:`, `/`, `save to: ` …; read anew whenever it is drawn. */
  readonly prefix: string;
  readonly text: string;
  /** Earlier lines to be had with Up, and the list that this one joins. */
  readonly history?: History;
  readonly complete?: (line: string) => readonly Completion[];
  /** Why a line will not do; it is not accepted then, and stays to be mended. */
  readonly check?: (line: string) => Refusal | null;
  /** The answer is one of the completions, or what is typed where there is none. */
  readonly picks?: boolean;
  /** An empty line is an answer too. */
  readonly emptyToo?: boolean;
  accept(text: string): void;
  /** The person ends the question; an empty line ends it too where that is no answer. */
  cancel?(): void;
}

interface Choice {
  readonly question: string;
  answer(yes: boolean): void;
}

const answers = ["y", "Y", "n", "N", "Esc", "C-c", "C-g", "q"];

export class Dialog {
  readonly #draw: () => void;
  #prompt: Prompt | null = null;
  #line: LineQuestion | null = null;
  #choice: Choice | null = null;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  /** Whether something is being asked. */
  get asks(): boolean {
    return this.#prompt !== null || this.#choice !== null;
  }

  get prompt(): Prompt | null {
    return this.#prompt;
  }

  get choice(): Choice | null {
    return this.#choice;
  }

  /** Asks for a line. */
  line(question: LineQuestion): void {
    this.#prompt = new Prompt({
      prefix: () => question.prefix,
      text: question.text,
      history: question.history?.lines ?? [],
      complete: question.complete ?? (() => []),
      ...(question.picks ? { picks: true } : {}),
    });
    this.#line = question;
    this.#draw();
  }

  /** Asks for a line, and waits for it; null where the person ends the question. */
  ask(question: Omit<LineQuestion, "accept" | "cancel">): Promise<string | null> {
    return new Promise((answer) => {
      this.line({ ...question, accept: answer, cancel: () => answer(null) });
    });
  }

  /** Completions have come that were not there when the line was typed. */
  renew(): void {
    this.#prompt?.renew();
    this.#draw();
  }

  /** Asks yes or no. */
  confirm(question: string): Promise<boolean> {
    return new Promise((answer) => {
      this.#choice = { question, answer };
      this.#draw();
    });
  }

  paste(text: string): void {
    this.#prompt?.insert(text);
    this.#draw();
  }

  /** Takes a key; false where nothing is being asked, and the key is somebody else's. */
  press(key: string): boolean {
    if (this.#choice) this.#answer(this.#choice, key);
    else if (this.#prompt) this.#type(this.#prompt, key);
    else return false;
    return true;
  }

  #answer(choice: Choice, key: string): void {
    if (!answers.includes(key)) return;
    this.#choice = null;
    choice.answer(key === "y" || key === "Y");
  }

  #type(prompt: Prompt, key: string): void {
    const state = prompt.press(key);
    if (state === "typing") return;
    const question = this.#line;
    const refusal = state === "accept" && question?.check?.(prompt.text);
    if (refusal) {
      prompt.refuse(refusal);
      return;
    }
    this.#prompt = null;
    this.#line = null;
    const text = prompt.picked;
    if (!question) return;
    if (state !== "accept" || (text.trim() === "" && !question.emptyToo)) {
      question.cancel?.();
      return;
    }
    if (text.trim() !== "") question.history?.add(text);
    question.accept(text);
  }
}
