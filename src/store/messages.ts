import type { Bodies } from "./bodies.ts";
import { type Database, json, number, numberOrNull, text, textOrNull } from "./database.ts";
import type { Row } from "./driver.ts";
import { baseSubject, fold } from "./fold.ts";
import { words } from "./mailboxes.ts";
import {
  type FlagChange,
  firstProvisionalUid,
  type Identity,
  type Renumbered,
  type SortKey,
  type StoredMessage,
  type StoredMessageInput,
  type StoredPerson,
  type WindowQuery,
} from "./types.ts";

/** The column that leads each order; the UID decides between equal ones. Each has its index. */
const orders: Record<SortKey, string> = {
  arrival: "uid",
  date: "internal_date",
  from: "sort_from",
  subject: "sort_subject",
  size: "size",
};

const columns = `uid, flags, mod_seq, internal_date, sent_at, size, subject, people, message_id, in_reply_to,
  reference_ids, thread_id, email_id, EXISTS (SELECT 1 FROM body WHERE body.message = message.id) AS cached`;

/** Restricts to a list of UIDs given as one JSON array: one statement for any number of them. */
const amongUids = "uid IN (SELECT value FROM json_each(?))";

/** Characters of a sort key: enough to sort by, and a hostile subject does not fill the index. */
const sortKeyLength = 80;
const foldedLength = 1000;
/** Octets of Message-IDs kept of one References field: the newest count. */
const referencesLength = 2000;

/** The index of messages, by mailbox and UID. */
export class Messages {
  readonly #database: Database;
  readonly #bodies: Bodies;

  constructor(database: Database, bodies: Bodies) {
    this.#database = database;
    this.#bodies = bodies;
  }

