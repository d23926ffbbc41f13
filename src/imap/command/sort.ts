import { ImapError } from "../errors.ts";
import { expand } from "../uid-set.ts";
import type { Command } from "./command.ts";
import { requires } from "./requires.ts";
import { type SearchKey, writeSearchKeys } from "./search-key.ts";
import { partialAtServer, SearchAnswer, type SearchOptions, writeReturn } from "./search-return.ts";

/** sort-key (RFC 5256); `displayFrom` and `displayTo` need SORT=DISPLAY (RFC 5957), `relevancy` SEARCH=FUZZY (RFC 6203). */
export interface SortKey {
  readonly by: keyof typeof words;
  readonly reverse?: boolean;
}

const words = {
  arrival: "ARRIVAL",
  cc: "CC",
  date: "DATE",
  from: "FROM",
  size: "SIZE",
  subject: "SUBJECT",
  to: "TO",
  displayFrom: "DISPLAYFROM",
  displayTo: "DISPLAYTO",
  relevancy: "RELEVANCY",
} as const;

const needs: Partial<Record<SortKey["by"], string>> = {
  displayFrom: "SORT=DISPLAY",
  displayTo: "SORT=DISPLAY",
  relevancy: "SEARCH=FUZZY",
};

export interface SortResult {
  /** All hits in order, or the part asked for. */
  readonly uids: readonly number[];
  /** How many hits there are; null where only a part was asked for. */
  readonly count: number | null;
  readonly modSeq: bigint | null;
  /** 1 to 100 for each of `uids`; null where not asked or not told. */
  readonly relevancy: readonly number[] | null;
  /** What `SearchUpdate`s of this order are called, and CANCELUPDATE wants; null where none will come. */
  readonly context: string | null;
}

/**
 * UID SORT (RFC 5256), as ESORT (RFC 5267) where that is offered. The first key counts most; where all are equal the
 * mailbox's order does. @throws ImapError UNSUPPORTED without SORT; LIMIT
 */
export function uidSort(
  criteria: SearchKey,
  keys: readonly SortKey[],
  options: Omit<SearchOptions, "tell"> = {},
): Command<SortResult> {
  return {
    name: "UID SORT",
    traits: {
      needs: "selected",
      readOnly: true,
      mayExpunge: true,
      ambiguous: { key: "SORT", unless: "ESORT" },
      ...(options.save ? { saves: true } : {}),
    },
    begin({ capabilities }, tag) {
      const esort = capabilities.has("ESORT");
      const part = partialAtServer(options, capabilities, "SORT");
      const answer = new SearchAnswer(tag, esort);
      let told: readonly number[] = [];
      let modSeq: bigint | null = null;
      return {
        write(w) {
          requires(capabilities, "sorting", "SORT");
          if (keys.length === 0) throw new ImapError("ARGUMENT", "There is nothing to sort by.");
          w.atom("UID").sp().atom("SORT").sp();
          if (esort) writeReturn(w, options, capabilities, "SORT");
          else if (options.save || options.update || options.relevancy)
            requires(capabilities, "extended sorting", "ESORT");
          w.list(keys, ({ by, reverse }) => {
            const need = needs[by];
            if (need !== undefined) requires(capabilities, `sorting by ${words[by]}`, need);
            if (reverse) w.atom("REVERSE").sp();
            w.atom(words[by]);
          });
          w.sp().atom("UTF-8").sp();
          writeSearchKeys(w, criteria, capabilities);
        },
        untagged(response) {
          if (response.kind !== "sort") return esort && answer.take(response);
          told = response.numbers;
          modSeq = response.modSeq;
          return true;
        },
        result() {
          const { found } = answer;
          const all = found?.all ? expand(found.all) : told;
          const uids = part
            ? expand(found?.partial ?? [])
            : options.partial
              ? sliceOrder(all, ...options.partial)
              : all;
          return {
            uids,
            count: part ? (found?.count ?? null) : all.length,
            modSeq: found?.modSeq ?? modSeq,
            relevancy: found?.relevancy ?? null,
            context: options.update && !answer.noUpdate ? tag : null,
          };
        },
      };
    },
  };
}

/** The places `from` to `to` of a list, as a partial-range counts them. */
function sliceOrder(list: readonly number[], from: number, to: number): readonly number[] {
  const [a, b] = [from, to].map((place) => (place < 0 ? list.length + place : place - 1)) as [number, number];
  return list.slice(Math.max(0, Math.min(a, b)), Math.max(a, b) + 1);
}
