/** Which threads of a list are folded: all or none, but some. */
export class Folding {
  #all = false;
  readonly #but = new Set<number>();

  get all(): boolean {
    return this.#all;
  }

  get but(): ReadonlySet<number> {
    return this.#but;
  }

  set(thread: number, folded: boolean): void {
    if (folded === this.#all) this.#but.delete(thread);
    else this.#but.add(thread);
  }

  setAll(folded: boolean): void {
    this.#all = folded;
    this.#but.clear();
  }
}