  /** The rows `offset` to `offset + limit` of the mailbox in the order asked for. */
  window(mailboxId: number, query: WindowQuery): StoredMessage[] {
    const direction = query.descending ? "DESC" : "ASC";
    const key = orders[query.sort];
    const by = key === "uid" ? `uid ${direction}` : `${key} ${direction}, uid ${direction}`;
    const tail = `ORDER BY ${by} LIMIT ? OFFSET ?`;
    const limits = [Math.max(0, query.limit), Math.max(0, query.offset)] as const;
    const rows = query.uids
      ? this.#database.all(
          `SELECT ${columns} FROM message INDEXED BY message_by_uid WHERE mailbox = ? AND ${amongUids} ${tail}`,
          mailboxId,
          JSON.stringify(query.uids),
          ...limits,
        )
      : this.#database.all(`SELECT ${columns} FROM message WHERE mailbox = ? ${tail}`, mailboxId, ...limits);
    return rows.map(messageOf);
  }

  /** How many messages the mailbox has here, or how many of `uids`. */
  count(mailboxId: number, uids?: readonly number[]): number {
    const count = "SELECT count(*) AS n FROM message WHERE mailbox = ?";
    const row = uids
      ? this.#database.get(`${count} AND ${amongUids}`, mailboxId, JSON.stringify(uids))
      : this.#database.get(count, mailboxId);
    return row ? number(row, "n") : 0;
  }

  /** Where `window` with the same query (offset and limit aside) has the message; -1 where it has not. */
  position(mailboxId: number, uid: number, query: Pick<WindowQuery, "sort" | "descending" | "uids">): number {
    const key = orders[query.sort];
    const own = this.#database.get(
      `SELECT ${key} AS key FROM message WHERE mailbox = ? AND uid = ?`,
      mailboxId,
      uid,
    );
    if (!own || (query.uids && !query.uids.includes(uid))) return -1;
    const before = query.descending ? ">" : "<";
    const ahead = `SELECT count(*) AS n FROM message WHERE mailbox = ? AND (${key}, uid) ${before} (?, ?)`;
    const values = [mailboxId, own.key ?? null, uid] as const;
    const row = query.uids
      ? this.#database.get(`${ahead} AND ${amongUids}`, ...values, JSON.stringify(query.uids))
      : this.#database.get(ahead, ...values);
    return row ? number(row, "n") : -1;
  }

  get(mailboxId: number, uid: number): StoredMessage | null {
    const row = this.#database.get(
      `SELECT ${columns} FROM message WHERE mailbox = ? AND uid = ?`,
      mailboxId,
      uid,
    );
    return row && messageOf(row);
  }

  /** Every UID of the mailbox that is the server's, ascending. */
  uids(mailboxId: number): number[] {
    return this.#uidList(
      "SELECT uid FROM message WHERE mailbox = ? AND uid < ? ORDER BY uid",
      mailboxId,
      firstProvisionalUid,
    );
  }

  /** Stores messages, new or known, in one transaction. Bodies stay cached; their files follow the flags. */
  put(mailboxId: number, messages: readonly StoredMessageInput[]): void {
    if (messages.length === 0) return;
    this.#database.transaction(() => {
      for (const message of messages) this.#database.run(upsert, mailboxId, ...valuesOf(message));
      this.#bodies.followFlags(mailboxId, messages);
    });
  }

  /** Replaces the flags of messages; UIDs not in the store are ignored, and equal flags write nothing. */
  setFlags(mailboxId: number, changes: readonly FlagChange[]): void {
    if (changes.length === 0) return;
    this.#database.transaction(() => {
      const changed = changes.filter(({ uid, flags, modSeq }) => {
        const column = flagColumn(flags);
        return (
          this.#database.run(
            `UPDATE message SET flags = ?, seen = ?, mod_seq = coalesce(?, mod_seq)
             WHERE mailbox = ? AND uid = ? AND (flags <> ? OR mod_seq <> ?)`,
            column,
            isSeen(flags),
            modSeq ?? null,
            mailboxId,
            uid,
            column,
            modSeq ?? null,
          ) > 0
        );
      });
      this.#bodies.followFlags(mailboxId, changed);
    });
  }

  /** Removes messages, with their structures, parts and our files; UIDs not in the store are ignored. */
  remove(mailboxId: number, uids: readonly number[]): void {
    if (uids.length === 0) return;
    const list = JSON.stringify(uids);
    const files = this.#database.transaction(() => {
      const cached = this.#bodies.files(mailboxId, list);
      this.#database.run(`DELETE FROM message WHERE mailbox = ? AND ${amongUids}`, mailboxId, list);
      return cached;
    });
    this.#bodies.removeFiles(mailboxId, files);
  }

  /** What each message can be told by where its UID is not valid any more, by UID. */
  identities(mailboxId: number): Identity[] {
    const rows = this.#database.all(
      `SELECT uid, email_id, message_id, size, internal_date,
         EXISTS (SELECT 1 FROM body WHERE body.message = message.id) OR
         EXISTS (SELECT 1 FROM part WHERE part.message = message.id) AS kept
       FROM message WHERE mailbox = ? ORDER BY uid`,
      mailboxId,
    );
    return rows.map((row) => ({
      uid: number(row, "uid"),
      emailId: textOrNull(row, "email_id"),
      messageId: textOrNull(row, "message_id"),
      size: number(row, "size"),
      internalDate: number(row, "internal_date"),
      kept: number(row, "kept") === 1,
    }));
  }

  /**
   * UIDVALIDITY has changed (RFC 9051 §2.3.1.1): the messages of `found` keep their rows, structures, parts and
   * bodies under their new UIDs; all others go. One write: a kill leaves the mailbox under its old UIDVALIDITY.
   */
  renumber(mailboxId: number, uidValidity: number, found: readonly Renumbered[]): void {
    this.#database.transaction(() => {
      const ids = new Map(
        this.#database
          .all("SELECT id, uid FROM message WHERE mailbox = ?", mailboxId)
          .map((row) => [number(row, "uid"), number(row, "id")]),
      );
      const kept = found
        .flatMap((message) => {
          const id = ids.get(message.from);
          return id === undefined ? [] : { ...message, id };
        })
        .sort((a, b) => a.uid - b.uid);
      this.#bodies.renumber(mailboxId, uidValidity, kept);
      this.#database.run(
        "DELETE FROM message WHERE mailbox = ? AND id NOT IN (SELECT value FROM json_each(?))",
        mailboxId,
        JSON.stringify(kept.map(({ id }) => id)),
      );
      // Out of the way first are those whose UID another one takes before they leave it.
      const turn = new Map(kept.map(({ from }, at) => [from, at]));
      this.#database.run(
        `UPDATE message SET uid = -uid WHERE mailbox = ? AND ${amongUids}`,
        mailboxId,
        JSON.stringify(kept.flatMap(({ uid }, at) => ((turn.get(uid) ?? 0) > at ? uid : []))),
      );
      for (const { id, uid, flags, modSeq, internalDate, emailId } of kept) {
        this.#database.run(
          `UPDATE message SET uid = ?, flags = ?, seen = ?, mod_seq = ?, internal_date = ?, email_id = ?
           WHERE id = ?`,
          uid,
          flagColumn(flags),
          isSeen(flags),
          modSeq,
          integer(internalDate),
          emailId,
          id,
        );
      }
      this.#database.run(
        "UPDATE mailbox SET uid_validity = ?, uid_next = 0, highest_mod_seq = '0' WHERE id = ?",
        uidValidity,
        mailboxId,
      );
    });
  }

  /** How many messages here are not \Seen. */
  unread(mailboxId: number): number {
    const row = this.#database.get(
      "SELECT count(*) AS n FROM message WHERE mailbox = ? AND seen = 0",
      mailboxId,
    );
    return row ? number(row, "n") : 0;
  }

  /** JSON text as `setBodyStructure` was given it; null where there is none. */
  bodyStructure(mailboxId: number, uid: number): string | null {
    const row = this.#database.get(
      "SELECT json FROM structure JOIN message ON message.id = message WHERE mailbox = ? AND uid = ?",
      mailboxId,
      uid,
    );
    return row && text(row, "json");
  }

  /** Keeps a message's structure; ignored where the message is not in the store. */
  setBodyStructure(mailboxId: number, uid: number, json: string): void {
    this.#database.run(
      `INSERT OR REPLACE INTO structure (message, json)
       SELECT id, ? FROM message WHERE mailbox = ? AND uid = ?`,
      json,
      mailboxId,
      uid,
    );
  }

  /** One string instead of a row for each: ten times faster at 100,000. */
  #uidList(select: string, ...parameters: (string | number)[]): number[] {
    const row = this.#database.get(`SELECT group_concat(uid) AS uids FROM (${select})`, ...parameters);
    const uids = row && textOrNull(row, "uids");
    return uids ? uids.split(",").map(Number) : [];
  }
}

