// One row of the matrix: an extension, whether a server offers it, whether the client uses it, and what must come of it.
import type { Connection, MechanismName } from "../../src/imap/index.ts";

/** What a row may use of a server. */
export interface Site {
  readonly name: string;
  /** Logged in; the same one for all rows unless a row closed it. */
  readonly connection: Connection;
  /** Told before or after the login. */
  readonly capabilities: ReadonlySet<string>;
  /** Another connection, logged in; it is closed after the row. */
  open(options?: OpenOptions): Promise<Connection>;
  /** A new mailbox, selected on `connection`, with `count` sample messages: subject `Sample message 1`, … */
  mailbox(count?: number): Promise<string>;
  /** Lets a server that searches an index look at the mail that came in. */
  index(): Promise<void>;
  /** What was sent since the row began, or since the last call. */
  sent(): readonly string[];
  /** Someone else who has an account, or null. */
  readonly other: string | null;
  /** Who may set quotas, or null. */
  readonly admin: string | null;
  /** What the server calls itself in URLs. */
  readonly host: string;
  /** Where TLS begins at once; 0 where the server has none. */
  readonly tlsPort: number;
}

export interface OpenOptions {
  /** Default: clear text on loopback. */
  readonly security?: "tls" | "starttls" | "none";
  /** Logs in by this alone. */
  readonly mechanism?: MechanismName;
  /** Do not log in. */
  readonly anonymous?: boolean;
  readonly user?: string;
}

export interface Row {
  /** As in the capability, or as the field calls it. */
  readonly name: string;
  /** Capabilities of which one offers it (`X=`: one that begins so); none: every server has it. */
  readonly needs: readonly string[];
  /** What the client must have sent for it to be "used"; tags are not part of it. Null: nothing is sent. */
  readonly sends: RegExp | null;
  /** Rejects where the result is not what the RFC promises. Null: there is no check. */
  readonly check: ((site: Site) => Promise<void>) | null;
}

export const row = (
  name: string,
  needs: readonly string[],
  sends: RegExp | null,
  check: Row["check"],
): Row => ({ name, needs, sends, check });

/** What none of the servers offers, or nobody has written a check for; the scripted server has its tests. */
export const unchecked = (name: string, needs: readonly string[] = [name]): Row =>
  row(name, needs, null, null);

/** Thrown by a check that cannot be made on this server; the message says why. */
export class Untried extends Error {}

export type Verdict = "not offered" | "untried" | "passed" | "unused" | "failed";

export interface Outcome {
  readonly verdict: Verdict;
  /** Why it did not pass. */
  readonly reason: string;
}

export const isOffered = ({ needs }: Row, capabilities: ReadonlySet<string>) =>
  needs.length === 0 ||
  [...capabilities].some((told) =>
    needs.some((name) => (name.endsWith("=") ? told.startsWith(name) : told === name)),
  );

/** The table: a line for each row, a column for each server. */
export function table(rows: readonly Row[], columns: ReadonlyMap<string, ReadonlyMap<Row, Outcome>>): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const cell = ({ verdict }: Outcome) =>
    ({
      "not offered": "-",
      untried: "offered untried",
      passed: "offered used passed",
      unused: "offered UNUSED",
      failed: "offered used FAILED",
    })[verdict];
  const line = (name: string, cells: readonly string[]) =>
    `${name.padEnd(width)}  ${cells.map((text) => text.padEnd(19)).join("  ")}`.trimEnd();
  const lines = [line("", [...columns.keys()])];
  for (const one of rows) {
    const outcomes = [...columns.values()].map((column) => column.get(one));
    lines.push(
      line(
        one.name,
        outcomes.map((outcome) => (outcome ? cell(outcome) : "")),
      ),
    );
  }
  return lines.join("\n");
}
