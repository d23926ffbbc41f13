import { ImapError } from "../errors.ts";
import type { ResponseCode } from "../response/code.ts";
import { type FetchedMessage, type MessageSet, savedSearch, type UidRanges } from "../values.ts";
import { encodeMailboxName } from "../wire/mailbox-name.ts";
import type { Command } from "./command.ts";
import { mayContain, writeMessageSet } from "./message-set.ts";
import { requires } from "./requires.ts";

export interface StoreChange {
  readonly mode: "add" | "remove" | "replace";
  readonly flags: readonly string[];
  /** X-GM-LABELS in place of flags, which are then not looked at. @throws UNSUPPORTED without X-GM-EXT-1 */
  readonly gmailLabels?: readonly string[];
  /** Do not tell the new flags. */
  readonly silent?: boolean;
  /** Leave alone what changed after this mod-sequence (RFC 7162). @throws UNSUPPORTED without CONDSTORE */
  readonly unchangedSince?: bigint;
  /** `set` is sequence numbers, not UIDs. */
  readonly bySequence?: boolean;
}

const signs = { add: "+", remove: "-", replace: "" } as const;

/**
 * STORE or UID STORE (RFC 9051 §6.4.6). `modified`: the messages left alone because of `unchangedSince`. New flags go
 * to `onMessage` if there is one, else they are mailbox events; flags told of a silent change are another client's.
 */
export function store(
  set: MessageSet,
  change: StoreChange,
  onMessage?: (message: FetchedMessage) => void,
): Command<{ modified: UidRanges }> {
  const bySequence = change.bySequence ?? false;
  const modified = (code: ResponseCode | null) => ({ modified: code?.kind === "set" ? code.set : [] });
  return {
    name: bySequence ? "STORE" : "UID STORE",
    traits: {
      needs: "selected",
      usesSequenceNumbers: bySequence,
      usesSaved: set === savedSearch,
      mayExpunge: !bySequence,
    },
    begin: (session) => ({
      write(w) {
        if (!bySequence) w.atom("UID").sp();
        w.atom("STORE").sp();
        writeMessageSet(w, set, session);
        w.sp();
        if (change.unchangedSince !== undefined) {
          if (!session.capabilities.has("CONDSTORE"))
            throw new ImapError("UNSUPPORTED", "The server cannot guard a change (CONDSTORE).");
          w.open().atom("UNCHANGEDSINCE").sp().number(change.unchangedSince).close().sp();
        }
        const { gmailLabels } = change;
        w.atom(
          `${signs[change.mode]}${gmailLabels ? "X-GM-LABELS" : "FLAGS"}${change.silent ? ".SILENT" : ""}`,
        );
        w.sp();
        if (!gmailLabels) {
          w.flags(change.flags);
          return;
        }
        requires(session.capabilities, "labels", "X-GM-EXT-1");
        w.list(gmailLabels, (label) => {
          if (label.startsWith("\\")) w.flag(label);
          else w.mailbox(encodeMailboxName(label, false));
        });
      },
      untagged(response) {
        if (response.kind !== "fetch" || !onMessage) return false;
        const { message } = response;
        if (!mayContain(set, bySequence ? message.seq : message.uid)) return false;
        if (change.silent && message.flags !== undefined) return false;
        onMessage(message);
        return true;
      },
      result: (done) => modified(done.code),
    }),
  };
}
