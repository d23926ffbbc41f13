/** Work for which somebody may have to wait: the status line names it, C-g ends it. */

interface Task {
  readonly label: string;
  readonly controller: AbortController;
}

export class Tasks {
  readonly #draw: () => void;
  #running: readonly Task[] = [];

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  /** What is under way, in words; empty for nothing. */
  get label(): string {
    return this.#running.at(-1)?.label ?? "";
  }

  /** Runs `work`, which should end soon once its signal is aborted. Settles as `work` does. */
  async run<T>(label: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const task = { label, controller: new AbortController() };
    this.#running = [...this.#running, task];
    this.#draw();
    try {
      return await work(task.controller.signal);
    } finally {
      this.#running = this.#running.filter((one) => one !== task);
      this.#draw();
    }
  }

  /** Ends what was begun last; false where nothing runs. */
  cancel(): boolean {
    const last = this.#running.at(-1);
    last?.controller.abort();
    return last !== undefined;
  }
}
