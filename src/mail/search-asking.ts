/** Questions to the server: as planned, and once more for messages whose flags it does not know of yet. */
import { type Connection, type SearchKey, type UidRanges, uidSearch, uidSet } from "../imap/index.ts";
import type { Store, StoredMailbox } from "../store/index.ts";
import { mapTerms, mentions, type Query } from "./query.ts";
import { type SearchOffers, toSearchKey } from "./search-key.ts";
import { questions, type SearchPlan } from "./search-plan.ts";
import type { Overlay } from "./sync.ts";

const { fromNumbers, subtract, union } = uidSet;

/** Sets of messages asked for beside one question; the server's word must do for the rest. */
const mostGroups = 8;

interface Place {
  readonly connection: Connection;
  readonly mailbox: StoredMailbox;
  readonly store: Store;
  readonly overlay: Pick<Overlay, "flagged">;
  readonly offers: SearchOffers;
  readonly now: number;
}

/** Asks all that the plan asks, in one flight. An answer may name messages that are not there: `1:4294967295`. */
export async function askServer(plan: SearchPlan, place: Place): Promise<Map<SearchPlan, UidRanges>> {
  const answers = new Map<SearchPlan, UidRanges>();
  const ask = async (key: SearchKey) => (await place.connection.run(uidSearch(key))).uids;
  const answer = async (part: Extract<SearchPlan, { kind: "ask" }>) => {
    const changed = changedGroups(part.query, place);
    const [found, ...others] = await Promise.all([
      ask(part.key),
      ...changed.map(({ uids, key }) => ask({ and: [{ uid: uids }, key] })),
    ]);
    const stale = changed.reduce<UidRanges>((all, { uids }) => union(all, uids), []);
    answers.set(part, others.reduce(union, subtract(found, stale)));
  };
  await Promise.all([...questions(plan)].map(answer));
  return answers;
}

/** Messages whose flags have changes that wait, together where their flags answer alike; each with what is left to ask. */
function changedGroups(query: Query, place: Place): { uids: UidRanges; key: SearchKey }[] {
  if (!mentions(query, "flag")) return [];
  const { mailbox, store, overlay, offers, now } = place;
  const groups = new Map<string, { key: SearchKey; uids: number[] }>();
  for (const uid of overlay.flagged(mailbox)) {
    const flags = store.messages.get(mailbox.id, uid)?.flags.map((flag) => flag.toLowerCase());
    if (!flags) continue;
    const rest = mapTerms(query, (term) => {
      if (term.kind !== "flag") return term;
      return flags.includes(term.flag.toLowerCase()) ? all : { kind: "not", of: all };
    });
    const name = JSON.stringify(rest);
    const group = groups.get(name) ?? { key: toSearchKey(rest, offers, now) ?? { all: true }, uids: [] };
    group.uids.push(uid);
    groups.set(name, group);
  }
  return [...groups.values()].slice(0, mostGroups).map(({ key, uids }) => ({ key, uids: fromNumbers(uids) }));
}

const all: Query = { kind: "all" };
