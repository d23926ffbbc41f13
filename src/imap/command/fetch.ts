import type { LargeLiteral } from "../response/fetch.ts";
import type { Session } from "../session.ts";
import { type FetchedMessage, type MessageSet, savedSearch } from "../values.ts";
import type { LiteralSink } from "../wire/framer.ts";
import { canonicalSection, type Writer } from "../wire/writer.ts";
import type { Command } from "./command.ts";
import { mayContain, writeMessageSet } from "./message-set.ts";
import { requires } from "./requires.ts";

/** One BODY.PEEK[section]<offset.length>; fetching never sets \Seen. */
export interface FetchSection {
  /** `""` (the whole message), `1.2`, `HEADER`, `1.MIME`, `HEADER.FIELDS (SUBJECT DATE)`. */
  readonly section: string;
  /** Octets. */
  readonly partial?: { readonly offset: number; readonly length: number };
  /** Of a literal above 64 KiB, which `sink` is then not offered, so many octets are kept in the message. */
  readonly keep?: number;
}

/**
 * What to ask for each message. Items of extensions (`modSeq`, `emailId`, `threadId`, `preview`, `saveDate`,
 * `gmailMessageId`, `gmailThreadId`, `gmail`) are asked only where the server offers them.
 */
export interface FetchQuery {
  readonly flags?: boolean;
  readonly internalDate?: boolean;
  readonly size?: boolean;
  readonly envelope?: boolean;
  readonly bodyStructure?: boolean;
  readonly modSeq?: boolean;
  readonly emailId?: boolean;
  readonly threadId?: boolean;
  /** The beginning of the text (RFC 8970); "lazy": only where the server has it at hand. */
  readonly preview?: boolean | "lazy";
  /** When it came into this mailbox (RFC 8514). */
  readonly saveDate?: boolean;
  /** X-GM-MSGID alone. Not with `gmail`. */
  readonly gmailMessageId?: boolean;
  /** X-GM-THRID alone. Not with `gmail`. */
  readonly gmailThreadId?: boolean;
  /** X-GM-MSGID, X-GM-THRID and X-GM-LABELS. */
  readonly gmail?: boolean;
  readonly sections?: readonly FetchSection[];
  /** Parts with their transfer encoding undone (RFC 3516), by number. @throws UNSUPPORTED without BINARY */
  readonly binary?: readonly FetchSection[];
  /** The parts whose decoded size is asked for. @throws UNSUPPORTED without BINARY */
  readonly binarySizes?: readonly string[];
  /** Only messages changed after this mod-sequence (RFC 7162). @throws UNSUPPORTED without CONDSTORE */
  readonly changedSince?: bigint;
  /** With `changedSince` and QRESYNC enabled: also tell what vanished, as a mailbox event. */
  readonly vanished?: boolean;
  /**
   * Only those of the set from the one place to the other, counted from 1, or, both negative, from -1 for the last
   * backwards (RFC 9394). Not with `bySequence`. @throws UNSUPPORTED without PARTIAL
   */
  readonly partial?: readonly [from: number, to: number];
  /** `set` is sequence numbers, not UIDs. */
  readonly bySequence?: boolean;
}

export interface FetchHandlers {
  /** Called for each message as it arrives. What it throws fails the command. */
  onMessage(message: FetchedMessage): void;
  /** Takes literals above 64 KiB; without one they are thrown away and the section is absent. */
  sink?(literal: LargeLiteral): LiteralSink | undefined;
  /** From how many octets on `sink` is offered smaller ones too: spares copying them. What it does not take is kept in the message. */
  readonly sinkFrom?: number;
  /** What answers is a change of the mailbox as well: whoever listens for those hears of it, too. */
  readonly announces?: boolean;
}

export interface FetchResult {
  /** Messages told. */
  readonly received: number;
  /** The server stopped at this UID, as it answers for so many messages at once only (MESSAGELIMIT, RFC 9738). */
  readonly stoppedAt: number | null;
}

