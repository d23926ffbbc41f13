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

  /** Whether both were told the same, in any order and case. */
  same(names: readonly string[]): boolean {
    const other = new Capabilities(names);
    if (other.#names.size !== this.#names.size) return false;
    for (const name of this.#names) if (!other.#names.has(name)) return false;
    return true;
  }

  /** What follows `name=` wherever the server says that: `values("THREAD")` is `["REFERENCES"]`. Upper case. */
  values(name: string): readonly string[] {
    const prefix = `${name.toUpperCase()}=`;
    return [...this.#names]
      .filter((told) => told.startsWith(prefix))
      .map((told) => told.slice(prefix.length));
  }

  /** Octets of the largest message that APPEND takes in any mailbox (RFC 7889); null where the server does not say. */
  get appendLimit(): number | null {
    const [limit] = this.values("APPENDLIMIT");
    return limit !== undefined && /^\d{1,15}$/.test(limit) ? Number(limit) : null;
  }

  /** As the server named them; without what is implied. Empty: not told yet. */
  list(): readonly string[] {
    return this.#told;
  }
}

/**
 * The capabilities of an earlier session with the same server, security and user: with them everything up to the
 * first messages is sent at once. Where they no longer hold, nothing is lost but that time.
 */
export interface RememberedCapabilities {
  /** Before the login. */
  readonly greeting: readonly string[];
  /** After it. */
  readonly authenticated: readonly string[];
  /** Whether the login's OK brings them; else they are asked for. */
  readonly toldByLogin: boolean;
}
