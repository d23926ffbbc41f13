import type { SearchResponse } from "../response/search.ts";
import { count, union } from "../uid-set.ts";
import type { UidRanges } from "../values.ts";
import type { Command } from "./command.ts";
import { type SearchKey, searchStrings, writeSearchKey } from "./search-key.ts";

export interface SearchResult {
  readonly uids: UidRanges;
  readonly count: number;
  /** The highest mod-sequence of what was found, where the search asked for one (RFC 7162). */
  readonly modSeq: bigint | null;
}

/** UID SEARCH (RFC 9051 §6.4.4); where ESEARCH is offered the answer is ranges, and several may be under way. */
export function uidSearch(criteria: SearchKey): Command<SearchResult> {
  return {
    name: "UID SEARCH",
    traits: {
      needs: "selected",
      readOnly: true,
      mayExpunge: true,
      ambiguous: { key: "SEARCH", unless: "ESEARCH" },
    },
    begin(session, tag) {
      const esearch = session.capabilities.has("ESEARCH");
      let uids: UidRanges = [];
      let modSeq: bigint | null = null;
      const mine = (response: SearchResponse) =>
        esearch
          ? response.tag === null || response.tag.toUpperCase() === tag.toUpperCase()
          : response.tag === null;
      return {
        write(w) {
          w.atom("UID").sp().atom("SEARCH").sp();
          // RETURN () means ALL, but Exchange then returns nothing.
          if (esearch) w.atom("RETURN").sp().open().atom("ALL").close().sp();
          const beyondAscii = [...searchStrings(criteria)].some((text) => /[^\x00-\x7f]/.test(text));
          // RFC 6855 §3: with UTF8=ACCEPT enabled CHARSET is refused.
          if (beyondAscii && !w.utf8) w.atom("CHARSET").sp().atom("UTF-8").sp();
          if ("and" in criteria && criteria.and.length > 0)
            w.separated(criteria.and, (key) => writeSearchKey(w, key));
          else writeSearchKey(w, criteria);
        },
        untagged(response) {
          if (response.kind !== "search" || !mine(response)) return false;
          if (response.all) uids = uids.length > 0 ? union(uids, response.all) : response.all;
          modSeq = response.modSeq;
          return true;
        },
        result: () => ({ uids, count: count(uids), modSeq }),
      };
    },
  };
}
