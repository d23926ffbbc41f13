import { ImapError } from "../errors.ts";
import type { Command } from "./command.ts";

/**
 * ENABLE (RFC 5161). Only what the server offers is asked for; returns what is on afterwards, as it was asked for.
 * iCloud answers OK without saying ENABLED: that counts as on.
 */
export function enable(names: readonly string[]): Command<readonly string[]> {
  return {
    name: "ENABLE",
    traits: { needs: "authenticated", barrier: true, ambiguous: { key: "ENABLE" } },
    begin(session) {
      const offered = names.filter((name) => session.capabilities.has(name));
      let told = false;
      return {
        write(w) {
          if (!session.capabilities.has("ENABLE") || offered.length === 0)
            throw new ImapError("UNSUPPORTED", "The server has nothing of this to switch on.");
          w.atom("ENABLE").sp();
          w.separated(offered, (name) => w.atom(name));
        },
        untagged(response) {
          told ||= response.kind === "enabled";
          return response.kind === "enabled";
        },
        result() {
          if (!told) session.apply({ kind: "enabled", capabilities: offered });
          return offered.filter((name) => session.enabled(name));
        },
      };
    },
  };
}
