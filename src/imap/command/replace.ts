import type { AppendUid } from "../values.ts";
import { type AppendMessage, writeAppendMessage } from "./append-message.ts";
import type { Command } from "./command.ts";
import { requires } from "./requires.ts";

/**
 * UID REPLACE (RFC 8508): puts a message in place of another in one step, so that neither is lost nor both are there:
 * a draft saved again. The new UID, or null where the server does not tell.
 * @param path where the new one goes; mostly the selected mailbox
 * @throws UNSUPPORTED without REPLACE
 */
export function replace(uid: number, path: string, message: AppendMessage): Command<AppendUid | null> {
  return {
    name: "UID REPLACE",
    traits: { needs: "selected", mayExpunge: true, ambiguous: { key: "APPENDUID" } },
    begin(session) {
      let told: AppendUid | null = null;
      return {
        write(w) {
          requires(session.capabilities, "to replace a message", "REPLACE");
          w.atom("UID").sp().atom("REPLACE").sp().number(uid).sp().mailbox(path).sp();
          writeAppendMessage(w, message, session);
        },
        // The new UID comes ahead of the EXPUNGE of the old one (RFC 8508 §3.3).
        untagged(response) {
          if (response.kind !== "condition" || response.code?.kind !== "appenduid") return false;
          told = response.code.appendUid;
          return true;
        },
        result: (done) => (done.code?.kind === "appenduid" ? done.code.appendUid : told),
      };
    },
  };
}
