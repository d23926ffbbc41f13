/** Work for which somebody may have to wait: the status line names it, C-g ends it. */

interface Task {
  readonly label: string;
  /** It takes long enough to be told of. */
  told: boolean;
  readonly controller: AbortController;
}

/** What is done sooner is not worth a word. */
const toldAfterMs = 300;

export class Tasks {
  readonly #draw: () => void;
  #running: readonly Task[] = [];

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  /** What is under way, in words; empty for nothing. */
  get label(): string {
    return this.#running.findLast(({ told }) => told)?.label ?? "";
  }

  /** Runs `work`, which should end soon once its signal is aborted. Settles as `work` does. */
  async run<T>(label: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const task = { label, told: false, controller: new AbortController() };
    this.#running = [...this.#running, task];
    const tell = setTimeout(() => {
      task.told = true;
      this.#draw();
    }, toldAfterMs);
    try {
      return await work(task.controller.signal);
    } finally {
      clearTimeout(tell);
      this.#running = this.#running.filter((one) => one !== task);
      this.#draw();
    }
  }

  /** As `run`, for work that goes on by itself where it is no longer waited for: null then. */
  async wait<T>(label: string, work: Promise<T>): Promise<T | null> {
    return this.run(label, (signal) => {
      const stopped = new Promise<null>((stop) => signal.addEventListener("abort", () => stop(null)));
      return Promise.race([work, stopped]);
    });
  }

  /** Ends what was begun last; false where nothing runs. */
  cancel(): boolean {
    const last = this.#running.at(-1);
    last?.controller.abort();
    return last !== undefined;
  }
}
