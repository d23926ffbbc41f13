import { ImapError } from "../errors.ts";
import type { LargeLiteral } from "../response/fetch.ts";
import type { Session } from "../session.ts";
import { contains } from "../uid-set.ts";
import type { FetchedMessage, UidRanges } from "../values.ts";
import type { LiteralSink } from "../wire/framer.ts";
import { canonicalSection, type Writer } from "../wire/writer.ts";
import type { Command } from "./command.ts";

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
  set: UidRanges,
  query: FetchQuery,
  handlers: FetchHandlers,
): Command<{ received: number }> {
  const wanted = (query.sections ?? []).map(({ section }) => canonicalSection(section));
  const bySequence = query.bySequence ?? false;
  return {
    name: bySequence ? "FETCH" : "UID FETCH",
    traits: { needs: "selected", readOnly: true, usesSequenceNumbers: bySequence, mayExpunge: !bySequence },
    begin(session) {
      let received = 0;
      const asked = (seq: number, uid: number | null) =>
        bySequence ? contains(set, seq) : uid !== null && contains(set, uid);
      return {
        write(w) {
          if (!bySequence) w.atom("UID").sp();
          w.atom("FETCH").sp().sequenceSet(set).sp();
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
  if (query.changedSince === undefined) return;
  if (!condstore)
    throw new ImapError("UNSUPPORTED", "The server does not tell what changed since (CONDSTORE).");
  w.sp().open().atom("CHANGEDSINCE").sp().number(query.changedSince);
  if (query.vanished && session.enabled("QRESYNC") && !query.bySequence) w.sp().atom("VANISHED");
  w.close();
}
