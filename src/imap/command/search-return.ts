/** RETURN of SEARCH, SORT and ESEARCH: what is asked for, and what comes back (RFC 4731, 5182, 5267, 6203, 9394). */
import type { Capabilities } from "../capabilities.ts";
import { ImapError } from "../errors.ts";
import type { Untagged } from "../response/response.ts";
import type { SearchResponse } from "../response/search.ts";
import { maxNumber } from "../uid-set.ts";
import type { Writer } from "../wire/writer.ts";
import { requires } from "./requires.ts";

export interface SearchOptions {
  /** What to tell; by default `all`. Where less is enough, less is computed and sent. */
  readonly tell?: readonly ("min" | "max" | "count" | "all")[];
  /**
   * In place of `all` only the hits from the one number to the other, counted from 1 in the order of the answer, or,
   * both negative, from -1 for the last backwards. Cut here where the server offers neither PARTIAL nor CONTEXT.
   */
  readonly partial?: readonly [from: number, to: number];
  /** The server is to remember the hits as `savedSearch` ("$"). @throws UNSUPPORTED without SEARCHRES */
  readonly save?: boolean;
  /**
   * Tell as "search" events how the hits change, until CANCELUPDATE or another mailbox is selected.
   * @throws UNSUPPORTED without CONTEXT=SEARCH (or CONTEXT=SORT)
   */
  readonly update?: boolean;
  /** Tell how well each hit of a fuzzy search fits. @throws UNSUPPORTED without SEARCH=FUZZY */
  readonly relevancy?: boolean;
}

/** How the server is asked for a part of the hits: itself, or for all of them, to be cut here. */
export function partialAtServer(
  { partial }: SearchOptions,
  capabilities: Capabilities,
  verb: "SEARCH" | "SORT",
): boolean {
  if (!partial) return false;
  const [from, to] = partial;
  const inRange = (n: number) => Number.isInteger(n) && n !== 0 && Math.abs(n) <= maxNumber;
  if (!inRange(from) || !inRange(to) || from < 0 !== to < 0)
    throw new ImapError("ARGUMENT", `The hits ${from} to ${to} cannot be asked for.`);
  return capabilities.has("PARTIAL") || (from > 0 && capabilities.has(`CONTEXT=${verb}`));
}

/** Whether every hit is told. @param part whether the server is asked for a part */
export function tellsAll(options: SearchOptions, part: boolean): boolean {
  return !part && (options.partial !== undefined || (options.tell ?? ["all"]).includes("all"));
}

/** Writes `RETURN (…) `. @throws ImapError UNSUPPORTED, ARGUMENT */
export function writeReturn(
  w: Writer,
  options: SearchOptions,
  capabilities: Capabilities,
  verb: "SEARCH" | "SORT",
): void {
  const { tell = ["all"], partial } = options;
  const part = partialAtServer(options, capabilities, verb);
  const words = new Set(tell.map((item) => item.toUpperCase()));
  if (tellsAll(options, part)) words.add("ALL");
  else words.delete("ALL"); // PARTIAL or ALL, not both
  if (options.save) {
    requires(capabilities, "saved searches", "SEARCHRES");
    words.add("SAVE");
  }
  if (options.update) {
    requires(capabilities, "searches that are kept up to date", `CONTEXT=${verb}`);
    words.add("UPDATE");
  }
  if (options.relevancy) {
    requires(capabilities, "fuzzy searches", "SEARCH=FUZZY");
    words.add("RELEVANCY");
  }
  w.atom("RETURN").sp().open();
  w.separated(words, (word) => w.atom(word));
  if (partial && part) {
    if (words.size > 0) w.sp();
    w.atom("PARTIAL").sp().numberRange(partial);
  }
  w.close().sp();
}

/** Takes in the answers to one search, which may come in several parts. */
export class SearchAnswer {
  readonly #tag: string;
  /** Whether the answer has to name our tag. */
  readonly #tagged: boolean;
  found: SearchResponse | null = null;
  /** Whether the server will not keep it up to date (RFC 5267 §4.3.1). */
  noUpdate = false;

  constructor(tag: string, tagged: boolean) {
    this.#tag = tag.toUpperCase();
    this.#tagged = tagged;
  }

  /** Whether the response is part of the answer. Updates are news, not answers. */
  take(response: Untagged): boolean {
    if (response.kind === "condition") {
      const { code } = response;
      const ours = code?.kind === "other" && code.name === "NOUPDATE" && this.#names(code.text);
      this.noUpdate ||= ours === true;
      return ours === true;
    }
    if (response.kind !== "search" || response.mailbox || response.updates.length > 0) return false;
    if (response.tag !== null && (!this.#tagged || response.tag.toUpperCase() !== this.#tag)) return false;
    this.found = this.found ? merge(this.found, response) : response;
    return true;
  }

  #names(quoted: string): boolean {
    return quoted.replaceAll('"', "").toUpperCase() === this.#tag;
  }
}

function merge(a: SearchResponse, b: SearchResponse): SearchResponse {
  const joined = <T>(x: readonly T[] | null, y: readonly T[] | null) => (x && y ? [...x, ...y] : (x ?? y));
  return {
    ...b,
    all: joined(a.all, b.all),
    partial: joined(a.partial, b.partial),
    relevancy: joined(a.relevancy, b.relevancy),
    count: b.count ?? a.count,
    min: b.min ?? a.min,
    max: b.max ?? a.max,
    modSeq: b.modSeq ?? a.modSeq,
  };
}
