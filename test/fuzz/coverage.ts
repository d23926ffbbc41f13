/** Which parts of this process's own code have run, as V8 counts them. */
import { type Profiler, Session } from "node:inspector";

export class Coverage {
  readonly #session = new Session();
  readonly #url: string;
  /** One octet for each character of the script: whether it has run. */
  #covered = new Uint8Array(0);
  #size = 0;

  /** @param url of the script that is looked at: the bundle */
  constructor(url: string) {
    this.#url = url;
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** How many characters of the script have run. */
  get size(): number {
    return this.#size;
  }

  /** How many characters ran since the last call that had never run before. */
  take(): number {
    const before = this.#size;
    let scripts: Profiler.ScriptCoverage[] = [];
    this.#session.post("Profiler.takePreciseCoverage", (error, { result }) => {
      if (error) throw error;
      scripts = result;
    });
    for (const { url, functions } of scripts) {
      if (url !== this.#url) continue;
      for (const { ranges } of functions) this.#paint(ranges);
    }
    return this.#size - before;
  }

  /** A function's ranges, outer before inner: the innermost says whether a character ran. */
  #paint(ranges: readonly Profiler.CoverageRange[]): void {
    const whole = ranges[0];
    if (!whole || whole.count === 0) return;
    if (whole.endOffset > this.#covered.length) {
      const grown = new Uint8Array(whole.endOffset * 2);
      grown.set(this.#covered);
      this.#covered = grown;
    }
    const ran = new Uint8Array(whole.endOffset - whole.startOffset);
    for (const { startOffset, endOffset, count } of ranges)
      ran.fill(count > 0 ? 1 : 0, startOffset - whole.startOffset, endOffset - whole.startOffset);
    for (let i = 0; i < ran.length; i++) {
      if (ran[i] === 0 || this.#covered[whole.startOffset + i] === 1) continue;
      this.#covered[whole.startOffset + i] = 1;
      this.#size++;
    }
  }
}