/** FETCH or UID FETCH (RFC 9051 §6.4.5). Messages the server does not know are passed over in silence. */
export function fetch(set: MessageSet, query: FetchQuery, handlers: FetchHandlers): Command<FetchResult> {
  const decoded = (query.binary ?? []).map(({ section }) => section);
  const sections = (query.sections ?? []).map((asked) => ({
    ...asked,
    section: canonicalSection(asked.section),
  }));
  const wanted = sections.map(({ section }) => section);
  const bySequence = query.bySequence ?? false;
  return {
    name: bySequence ? "FETCH" : "UID FETCH",
    traits: {
      needs: "selected",
      readOnly: true,
      usesSequenceNumbers: bySequence,
      usesSaved: set === savedSearch,
      mayExpunge: !bySequence,
    },
    begin(session) {
      let received = 0;
      const had = new Had();
      const kept: KeptLiteral[] = [];
      const asked = (seq: number, uid: number | null) => mayContain(set, bySequence ? seq : uid);
      return {
        write(w) {
          if (!bySequence) w.atom("UID").sp();
          w.atom("FETCH").sp();
          writeMessageSet(w, set, session);
          w.sp();
          writeItems(w, query, session);
        },
        untagged(response) {
          if (response.kind !== "fetch") return false;
          const message = withKept(response.message, kept.splice(0));
          const large = had.left();
          if (!asked(message.seq, message.uid ?? null) || !answers(message, query, wanted, large.length > 0))
            return false;
          if (!had.takes(message, query, wanted, large)) return false;
          received++;
          handlers.onMessage(message);
          if (handlers.announces) return false;
          return query.flags === true || query.changedSince !== undefined || message.flags === undefined;
        },
        sink(literal) {
          const uid = literal.uid ?? session.uidOf(literal.seq);
          const ours = (literal.binary ? decoded : wanted).includes(literal.section);
          if (!ours || !asked(literal.seq, uid) || had.has(uid, literal.section)) return undefined;
          const keep = sections.find(({ section }) => section === literal.section)?.keep;
          if (keep !== undefined && !literal.binary) {
            kept.push(new KeptLiteral(literal.section, keep));
            return kept.at(-1);
          }
          const sink = handlers.sink?.({ ...literal, uid });
          if (sink || !handlers.sink) had.sunk(literal.section);
          return sink;
        },
        ...(handlers.sinkFrom === undefined ? {} : { sinkFrom: handlers.sinkFrom }),
        // Some messages were gone: what came of the others counts (RFC 5530 §3 EXPUNGEISSUED).
        tolerates: (done) =>
          done.condition === "NO" &&
          (done.code?.name === "EXPUNGEISSUED" || /\bno longer exist/i.test(done.text)),
        result: ({ code }) => ({ received, stoppedAt: code?.kind === "limit" ? code.lastUid : null }),
      };
    },
  };
}

/** The beginning of a large literal. */
class KeptLiteral implements LiteralSink {
  readonly section: string;
  readonly #chunks: Buffer[] = [];
  #room: number;

  constructor(section: string, room: number) {
    this.section = section;
    this.#room = room;
  }

