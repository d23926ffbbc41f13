/** What has gone over all connections of an account since the program began. */
import type { Connection } from "../imap/index.ts";

export interface Octets {
  readonly received: number;
  readonly sent: number;
}

const sum = (a: Octets, b: Octets): Octets => ({ received: a.received + b.received, sent: a.sent + b.sent });

export class OctetCount {
  readonly #open = new Set<Connection>();
  /** Of connections that have ended. */
  #past: Octets = { received: 0, sent: 0 };

  /** Counts what goes over this one too. */
  add(connection: Connection): void {
    this.#open.add(connection);
    connection.events.on("close", () => {
      if (this.#open.delete(connection)) this.#past = sum(this.#past, connection.traffic);
    });
  }

  get total(): Octets {
    return [...this.#open].reduce<Octets>((all, { traffic }) => sum(all, traffic), this.#past);
  }
}
