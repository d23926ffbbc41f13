/**
 * Searches of the index: a tree of conditions becomes one statement over the rows of a mailbox and the full text.
 * What cannot be known of a message, as its body is not here, is neither true nor false: SQL's NULL, which AND, OR and
 * NOT hand on as they should.
 */
import { type Database, number, numberOrNull, textOrNull } from "./database.ts";
import type { Row, SqlValue } from "./driver.ts";
import { Endings, type WordsIn } from "./endings.ts";
import { fold } from "./fold.ts";
import { cutMark } from "./message-row.ts";
import { fieldPhrase, type Phrase, phrase, scattered } from "./words.ts";

export type Condition =
  /** Null: it cannot be known. */
  | { readonly kind: "constant"; readonly value: boolean | null }
  /** Holds the text, wherever in it; case and accents aside. "" asks whether it is there. */
  | {
      readonly kind: "contains";
      readonly column: (typeof rowColumns)[number];
      readonly text: string;
    }
  /** Has these words side by side, the last may be a beginning; or (`scattered`) all of them anywhere. */
  | {
      readonly kind: "words";
      readonly where: "body" | "files" | "anywhere";
      readonly text: string;
      readonly scattered?: boolean;
    }
  /** A field of the header has these words; "" asks whether it is there. */
  | { readonly kind: "field"; readonly name: string; readonly text: string }
  | { readonly kind: "flag"; readonly flag: string }
  /** Arrived at that time or later, or before it; milliseconds. */
  | { readonly kind: "since" | "before"; readonly at: number }
  /** Octets, exclusive. */
  | { readonly kind: "larger" | "smaller"; readonly octets: number }
  /** Something is attached whose media type begins so. */
  | { readonly kind: "attached"; readonly type: string }
  | { readonly kind: "threadId"; readonly id: string }
  | { readonly kind: "uids"; readonly uids: readonly number[] }
  | { readonly kind: "and" | "or"; readonly of: readonly Condition[] }
  | { readonly kind: "not"; readonly of: Condition };

/** UIDs, ascending, for which the condition holds, and those of which that is not known. */
export interface Answer {
  readonly sure: readonly number[];
  readonly unknown: readonly number[];
}

/** One step of a search from the newest message to the oldest. */
export interface Step extends Answer {
  /** Where the next step begins; null after the last. */
  readonly below: number | null;
}

const textColumns = {
  subject: "folded_subject",
  from: "folded_from",
  to: "folded_to",
  cc: "folded_cc",
} as const;
const idColumns = {
  messageId: "message_id",
  inReplyTo: "in_reply_to",
  references: "reference_ids",
} as const;
const rowColumns = ["subject", "from", "to", "cc", "messageId", "inReplyTo", "references"] as const;
/** What of `indexed` says that a message without such words has none. */
const known: Readonly<Record<WordsIn, string>> = {
  body: "body",
  files: "attached IS NOT NULL",
  anywhere: "header AND body",
  field: "header",
};

/** Row ids between which the rows lie that are asked, both included. */
type RowIds = readonly [lowest: number, highest: number];

/** An expression over a row of `message`, and what its question marks stand for. */
class Expression {
  readonly parameters: SqlValue[] = [];
  readonly sql: string;
  readonly #rowIds: RowIds;
  readonly #endings: Endings;

  constructor(condition: Condition, rowIds: RowIds, endings: Endings) {
    this.#rowIds = rowIds;
    this.#endings = endings;
    this.sql = this.#of(condition);
  }

