import { count, normalize } from "../uid-set.ts";
import type { UidRanges } from "../values.ts";
import type { Command } from "./command.ts";
import { requires } from "./requires.ts";
import { type SearchKey, writeSearchProgram } from "./search-key.ts";
import { type SearchOptions, tellsAll, writeReturn } from "./search-return.ts";

/**
 * Which mailboxes are searched (RFC 7377 §2.2, RFC 5465 §6): those that take in new mail, one's own, the subscribed
 * ones, named ones, named ones with all below them or with their children.
 */
export type SearchScope =
  | "selected"
  | "inboxes"
  | "personal"
  | "subscribed"
  | { readonly mailboxes: readonly string[] }
  | { readonly subtree: readonly string[] }
  | { readonly subtreeOne: readonly string[] };

/** What was found in one mailbox; mailboxes without a hit are not told. */
export interface MailboxHits {
  readonly path: string;
  readonly uidValidity: number;
  /** Empty where `all` was not asked for. */
  readonly uids: UidRanges;
  /** How many; null where neither `count` nor `all` was asked for. */
  readonly count: number | null;
}

/**
 * ESEARCH (RFC 7377): one search through many mailboxes, none of which need be selected.
 * @throws ImapError UNSUPPORTED without MULTISEARCH
 */
export function multiSearch(
  scopes: readonly SearchScope[],
  criteria: SearchKey,
  options: Pick<SearchOptions, "tell"> = {},
): Command<readonly MailboxHits[]> {
  return {
    name: "ESEARCH",
    traits: { needs: "authenticated", readOnly: true, mayExpunge: true },
    begin({ capabilities }, tag) {
      const hits = new Map<string, MailboxHits>();
      const all = tellsAll(options, false);
      return {
        write(w) {
          requires(capabilities, "searches of several mailboxes", "MULTISEARCH");
          w.atom("ESEARCH").sp().atom("IN").sp();
          w.list(scopes, (scope) => {
            if (typeof scope === "string") w.atom(scope);
            else {
              const [word, paths] =
                "mailboxes" in scope
                  ? ["mailboxes", scope.mailboxes]
                  : "subtree" in scope
                    ? ["subtree", scope.subtree]
                    : ["subtree-one", scope.subtreeOne];
              w.atom(word)
                .sp()
                .list(paths, (path) => w.mailbox(path));
            }
          });
          w.sp();
          writeReturn(w, options, capabilities, "SEARCH");
          writeSearchProgram(w, criteria, capabilities);
        },
        untagged(response) {
          if (response.kind !== "search" || !response.mailbox) return false;
          if (response.tag?.toUpperCase() !== tag.toUpperCase()) return false;
          const { path, uidValidity } = response.mailbox;
          const uids = normalize([...(hits.get(path)?.uids ?? []), ...(response.all ?? [])]);
          hits.set(path, { path, uidValidity, uids, count: response.count ?? (all ? count(uids) : null) });
          return true;
        },
        result: () => [...hits.values()],
      };
    },
  };
}
