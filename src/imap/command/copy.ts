import { ImapError } from "../errors.ts";
import { type CopyUid, type MessageSet, savedSearch } from "../values.ts";
import type { Command } from "./command.ts";
import { writeMessageSet } from "./message-set.ts";

function toMailbox(verb: "COPY" | "MOVE", set: MessageSet, path: string): Command<CopyUid | null> {
  return {
    name: `UID ${verb}`,
    traits: {
      needs: "selected",
      usesSaved: set === savedSearch,
      mayExpunge: true,
      ambiguous: { key: "COPYUID" },
    },
    begin(session) {
      let told: CopyUid | null = null;
      return {
        write(w) {
          if (verb === "MOVE" && !session.capabilities.has("MOVE"))
            throw new ImapError("UNSUPPORTED", "The server does not offer MOVE.");
          w.atom("UID").sp().atom(verb).sp();
          writeMessageSet(w, set, session);
          w.sp().mailbox(path);
        },
        untagged(response) {
          if (response.kind !== "condition" || response.code?.kind !== "copyuid") return false;
          told = response.code.copyUid;
          return true;
        },
        result: (done) => (done.code?.kind === "copyuid" ? done.code.copyUid : told),
      };
    },
  };
}

/** UID COPY (RFC 9051 §6.4.7). The new UIDs, or null where the server does not tell (UIDPLUS, RFC 4315). */
export const copy = (set: MessageSet, path: string): Command<CopyUid | null> => toMailbox("COPY", set, path);

/** UID MOVE (RFC 6851). @throws UNSUPPORTED; moveMessages does without. */
export const move = (set: MessageSet, path: string): Command<CopyUid | null> => toMailbox("MOVE", set, path);
