import { ImapError } from "../errors.ts";
import type { Command } from "./command.ts";

/** These change how all later commands are written: nothing is sent until the server has answered. */
const changesText = new Set(["UTF8=ACCEPT", "IMAP4REV2"]);

/**
 * ENABLE (RFC 5161). A SELECT may follow at once: it counts on QRESYNC to be granted, and gets BAD where it was not.
 * Only what the server offers is asked for; returns what is on afterwards, as it was asked for.
 * iCloud answers OK without saying ENABLED: that counts as on.
 * @param blindly also what is not offered, or not yet: a server passes over what it does not know (§3.1)
 */
export function enable(names: readonly string[], blindly = false): Command<readonly string[]> {
  return {
    name: "ENABLE",
    traits: {
      needs: "authenticated",
      enables: true,
      barrier: names.some((name) => changesText.has(name.toUpperCase())),
      mayExpunge: true,
      ambiguous: { key: "ENABLE" },
    },
    begin(session) {
      const offered = names.filter((name) => blindly || session.capabilities.has(name));
      let told = false;
      return {
        write(w) {
          if (!session.capabilities.has("ENABLE") || offered.length === 0)
            throw new ImapError("UNSUPPORTED", "The server has nothing of this to switch on.");
          w.atom("ENABLE").sp();
          w.separated(offered, (name) => w.atom(name));
          if (!blindly) session.asking(offered);
        },
        untagged(response) {
          told ||= response.kind === "enabled";
          return response.kind === "enabled";
        },
        result() {
          session.answered(offered);
          if (!told && !blindly) session.apply({ kind: "enabled", capabilities: offered });
          return offered.filter((name) => session.enabled(name));
        },
        failed(_done, error) {
          session.answered(offered);
          return error;
        },
      };
    },
  };
}
