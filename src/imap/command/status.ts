import type { Capabilities } from "../capabilities.ts";
import type { MailboxStatus } from "../values.ts";
import type { Command } from "./command.ts";

/** What STATUS can tell, as MailboxStatus calls it. */
export type StatusItem = keyof MailboxStatus;

/**
 * The word for each item, and the capabilities of which one must be offered for it to be asked (RFC 7162, 7889, 8438,
 * 8474, 9051, 9208).
 */
const items: Record<StatusItem, readonly [word: string, ...needs: string[]]> = {
  messages: ["MESSAGES"],
  uidNext: ["UIDNEXT"],
  uidValidity: ["UIDVALIDITY"],
  unseen: ["UNSEEN"],
  recent: ["RECENT"],
  deleted: ["DELETED", "IMAP4REV2", "STATUS=DELETED", "QUOTA=RES-MESSAGE"],
  deletedStorage: ["DELETED-STORAGE", "QUOTA=RES-STORAGE"],
  size: ["SIZE", "STATUS=SIZE"],
  highestModSeq: ["HIGHESTMODSEQ", "CONDSTORE"],
  mailboxId: ["MAILBOXID", "OBJECTID"],
  appendLimit: ["APPENDLIMIT", "APPENDLIMIT"],
};

/** The words for what is wanted and offered; at least one, as an empty list is no STATUS. */
export function statusWords(wanted: readonly StatusItem[], capabilities: Capabilities): readonly string[] {
  const words = wanted
    .map((item) => items[item])
    .filter(([, ...needs]) => needs.length === 0 || needs.some((name) => capabilities.has(name)))
    .map(([word]) => word);
  return words.length > 0 ? words : ["MESSAGES"];
}

/** Whether two paths name one mailbox: INBOX in any case is the same (RFC 9051 §5.1). */
export function samePath(a: string, b: string): boolean {
  return a === b || (a.length === 5 && a.toUpperCase() === "INBOX" && b.toUpperCase() === "INBOX");
}

/** STATUS (RFC 9051 §6.3.11). Items that the server does not offer are left out of question and answer. */
export function status(path: string, wanted: readonly StatusItem[]): Command<MailboxStatus> {
  return {
    name: "STATUS",
    traits: {
      needs: "authenticated",
      ambiguous: { key: `STATUS ${path}` },
      readOnly: true,
      mayExpunge: true,
    },
    begin(session) {
      let told: MailboxStatus = {};
      return {
        write(w) {
          w.atom("STATUS").sp().mailbox(path).sp();
          w.list(statusWords(wanted, session.capabilities), (word) => w.atom(word));
        },
        untagged(response) {
          if (response.kind !== "status" || !samePath(response.path, path)) return false;
          told = response.status;
          return true;
        },
        result: () => told,
      };
    },
  };
}
