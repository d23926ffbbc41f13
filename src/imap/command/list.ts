import type { ListedMailbox, MailboxStatus } from "../values.ts";
import type { Command } from "./command.ts";
import { type StatusItem, statusWords } from "./status.ts";

export interface ListOptions {
  /** Ask which mailbox is for what (RFC 6154). */
  readonly specialUse?: boolean;
  /** Ask for each mailbox's STATUS in the same answer (RFC 5819). Without LIST-STATUS, `status` stays null. */
  readonly statusItems?: readonly StatusItem[];
  readonly subscribedOnly?: boolean;
}

/**
 * LIST (RFC 9051 §6.3.9), with RETURN options where the server has them; LSUB for subscriptions where it does not.
 * @param reference a path, mostly ""
 * @param pattern a path with `*` (anything) and `%` (anything within one level)
 */
export function list(
  reference: string,
  pattern: string,
  options: ListOptions = {},
): Command<readonly ListedMailbox[]> {
  return {
    name: "LIST",
    traits: { needs: "authenticated", ambiguous: { key: "LIST" }, readOnly: true, mayExpunge: true },
    begin({ capabilities }) {
      const extended = capabilities.has("LIST-EXTENDED");
      const mailboxes = new Map<string, ListedMailbox>();
      const statuses = new Map<string, MailboxStatus>();
      const returns: string[] = [];
      if (extended) returns.push("CHILDREN", "SUBSCRIBED");
      if (options.specialUse && capabilities.has("SPECIAL-USE")) returns.push("SPECIAL-USE");
      const words =
        options.statusItems?.length && capabilities.has("LIST-STATUS")
          ? statusWords(options.statusItems, capabilities)
          : null;
      return {
        write(w) {
          const lsub = options.subscribedOnly && !extended;
          w.atom(lsub ? "LSUB" : "LIST").sp();
          if (options.subscribedOnly && extended) w.open().atom("SUBSCRIBED").close().sp();
          w.mailbox(reference).sp().pattern(pattern);
          if (lsub || (returns.length === 0 && words === null)) return;
          w.sp().atom("RETURN").sp().open();
          w.separated(returns, (name) => w.atom(name));
          if (words) {
            if (returns.length > 0) w.sp();
            w.atom("STATUS").sp();
            w.list(words, (word) => w.atom(word));
          }
          w.close();
        },
        untagged(response) {
          if (response.kind === "list") mailboxes.set(response.mailbox.path, response.mailbox);
          else if (response.kind === "status") statuses.set(response.path, response.status);
          return response.kind === "list"; // a STATUS may be another command's as well
        },
        result: () => [...mailboxes.values()].map((m) => ({ ...m, status: statuses.get(m.path) ?? null })),
      };
    },
  };
}
