import { ImapError } from "../errors.ts";
import type { Namespaces } from "../response/namespace.ts";
import type { Command } from "./command.ts";

/** NAMESPACE (RFC 2342): where a person's own and others' mailboxes lie. */
export function namespace(): Command<Namespaces> {
  return {
    name: "NAMESPACE",
    traits: { needs: "authenticated", ambiguous: { key: "NAMESPACE" }, readOnly: true, mayExpunge: true },
    begin(session) {
      let told: Namespaces = { personal: [], other: [], shared: [] };
      return {
        write(w) {
          if (session.quirks.namespaceKills)
            throw new ImapError("UNSUPPORTED", "This server ends the connection when asked for namespaces.");
          w.atom("NAMESPACE");
        },
        untagged(response) {
          if (response.kind === "namespace") told = response.namespaces;
          return response.kind === "namespace";
        },
        result: () => told,
      };
    },
  };
}
