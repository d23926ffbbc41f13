import { ImapError } from "../errors.ts";
import { type MessageSet, savedSearch } from "../values.ts";
import type { Command } from "./command.ts";
import { writeMessageSet } from "./message-set.ts";

/** EXPUNGE (RFC 9051 §6.4.3): removes every message flagged \Deleted, also those that others flagged. */
export function expunge(): Command<void> {
  return {
    name: "EXPUNGE",
    traits: { needs: "selected", mayExpunge: true },
    begin: () => ({ write: (w) => void w.atom("EXPUNGE"), result: () => {} }),
  };
}

/** UID EXPUNGE (RFC 4315): of those flagged \Deleted, just these. @throws UNSUPPORTED without UIDPLUS */
export function uidExpunge(uids: MessageSet): Command<void> {
  return {
    name: "UID EXPUNGE",
    traits: { needs: "selected", usesSaved: uids === savedSearch, mayExpunge: true },
    begin: (session) => ({
      write(w) {
        if (!session.capabilities.has("UIDPLUS"))
          throw new ImapError("UNSUPPORTED", "The server cannot remove chosen messages (UIDPLUS).");
        w.atom("UID").sp().atom("EXPUNGE").sp();
        writeMessageSet(w, uids, session);
      },
      result: () => {},
    }),
  };
}
