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
}

/** What to ask for each message. `modSeq`, `emailId` and `threadId` are asked only where the server offers them. */
export interface FetchQuery {
  readonly flags?: boolean;
  readonly internalDate?: boolean;
  readonly size?: boolean;
  readonly envelope?: boolean;
  readonly bodyStructure?: boolean;
  readonly modSeq?: boolean;
  readonly emailId?: boolean;
  readonly threadId?: boolean;
  readonly sections?: readonly FetchSection[];
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
}

/** FETCH or UID FETCH (RFC 9051 §6.4.5). Messages the server does not know are passed over in silence. */
export function fetch(
  set: MessageSet,
  query: FetchQuery,
  handlers: FetchHandlers,
): Command<{ received: number }> {
  const wanted = (query.sections ?? []).map(({ section }) => canonicalSection(section));
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
          const { message } = response;
          if (!asked(message.seq, message.uid ?? null) || !answers(message, query, wanted)) return false;
          received++;
          handlers.onMessage(message);
          return query.flags === true || query.changedSince !== undefined || message.flags === undefined;
        },
        sink(literal) {
          const uid = literal.uid ?? session.uidOf(literal.seq);
          if (!wanted.includes(literal.section) || !asked(literal.seq, uid)) return undefined;
          return handlers.sink?.({ ...literal, uid });
        },
        // Some messages were gone: what came of the others counts (RFC 5530 §3 EXPUNGEISSUED).
        tolerates: (done) =>
          done.condition === "NO" &&
          (done.code?.name === "EXPUNGEISSUED" || /\bno longer exist/i.test(done.text)),
        result: () => ({ received }),
      };
    },
  };
}

/** Whether a FETCH response holds what was asked: a change of flags that nobody asked for is no answer. */
function answers(message: FetchedMessage, query: FetchQuery, wanted: readonly string[]): boolean {
  if (query.envelope && message.envelope !== undefined) return true;
  if (query.bodyStructure && message.bodyStructure !== undefined) return true;
  if (query.internalDate && message.internalDate !== undefined) return true;
  if (query.size && message.size !== undefined) return true;
  if (query.emailId && message.emailId !== undefined) return true;
  if (query.threadId && message.threadId !== undefined) return true;
  if (wanted.some((section) => message.sections?.has(section))) return true;
  const more =
    query.envelope ||
    query.bodyStructure ||
    query.internalDate ||
    query.size ||
    query.emailId ||
    query.threadId;
  if (more) return false;
  // Of a message whose only section went to a sink, the rest is still its answer.
  return wanted.length > 0 ? message.flags === undefined || query.flags === true : true;
}

function writeItems(w: Writer, query: FetchQuery, session: Session): void {
  const { capabilities } = session;
  const condstore = capabilities.has("CONDSTORE");
  const items: (() => void)[] = [];
  const word = (ask: boolean | undefined, name: string) => {
    if (ask) items.push(() => w.atom(name));
  };
  word(true, "UID");
  word(query.flags, "FLAGS");
  word(query.internalDate, "INTERNALDATE");
  word(query.size, "RFC822.SIZE");
  word(query.modSeq && condstore, "MODSEQ");
  word(query.emailId && capabilities.has("OBJECTID"), "EMAILID");
  word(query.threadId && capabilities.has("OBJECTID"), "THREADID");
  word(query.envelope, "ENVELOPE");
  word(query.bodyStructure, "BODYSTRUCTURE");
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
