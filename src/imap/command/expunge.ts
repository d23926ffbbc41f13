import { ImapError } from "../errors.ts";
import type { UidRanges } from "../values.ts";
import type { Command } from "./command.ts";

/** EXPUNGE (RFC 9051 §6.4.3): removes every message flagged \Deleted, also those that others flagged. */
export function expunge(): Command<void> {
  return {
    name: "EXPUNGE",
    traits: { needs: "selected", mayExpunge: true },
    begin: () => ({ write: (w) => void w.atom("EXPUNGE"), result: () => {} }),
  };
}

/** UID EXPUNGE (RFC 4315): of those flagged \Deleted, just these. @throws UNSUPPORTED without UIDPLUS */
export function uidExpunge(uids: UidRanges): Command<void> {
  return {
    name: "UID EXPUNGE",
    traits: { needs: "selected", mayExpunge: true },
    begin: ({ capabilities }) => ({
      write(w) {
        if (!capabilities.has("UIDPLUS"))
          throw new ImapError("UNSUPPORTED", "The server cannot remove chosen messages (UIDPLUS).");
        w.atom("UID").sp().atom("EXPUNGE").sp().sequenceSet(uids);
      },
      result: () => {},
    }),
  };
}
