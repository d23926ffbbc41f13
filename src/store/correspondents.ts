/**
 * Whom the person has written to, and who has written to them: gathered from the rows of messages in steps when it is
 * asked for, so that a sync pays nothing, and kept, so that each row is read once.
 */
import { type Database, json, number, text } from "./database.ts";
import type { Row } from "./driver.ts";
import { searchable } from "./words.ts";

export const correspondentSchema = `
CREATE TABLE correspondent (
  key TEXT PRIMARY KEY,                  -- the address in lower case
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  named INTEGER NOT NULL,                -- when, and by whom: the greater wins
  words TEXT NOT NULL,                   -- folded, a space before each: for searches
  machine INTEGER NOT NULL,              -- nobody reads what is sent there, as its name says
  written INTEGER NOT NULL,              -- messages to them
  written_at INTEGER NOT NULL,           -- the last of those; 0: none
  wrote INTEGER NOT NULL,                -- messages from them
  wrote_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE gathered (upto INTEGER NOT NULL, sent INTEGER NOT NULL); -- message ids; messages of the person's own
INSERT INTO gathered VALUES (0, 0);
`;

export interface Correspondent {
  readonly email: string;
  /** Decoded; empty where none is known. */
  readonly name: string;
  /** Messages that were sent to them, and when the last was: milliseconds since the epoch, 0 where none was. */
  readonly written: number;
  readonly writtenAt: number;
  /** The same of messages that came from them. */
  readonly wrote: number;
  readonly wroteAt: number;
}

/** What a mailbox says of the messages in it: that they are the person's own, or nothing worth knowing. */
export type MailboxUse = "sent" | "passed over" | "other";

export interface GatherFacts {
  use(mailboxId: number): MailboxUse;
  /** Whether an address is the person's. */
  isOwn(email: string): boolean;
}

/** Messages read in one step, some milliseconds each. */
const stepSize = 200;
const longestEmail = 254;
const longestName = 100;
const sound = /^[^\s@<>()[\],;:\\"\p{C}]+@[^\s@<>(),;:\\"\p{C}]+$/u;
/** Names of mailboxes that programs send from. */
const machine =
  /(?:^|[._+-])(?:no-?_?reply|do-?_?not-?_?reply|mailer-daemon|postmaster|bounces?|notifications?|notify|newsletters?|alerts?|updates|info-?mail)(?:[._+=-]|\d*$)/i;
/** How somebody is called by themselves counts before what others call them: this is later than any date. */
const byThemselves = 1e14;
/** Milliseconds in which a message counts for half. */
const halfWay = 30 * 86_400_000;
const mostWords = 10;

interface Seen {
  email: string;
  name: string;
  named: number;
  written: number;
  writtenAt: number;
  wrote: number;
  wroteAt: number;
}

