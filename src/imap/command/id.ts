import { ImapError } from "../errors.ts";
import type { Command } from "./command.ts";

/**
 * ID (RFC 2971). `fields` must not be empty: some servers refuse an empty list, others NIL. Returns what the server
 * says of itself, names in lower case. @throws ImapError ARGUMENT
 */
export function id(fields: Readonly<Record<string, string>>): Command<ReadonlyMap<string, string>> {
  return {
    name: "ID",
    traits: { needs: "any", ambiguous: { key: "ID" }, readOnly: true, mayExpunge: true },
    begin() {
      let told: ReadonlyMap<string, string> = new Map();
      return {
        write(w) {
          if (Object.keys(fields).length === 0)
            throw new ImapError("ARGUMENT", "ID says nothing: some servers refuse that.");
          w.atom("ID").sp();
          w.list(Object.entries(fields), ([name, value]) => w.string(name).sp().string(value));
        },
        untagged(response) {
          if (response.kind === "id") told = response.fields;
          return response.kind === "id";
        },
        result: () => told,
      };
    },
  };
}
