import type { Command } from "./command.ts";
import { requires } from "./requires.ts";

/**
 * CANCELUPDATE (RFC 5267 §4.3.5): no more "search" events for these searches.
 * @param contexts as SearchResult or SortResult told them
 * @throws ImapError UNSUPPORTED
 */
export function cancelUpdate(contexts: readonly string[]): Command<void> {
  return {
    name: "CANCELUPDATE",
    traits: { needs: "selected", readOnly: true, mayExpunge: true },
    begin: ({ capabilities }) => ({
      write(w) {
        requires(capabilities, "searches that are kept up to date", "CONTEXT=SEARCH", "CONTEXT=SORT");
        w.atom("CANCELUPDATE").sp();
        w.separated(contexts, (context) => w.tag(context));
      },
      result: () => {},
    }),
  };
}
