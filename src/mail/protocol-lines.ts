/** The protocol as it runs, for whoever wants to see it; costs nothing while nobody does. */
export class ProtocolLines {
  readonly #listeners = new Set<(line: string) => void>();

  get wanted(): boolean {
    return this.#listeners.size > 0;
  }

  /** Calls `listener` for every line, secrets taken out; returns what stops it. */
  listen(listener: (line: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(line: string): void {
    for (const listener of this.#listeners) listener(line);
  }
}
