import type { Namespaces } from "../response/namespace.ts";
import type { Command } from "./command.ts";

/** NAMESPACE (RFC 2342): where a person's own and others' mailboxes lie. */
export function namespace(): Command<Namespaces> {
  return {
    name: "NAMESPACE",
    traits: { needs: "authenticated", ambiguous: { key: "NAMESPACE" }, readOnly: true, mayExpunge: true },
    begin() {
      let told: Namespaces = { personal: [], other: [], shared: [] };
      return {
        write: (w) => void w.atom("NAMESPACE"),
        untagged(response) {
          if (response.kind === "namespace") told = response.namespaces;
          return response.kind === "namespace";
        },
        result: () => told,
      };
    },
  };
}
