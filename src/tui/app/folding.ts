let states = 0;

/** Which threads of a list are folded: all or none, but some. They are called by their keys: see `keyOf`. */
export class Folding {
  #state = ++states;
  #all = false;
  readonly #but = new Set<number>();

  /** Another number whenever anything is folded or unfolded; no two have the same. */
  get state(): number {
    return this.#state;
  }

  get all(): boolean {
    return this.#all;
  }

  get but(): ReadonlySet<number> {
    return this.#but;
  }

  set(thread: number, folded: boolean): void {
    this.#state = ++states;
    if (folded === this.#all) this.#but.delete(thread);
    else this.#but.add(thread);
  }

  setAll(folded: boolean): void {
    this.#state = ++states;
    this.#all = folded;
    this.#but.clear();
  }
}