const upsert = `
INSERT INTO message (mailbox, uid, flags, seen, mod_seq, internal_date, sent_at, size, subject, people,
  message_id, in_reply_to, reference_ids, thread_id, email_id, sort_from, sort_subject, folded_subject, folded_from,
  folded_to)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (mailbox, uid) DO UPDATE SET flags = excluded.flags, seen = excluded.seen,
  mod_seq = excluded.mod_seq, internal_date = excluded.internal_date, sent_at = excluded.sent_at,
  size = excluded.size, subject = excluded.subject, people = excluded.people,
  message_id = excluded.message_id, in_reply_to = excluded.in_reply_to,
  reference_ids = excluded.reference_ids, thread_id = excluded.thread_id,
  email_id = excluded.email_id, sort_from = excluded.sort_from, sort_subject = excluded.sort_subject,
  folded_subject = excluded.folded_subject, folded_from = excluded.folded_from, folded_to = excluded.folded_to`;

function valuesOf(message: StoredMessageInput): (string | number | null)[] {
  const author = message.from[0];
  const folded = fold(message.subject.slice(0, foldedLength));
  return [
    message.uid,
    flagColumn(message.flags),
    isSeen(message.flags),
    message.modSeq,
    integer(message.internalDate),
    message.sentAt === null ? null : integer(message.sentAt),
    integer(message.size),
    message.subject,
    JSON.stringify([message.from, message.to, message.cc].map(pairs)),
    message.messageId,
    message.inReplyTo,
    referencesColumn(message.references),
    message.threadId,
    message.emailId,
    fold((author?.name || author?.email || "").slice(0, sortKeyLength)),
    baseSubject(folded).slice(0, sortKeyLength),
    folded,
    foldedPeople(message.from),
    foldedPeople([...message.to, ...message.cc]),
  ];
}

function foldedPeople(people: readonly StoredPerson[]): string {
  const texts = people.map(({ name, email }) => `${name} <${email}>`);
  return fold(texts.join(", ").slice(0, foldedLength));
}

function referencesColumn(references: readonly string[]): string {
  let column = "";
  for (const id of references.toReversed()) {
    const longer = column === "" ? id : `${id} ${column}`;
    if (longer.length > referencesLength) break;
    column = longer;
  }
  return column;
}

function messageOf(row: Row): StoredMessage {
  const [from, to, cc] = json<[string, string][][]>(row, "people").map(peopleOf);
  return {
    uid: number(row, "uid"),
    flags: words(text(row, "flags")),
    modSeq: text(row, "mod_seq"),
    internalDate: number(row, "internal_date"),
    sentAt: numberOrNull(row, "sent_at"),
    size: number(row, "size"),
    subject: text(row, "subject"),
    from: from ?? [],
    to: to ?? [],
    cc: cc ?? [],
    messageId: textOrNull(row, "message_id"),
    inReplyTo: textOrNull(row, "in_reply_to"),
    references: words(text(row, "reference_ids")),
    threadId: textOrNull(row, "thread_id"),
    emailId: textOrNull(row, "email_id"),
    cached: number(row, "cached") === 1,
  };
}

function pairs(people: readonly StoredPerson[]): [string, string][] {
  return people.map(({ name, email }) => [name, email]);
}

function peopleOf(list: readonly [string, string][]): StoredPerson[] {
  return list.map(([name, email]) => ({ name, email }));
}

function flagColumn(flags: readonly string[]): string {
  return [...new Set(flags)].sort().join(" ");
}

function isSeen(flags: readonly string[]): number {
  return flags.some((flag) => flag.toLowerCase() === "\\seen") ? 1 : 0;
}

/** A number that SQLite can keep and give back; servers send sizes and dates beyond any. */
function integer(value: number): number {
  return Number.isSafeInteger(Math.trunc(value)) ? Math.trunc(value) : 0;
}