  write(chunk: Buffer): void {
    if (this.#room === 0) return;
    const piece = chunk.subarray(0, this.#room);
    this.#chunks.push(piece);
    this.#room -= piece.length;
  }

  end(): void {}

  abort(): void {}

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

function withKept(message: FetchedMessage, kept: readonly KeptLiteral[]): FetchedMessage {
  if (kept.length === 0) return message;
  const sections = new Map(message.sections);
  for (const { section, bytes } of kept) sections.set(section, bytes);
  return { ...message, sections };
}

/**
 * The content that a command has got, by UID. A server that is asked for the same by two commands at once may answer
 * both before it completes either (Dovecot does): what one has had is the other's.
 */
class Had {
  /** UIDs by item. */
  readonly #got = new Map<string, Set<number>>();
  /** Sections of the response that is being read which went to a sink, or into the void for want of one. */
  #sunk: string[] = [];

  has(uid: number | null, item: string): boolean {
    return uid !== null && this.#got.get(item)?.has(uid) === true;
  }

  sunk(section: string): void {
    this.#sunk.push(section);
  }

  /** The large sections of the response that has now been read. */
  left(): readonly string[] {
    return this.#sunk.length > 0 ? this.#sunk.splice(0) : this.#sunk;
  }

  /** False where all content of the response has been had before; else it is now. */
  takes(
    message: FetchedMessage,
    query: FetchQuery,
    wanted: readonly string[],
    large: readonly string[],
  ): boolean {
    const { uid } = message;
    const items = [...large];
    for (const section of wanted) if (message.sections?.has(section)) items.push(section);
    if (query.bodyStructure && message.bodyStructure !== undefined) items.push("structure");
    if (items.length === 0 || uid === undefined) return true;
    if (items.every((item) => this.has(uid, item))) return false;
    for (const item of items) {
      const uids = this.#got.get(item);
      if (uids) uids.add(uid);
      else this.#got.set(item, new Set([uid]));
    }
    return true;
  }
}

/** Items that are one word, by their name in query and answer, and what must be offered for them. */
const words = [
  ["internalDate", "internalDate", "INTERNALDATE", null],
  ["size", "size", "RFC822.SIZE", null],
  ["emailId", "emailId", "EMAILID", "OBJECTID"],
  ["threadId", "threadId", "THREADID", "OBJECTID"],
  ["envelope", "envelope", "ENVELOPE", null],
  ["bodyStructure", "bodyStructure", "BODYSTRUCTURE", null],
  ["saveDate", "saveDate", "SAVEDATE", "SAVEDATE"],
  ["gmailMessageId", "gmailMessageId", "X-GM-MSGID", "X-GM-EXT-1"],
  ["gmailThreadId", "gmailThreadId", "X-GM-THRID", "X-GM-EXT-1"],
  ["gmail", "gmailMessageId", "X-GM-MSGID", "X-GM-EXT-1"],
  ["gmail", "gmailThreadId", "X-GM-THRID", "X-GM-EXT-1"],
  ["gmail", "gmailLabels", "X-GM-LABELS", "X-GM-EXT-1"],
] as const;

/** Whether a FETCH response holds what was asked: a change of flags that nobody asked for is no answer. */
function answers(
  message: FetchedMessage,
  query: FetchQuery,
  wanted: readonly string[],
  sunk: boolean,
): boolean {
  let other = false;
  for (const [ask, told] of words) {
    if (!query[ask]) continue;
    if (message[told] !== undefined) return true;
    other = true;
  }
  if (query.preview && message.preview !== undefined) return true;
  if (query.binary && message.binary !== undefined) return true;
  if (query.binarySizes && message.binarySizes !== undefined) return true;
  if (wanted.some((section) => message.sections?.has(section))) return true;
  // Of a message whose only section went to a sink, the rest is still its answer.
  if (sunk) return true;
  if (other) return false;
  const content = wanted.length > 0 || query.binary !== undefined || query.binarySizes !== undefined;
  return content || query.preview ? query.flags === true && message.flags !== undefined : true;
}

function writeItems(w: Writer, query: FetchQuery, session: Session): void {
  const { capabilities } = session;
  const condstore = capabilities.has("CONDSTORE");
  const items: (() => void)[] = [];
  const word = (ask: boolean | undefined, name: string) => {
    if (ask) items.push(() => w.atom(name));
  };
  // UIDFETCH names the message already (RFC 9586 §3.4), but the item stays allowed.
  word(true, "UID");
  word(query.flags, "FLAGS");
  word(query.modSeq && condstore, "MODSEQ");
  for (const [ask, , name, needs] of words)
    word(query[ask] && (needs === null || capabilities.has(needs)), name);
  if (query.preview && capabilities.has("PREVIEW"))
    items.push(() => {
      w.atom("PREVIEW");
      if (query.preview === "lazy") w.sp().open().atom("LAZY").close();
    });
  if (query.binary ?? query.binarySizes) requires(capabilities, "decoded parts", "BINARY", "IMAP4REV2");
  for (const { section, partial } of query.binary ?? []) items.push(() => w.binaryPeek(section, partial));
  for (const section of query.binarySizes ?? []) items.push(() => w.binarySize(section));
  for (const { section, partial } of query.sections ?? []) items.push(() => w.bodyPeek(section, partial));
  w.list(items, (write) => write());
  writeModifiers(w, query, session);
}

/** fetch-modifiers (RFC 4466 §2.1, RFC 7162, RFC 9394). */
function writeModifiers(w: Writer, query: FetchQuery, session: Session): void {
  const { capabilities } = session;
  const { changedSince, partial } = query;
  const modifiers: (() => void)[] = [];
  if (changedSince !== undefined) {
    requires(capabilities, "what changed since", "CONDSTORE");
    modifiers.push(() => w.atom("CHANGEDSINCE").sp().number(changedSince));
    if (query.vanished && session.enabled("QRESYNC") && !query.bySequence)
      modifiers.push(() => w.atom("VANISHED"));
  }
  if (partial) {
    requires(capabilities, "parts of a set", "PARTIAL");
    modifiers.push(() => w.atom("PARTIAL").sp().numberRange(partial));
  }
  if (modifiers.length === 0) return;
  w.sp().list(modifiers, (write) => write());
}
