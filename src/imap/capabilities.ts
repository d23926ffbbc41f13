/** What a capability brings with it without being named (RFC 9051 App. E, RFC 7162 §3.2.3, RFC 5258, RFC 6851). */
const implied: ReadonlyMap<string, readonly string[]> = new Map([
  [
    "IMAP4REV2",
    [
      "ENABLE",
      "ESEARCH",
      "IDLE",
      "LIST-EXTENDED",
      "LIST-STATUS",
      "LITERAL-",
      "MOVE",
      "NAMESPACE",
      "SASL-IR",
      "SEARCHRES",
      "SPECIAL-USE",
      "STATUS=SIZE",
      "UIDPLUS",
      "UNSELECT",
    ],
  ],
  ["QRESYNC", ["CONDSTORE", "ENABLE"]],
]);

/** What the server says it can do (RFC 9051 §6.1.1). Names are compared without regard to case. */
export class Capabilities {
  readonly #names: ReadonlySet<string>;
  readonly #told: readonly string[];

  constructor(names: readonly string[] = []) {
    this.#told = names;
    const all = new Set(names.map((name) => name.toUpperCase()));
    for (const [name, brought] of implied) if (all.has(name)) for (const other of brought) all.add(other);
    this.#names = all;
  }

  has(name: string): boolean {
    return this.#names.has(name.toUpperCase());
  }

  /** Whether `AUTH=mechanism` is offered. */
  hasAuth(mechanism: string): boolean {
    return this.has(`AUTH=${mechanism}`);
  }

  /** As the server named them; without what is implied. Empty: not told yet. */
  list(): readonly string[] {
    return this.#told;
  }
}