  #bind(value: SqlValue): "?" {
    this.parameters.push(value);
    return "?";
  }

  #of(condition: Condition): string {
    switch (condition.kind) {
      case "constant":
        return condition.value === null ? "NULL" : condition.value ? "1" : "0";
      case "and":
      case "or":
        return this.#joined(condition.kind, condition.of);
      case "not":
        return `NOT (${this.#of(condition.of)})`;
      case "contains":
        return this.#contains(condition.column, condition.text);
      case "words":
        return this.#words(condition);
      case "field":
        return this.#match(fieldPhrase(condition.name, condition.text), "field");
      case "flag": {
        const flag = condition.flag.toLowerCase();
        return flag === "\\seen"
          ? "seen"
          : `instr(' ' || lower(flags) || ' ', ${this.#bind(` ${flag} `)}) > 0`;
      }
      case "since":
        return `internal_date >= ${this.#bind(condition.at)}`;
      case "before":
        return `internal_date < ${this.#bind(condition.at)}`;
      case "larger":
        return `size > ${this.#bind(condition.octets)}`;
      case "smaller":
        return `size < ${this.#bind(condition.octets)}`;
      case "attached":
        return this.#attached(condition.type);
      case "threadId":
        return `thread_id = ${this.#bind(condition.id)}`;
      case "uids":
        return `uid IN (SELECT value FROM json_each(${this.#bind(JSON.stringify(condition.uids))}))`;
    }
  }

  /** Halved and halved again: SQLite bounds how deep an expression is. */
  #joined(kind: "and" | "or", of: readonly Condition[]): string {
    const [first] = of;
    if (!first) return kind === "and" ? "1" : "0";
    if (of.length === 1) return this.#of(first);
    const half = of.length >> 1;
    return `(${this.#joined(kind, of.slice(0, half))} ${kind} ${this.#joined(kind, of.slice(half))})`;
  }

  /** Where nothing is known, some servers have looked and flagged the message (the registry of IMAP keywords). */
  #attached(type: string): string {
    const known = `(SELECT attached <> '' AND instr(' ' || attached, ${this.#bind(` ${type}`)}) > 0
      FROM indexed WHERE indexed.message = message.id)`;
    const some = type === "" ? "WHEN instr(lower(flags), '$hasattachment') THEN 1" : "";
    return `coalesce(${known}, CASE ${some} WHEN instr(lower(flags), '$hasnoattachment') THEN 0 END)`;
  }

  #contains(column: (typeof rowColumns)[number], text: string): string {
    if (column in idColumns) {
      const name = `coalesce(${idColumns[column as keyof typeof idColumns]}, '')`;
      return text === "" ? `${name} <> ''` : `instr(lower(${name}), ${this.#bind(text.toLowerCase())}) > 0`;
    }
    const name = textColumns[column as keyof typeof textColumns];
    const folded = fold(text);
    if (folded === "") return `${name} <> ''`;
    // A text that was cut may go on with it.
    return `CASE WHEN instr(${name}, ${this.#bind(folded)}) THEN 1
      WHEN substr(${name}, -1) <> '${cutMark}' THEN 0 END`;
  }

  #words({ where, text, scattered: apart }: Extract<Condition, { kind: "words" }>): string {
    const phrases = apart ? scattered(text) : [phrase(text)].filter((found) => found !== null);
    // In the order of their question marks.
    const inRow = where === "anywhere" ? rowColumns.map((column) => this.#contains(column, text)) : [];
    const inText = phrases.map((one) => this.#match(one, where));
    return `(${[...inRow, inText.length === 0 ? "NULL" : `(${inText.join(" AND ")})`].join(" OR ")})`;
  }

  #match(words: Phrase, where: WordsIn): string {
    return `CASE WHEN message.id IN (${this.#found(words, where)}) THEN 1
      WHEN EXISTS (SELECT 1 FROM indexed WHERE indexed.message = message.id AND ${known[where]}) THEN 0 END`;
  }

  /** Row ids of the messages that have these words. */
  #found(words: Phrase, where: WordsIn): string {
    const [from, to] = this.#rowIds;
    const found = this.#endings.find(words, where);
    if ("rowIds" in found) {
      const within = found.rowIds.slice(firstFrom(found.rowIds, from), firstFrom(found.rowIds, to + 1));
      return `SELECT value FROM json_each(${this.#bind(JSON.stringify(within))})`;
    }
    return `SELECT rowid FROM words WHERE words MATCH ${this.#bind(found.expression)}
      AND rowid BETWEEN ${this.#bind(from)} AND ${this.#bind(to)}`;
  }
}

/** Where in an ascending list the first number stands that is `least` or more. */
function firstFrom(numbers: readonly number[], least: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? least) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class Search {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A search of a mailbox. It may be kept for as long as it takes, and no longer: it remembers words of the index. */
  prepare(mailboxId: number, condition: Condition): PreparedSearch {
    return new PreparedSearch(this.#database, mailboxId, condition);
  }
}

export class PreparedSearch {
  readonly #database: Database;
  readonly #mailboxId: number;
  readonly #condition: Condition;
  readonly #endings: Endings;

  constructor(database: Database, mailboxId: number, condition: Condition) {
    this.#database = database;
    this.#mailboxId = mailboxId;
    this.#condition = condition;
    this.#endings = new Endings(database);
  }

  /** Asks the newest `limit` messages whose UIDs lie below `below`, provisional ones included. */
  step(below: number, limit: number): Step {
    const bounds = this.#database.get(
      `SELECT min(uid) AS first, count(*) AS n, min(id) AS low, max(id) AS high FROM (
         SELECT uid, id FROM message INDEXED BY message_by_uid
         WHERE mailbox = ? AND uid < ? ORDER BY uid DESC LIMIT ?)`,
      this.#mailboxId,
      below,
      limit,
    );
    const first = bounds && numberOrNull(bounds, "first");
    if (!bounds || first === null) return { sure: [], unknown: [], below: null };
    const answer = this.#ask(bounds, "uid >= ? AND uid < ?", first, below);
    return { ...answer, below: number(bounds, "n") < limit ? null : first };
  }

  /** Asks these messages; those that the index does not have are in neither list. */
  among(uids: readonly number[]): Answer {
    const list = JSON.stringify(uids);
    const named = "uid IN (SELECT value FROM json_each(?))";
    const bounds = this.#database.get(
      `SELECT min(id) AS low, max(id) AS high FROM message INDEXED BY message_by_uid WHERE mailbox = ? AND ${named}`,
      this.#mailboxId,
      list,
    );
    if (!bounds || numberOrNull(bounds, "low") === null) return { sure: [], unknown: [] };
    return this.#ask(bounds, named, list);
  }

  /** `bounds`: `low` and `high`, the row ids. */
  #ask(bounds: Row, where: string, ...parameters: readonly SqlValue[]): Answer {
    const rowIds = [number(bounds, "low"), number(bounds, "high")] as const;
    const expression = new Expression(this.#condition, rowIds, this.#endings);
    const row = this.#database.get(
      `SELECT group_concat(CASE WHEN hit THEN uid END) AS sure,
         group_concat(CASE WHEN hit IS NULL THEN uid END) AS unknown
       FROM (SELECT uid, ${expression.sql} AS hit FROM message INDEXED BY message_by_uid
             WHERE mailbox = ? AND ${where} ORDER BY uid)`,
      ...expression.parameters,
      this.#mailboxId,
      ...parameters,
    );
    const list = (column: string) => {
      const uids = row && textOrNull(row, column);
      return uids ? uids.split(",").map(Number) : [];
    };
    return { sure: list("sure"), unknown: list("unknown") };
  }
}
