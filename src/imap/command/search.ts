import { ImapError } from "../errors.ts";
import { count, normalize, slice } from "../uid-set.ts";
import type { UidRanges } from "../values.ts";
import type { Command } from "./command.ts";
import { type SearchKey, writeSearchProgram } from "./search-key.ts";
import { partialAtServer, SearchAnswer, type SearchOptions, tellsAll, writeReturn } from "./search-return.ts";

export interface SearchResult {
  /** All hits, or the part asked for; empty where neither was. */
  readonly uids: UidRanges;
  /** The server did answer, and not for a part of the mailbox only (MESSAGELIMIT, RFC 9738). */
  readonly whole: boolean;
  /** How many hits there are; null where neither `count` nor `all` was asked for. */
  readonly count: number | null;
  /** The first and the last hit, where they are known and there are any. */
  readonly min: number | null;
  readonly max: number | null;
  /** The highest mod-sequence of what was found, where the search asked for one (RFC 7162). */
  readonly modSeq: bigint | null;
  /** 1 to 100 for each of `uids`; null where not asked or not told. */
  readonly relevancy: readonly number[] | null;
  /** What `SearchUpdate`s of this search are called, and CANCELUPDATE wants; null where none will come. */
  readonly context: string | null;
}

/**
 * UID SEARCH (RFC 9051 §6.4.4); where ESEARCH is offered the answer is ranges, and several may be under way.
 * @throws ImapError UNSUPPORTED where a key or option is not offered
 */
export function uidSearch(criteria: SearchKey, options: SearchOptions = {}): Command<SearchResult> {
  return {
    name: "UID SEARCH",
    traits: {
      needs: "selected",
      readOnly: true,
      mayExpunge: true,
      ambiguous: { key: "SEARCH", unless: "ESEARCH" },
      ...(options.save ? { saves: true } : {}),
    },
    begin({ capabilities }, tag) {
      const esearch = capabilities.has("ESEARCH");
      const answer = new SearchAnswer(tag, esearch);
      return {
        write(w) {
          w.atom("UID").sp().atom("SEARCH").sp();
          // Always said: RETURN () means ALL, but Exchange then returns nothing.
          if (esearch) writeReturn(w, options, capabilities, "SEARCH");
          else requirePlain(options);
          writeSearchProgram(w, criteria, capabilities);
        },
        untagged: (response) => answer.take(response),
        result: ({ code }) => ({
          ...resultOf(answer, options, tag, partialAtServer(options, capabilities, "SEARCH")),
          whole: answer.found !== null && code?.kind !== "limit",
        }),
      };
    },
  };
}

function requirePlain(options: SearchOptions): void {
  if (options.save || options.update || options.relevancy)
    throw new ImapError("UNSUPPORTED", "The server does not offer extended searches (ESEARCH).");
}

function resultOf(
  answer: SearchAnswer,
  options: SearchOptions,
  tag: string,
  part: boolean,
): Omit<SearchResult, "whole"> {
  const { found } = answer;
  const all = normalize(found?.all ?? []);
  const uids = part
    ? normalize(found?.partial ?? [])
    : options.partial
      ? slice(all, ...options.partial)
      : all;
  return {
    uids,
    count: found?.count ?? (found?.all || tellsAll(options, part) ? count(all) : null),
    min: found?.min ?? all[0]?.[0] ?? null,
    max: found?.max ?? all.at(-1)?.[1] ?? null,
    modSeq: found?.modSeq ?? null,
    relevancy: found?.relevancy ?? null,
    context: options.update && !answer.noUpdate ? tag : null,
  };
}
