import { ImapError } from "../errors.ts";
import type { Command } from "./command.ts";
import { requires } from "./requires.ts";

/** GETJMAPACCESS (RFC 9698): where the same mail is to be had by JMAP. Hostile text. @throws UNSUPPORTED */
export function getJmapAccess(): Command<string> {
  return {
    name: "GETJMAPACCESS",
    traits: { needs: "authenticated", readOnly: true, mayExpunge: true, ambiguous: { key: "JMAPACCESS" } },
    begin({ capabilities }) {
      let url: string | null = null;
      return {
        write(w) {
          requires(capabilities, "JMAP", "JMAPACCESS");
          w.atom("GETJMAPACCESS");
        },
        untagged(response) {
          if (response.kind !== "jmapaccess") return false;
          url = response.url;
          return true;
        },
        result() {
          if (url === null) throw new ImapError("SYNTAX", "The server did not say where its JMAP is.");
          return url;
        },
      };
    },
  };
}
