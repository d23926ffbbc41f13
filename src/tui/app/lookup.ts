/** What takes a while to be found, for a line that is being typed: nothing at first, and a call when it is there. */

export class Lookup<T> {
  readonly #find: (key: string) => Promise<readonly T[]>;
  readonly #found: () => void;
  readonly #known = new Map<string, readonly T[]>();

  constructor(find: (key: string) => Promise<readonly T[]>, found: () => void) {
    this.#find = find;
    this.#found = found;
  }

  /** What is known of `key`. What cannot be found is nothing. */
  get(key: string): readonly T[] {
    const known = this.#known.get(key);
    if (known) return known;
    this.#known.set(key, []);
    this.#find(key).then(
      (items) => {
        this.#known.set(key, items);
        if (items.length > 0) this.#found();
      },
      () => undefined,
    );
    return [];
  }
}
