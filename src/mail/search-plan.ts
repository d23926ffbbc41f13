/**
 * Who answers which part of a query on line: the server as much as it can, in one flight of SEARCH commands; what it
 * cannot say is looked up here, for as few messages as may still matter.
 */
import { type SearchKey, type UidRanges, uidSet } from "../imap/index.ts";
import type { Query } from "./query.ts";
import { byDays, type SearchOffers, toSearchKey } from "./search-key.ts";

const { intersect, subtract, union } = uidSet;

export type SearchPlan =
  | { readonly kind: "ask"; readonly query: Query; readonly key: SearchKey }
  /** A term that rows and structures of messages answer. */
  | { readonly kind: "look"; readonly query: Query }
  | { readonly kind: "and" | "or"; readonly of: readonly SearchPlan[] }
  | { readonly kind: "not"; readonly of: SearchPlan };

/** What is asked comes first in every list, so that it bounds what has to be looked at. */
export function planSearch(query: Query, offers: SearchOffers, now: number): SearchPlan {
  const key = toSearchKey(query, offers, now);
  if (key) return { kind: "ask", query, key };
  switch (query.kind) {
    case "not":
      return { kind: "not", of: planSearch(query.of, offers, now) };
    case "and":
    case "or": {
      const asked = query.of.filter((q) => toSearchKey(q, offers, now) !== null);
      const rest = query.of.filter((q) => !asked.includes(q));
      const together: Query = { kind: query.kind, of: asked };
      const of = rest.map((q) => planSearch(q, offers, now));
      return { kind: query.kind, of: asked.length > 0 ? [planSearch(together, offers, now), ...of] : of };
    }
    case "since":
    case "before":
      return planAge(query, offers, now);
    default:
      return { kind: "look", query };
  }
}

function planAge(
  query: Extract<Query, { kind: "since" | "before" }>,
  offers: SearchOffers,
  now: number,
): SearchPlan {
  const { sure, possible } = byDays(query);
  return {
    kind: "or",
    of: [
      planSearch(sure, offers, now),
      { kind: "and", of: [planSearch(possible, offers, now), { kind: "look", query }] },
    ],
  };
}

/** Every question of the plan. */
export function* questions(plan: SearchPlan): Generator<Extract<SearchPlan, { kind: "ask" }>> {
  if (plan.kind === "ask") yield plan;
  else if (plan.kind === "not") yield* questions(plan.of);
  else if (plan.kind === "and" || plan.kind === "or") for (const part of plan.of) yield* questions(part);
}

/** What of a scope meets a part of the plan, and what may or may not. */
export interface Reach {
  readonly yes: UidRanges;
  readonly unknown: UidRanges;
}

/** Puts the parts of an answer together; what has to be looked at is looked at last, and only where it still matters. */
export async function carryOut(
  plan: SearchPlan,
  scope: UidRanges,
  answers: ReadonlyMap<SearchPlan, UidRanges>,
  look: (query: Query, scope: UidRanges) => Promise<Reach>,
): Promise<Reach> {
  switch (plan.kind) {
    case "ask":
      return { yes: intersect(scope, answers.get(plan) ?? []), unknown: [] };
    case "look":
      return look(plan.query, scope);
    case "not": {
      const { yes, unknown } = await carryOut(plan.of, scope, answers, look);
      return { yes: subtract(subtract(scope, yes), unknown), unknown };
    }
    case "and": {
      let yes = scope;
      let possible = scope;
      for (const part of plan.of) {
        const reach = await carryOut(part, possible, answers, look);
        yes = intersect(yes, reach.yes);
        possible = intersect(possible, union(reach.yes, reach.unknown));
      }
      return { yes, unknown: subtract(possible, yes) };
    }
    case "or": {
      let yes: UidRanges = [];
      let unknown: UidRanges = [];
      for (const part of plan.of) {
        const reach = await carryOut(part, subtract(scope, yes), answers, look);
        yes = union(yes, reach.yes);
        unknown = union(unknown, reach.unknown);
      }
      return { yes, unknown: subtract(unknown, yes) };
    }
  }
}