/** The words that somebody can be found by, a space before each: of the name, the address, and what it is made of. */
export function personWords(name: string, email: string): string {
  const at = email.lastIndexOf("@");
  const domain = email.slice(at + 1);
  const parts = [
    ...name.split(/[^\p{L}\p{M}\p{N}']+/u),
    email,
    ...email
      .slice(0, at)
      .split(/[._+=-]+/)
      .slice(1),
    domain,
    ...domain.split(".").slice(1, -1),
  ];
  return parts
    .filter((part) => part !== "")
    .map((part) => ` ${searchable(part).trim()}`)
    .join("");
}

/** The words of a query, as `personWords` has them; none where everybody is meant. */
export function queryWords(query: string): string[] {
  return searchable(query)
    .split(/[\s,;<>"()]+/)
    .filter((word) => word !== "")
    .slice(0, mostWords);
}

/** Whether each of these words begins one of `known`, which `personWords` made. */
export function hasWords(known: string, words: readonly string[]): boolean {
  return words.every((word) => known.includes(` ${word}`));
}

export class Correspondents {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Takes in some hundred messages that have not been yet; false where none are left. */
  gather(facts: GatherFacts): boolean {
    // Where nothing has come, nothing is written.
    const { upto } = this.#gathered();
    if (this.#database.get("SELECT 1 AS yes FROM message WHERE id > ? LIMIT 1", upto) === null) return false;
    return this.#database.transaction(() => {
      // Another process may have been faster.
      const rows = this.#database.all(
        "SELECT id, mailbox, internal_date, people FROM message WHERE id > ? ORDER BY id LIMIT ?",
        this.#gathered().upto,
        stepSize,
      );
      const last = rows.at(-1);
      if (!last) return false;
      const { seen, sent } = gatherRows(rows, facts);
      for (const [key, one] of seen) this.#add(key, one);
      this.#database.run("UPDATE gathered SET upto = ?, sent = sent + ?", number(last, "id"), sent);
      return rows.length === stepSize;
    });
  }

  #gathered(): { upto: number; sent: number } {
    const row = this.#database.get("SELECT upto, sent FROM gathered");
    return row ? { upto: number(row, "upto"), sent: number(row, "sent") } : { upto: 0, sent: 0 };
  }

  #add(key: string, { email, name, named, written, writtenAt, wrote, wroteAt }: Seen): void {
    this.#database.run(
      `INSERT INTO correspondent (key, email, name, named, words, machine, written, written_at, wrote, wrote_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET
         email = iif(excluded.named >= named, excluded.email, email),
         name = iif(excluded.named >= named, excluded.name, name),
         words = iif(excluded.named >= named, excluded.words, words),
         named = max(named, excluded.named),
         written = written + excluded.written, written_at = max(written_at, excluded.written_at),
         wrote = wrote + excluded.wrote, wrote_at = max(wrote_at, excluded.wrote_at)`,
      ...[key, email, name, named, personWords(name, email)],
      ...[machine.test(email.slice(0, email.lastIndexOf("@"))) ? 1 : 0, written, writtenAt, wrote, wroteAt],
    );
  }

  /** How many messages of the person's own were taken in. */
  get sent(): number {
    return this.#gathered().sent;
  }

  /**
   * Those whose name or address has words that begin as those of `query` do: whom the person wrote to first, the often
   * and lately written to before others; then who wrote to them, machines last. `now`: milliseconds since the epoch.
   */
  find(query: string, limit: number, now = Date.now()): Correspondent[] {
    const words = queryWords(query).map((word) => ` ${word}`);
    const worth = (count: string, at: string) =>
      `${count} / (1.0 + max(0, ?1 - ${at}) / ${halfWay.toFixed(1)})`;
    return this.#database
      .all(
        `SELECT email, name, written, written_at, wrote, wrote_at FROM correspondent
         WHERE ${["1", ...words.map((_, at) => `instr(words, ?${at + 3}) > 0`)].join(" AND ")}
         ORDER BY written > 0 DESC, iif(written > 0, 0, machine), ${worth("written", "written_at")} DESC,
           ${worth("wrote", "wrote_at")} DESC, key
         LIMIT ?2`,
        ...[now, limit, ...words],
      )
      .map(correspondentOf);
  }

  /** Whether the person has written to an address, as far as it has been gathered. */
  hasWritten(email: string): boolean {
    return (
      this.#database.get(
        "SELECT 1 AS yes FROM correspondent WHERE key = ? AND written > 0",
        email.toLowerCase(),
      ) !== null
    );
  }
}

function correspondentOf(row: Row): Correspondent {
  return {
    email: text(row, "email"),
    name: text(row, "name"),
    written: number(row, "written"),
    writtenAt: number(row, "written_at"),
    wrote: number(row, "wrote"),
    wroteAt: number(row, "wrote_at"),
  };
}

/** What some rows of messages say; `sent`: how many are the person's own. */
function gatherRows(
  rows: readonly Row[],
  { use, isOwn }: GatherFacts,
): { seen: Map<string, Seen>; sent: number } {
  const seen = new Map<string, Seen>();
  const see = ([name, email]: [string, string], at: number, way: "written" | "wrote") => {
    if (email.length > longestEmail || !sound.test(email)) return;
    const clean = name
      .slice(0, longestName)
      .replace(/[\s\p{C}]+/gu, " ")
      .trim();
    const named = clean === "" ? 0 : way === "wrote" ? byThemselves + at : at;
    const key = email.toLowerCase();
    const known = seen.get(key) ?? {
      email,
      name: "",
      named: -1,
      written: 0,
      writtenAt: 0,
      wrote: 0,
      wroteAt: 0,
    };
    if (named >= known.named) Object.assign(known, { email, name: clean, named });
    known[way]++;
    known[`${way}At`] = Math.max(known[`${way}At`], at);
    seen.set(key, known);
  };
  let sent = 0;
  for (const row of rows) {
    const mailbox = use(number(row, "mailbox"));
    if (mailbox === "passed over") continue;
    const at = number(row, "internal_date");
    const [from = [], to = [], cc = []] = json<[string, string][][]>(row, "people");
    const author = from[0];
    if (mailbox === "sent" || (author && isOwn(author[1]))) {
      sent++;
      for (const one of [...to, ...cc]) see(one, at, "written");
    } else if (author) see(author, at, "wrote");
  }
  return { seen, sent };
}
