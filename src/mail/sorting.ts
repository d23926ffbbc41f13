/** Orders of messages after several keys: RFC 5256, by the server or here. */
import type { SortKey } from "../imap/index.ts";
import { baseSubject } from "../store/index.ts";
import type { Message } from "./values.ts";

/** The first counts most; where all are equal the UID does. */
export interface SortBy extends SortKey {
  readonly by: "arrival" | "date" | "from" | "to" | "cc" | "subject" | "size";
}

/** The mailbox part of the first address, and the base subject: as RFC 5256 §2.1 and §3. */
const keys: Readonly<Record<SortBy["by"], (message: Message) => string | number>> = {
  arrival: ({ internalDate }) => internalDate,
  date: ({ sentAt, internalDate }) => sentAt ?? internalDate,
  from: ({ from }) => mailboxOf(from),
  to: ({ to }) => mailboxOf(to),
  cc: ({ cc }) => mailboxOf(cc),
  subject: ({ subject }) => baseSubject(subject.toLowerCase()),
  size: ({ size }) => size,
};

function mailboxOf([first]: readonly { readonly email: string }[]): string {
  return (first?.email ?? "").replace(/@[^@]*$/, "").toLowerCase();
}

/** UIDs of `messages` in order. */
export function sortedUids(messages: readonly Message[], order: readonly SortBy[]): number[] {
  // Each key is made once, not at each comparison.
  return messages
    .map((message) => ({ uid: message.uid, values: order.map(({ by }) => keys[by](message)) }))
    .sort((a, b) => {
      for (const [at, { reverse }] of order.entries()) {
        const [left = "", right = ""] = [a.values[at], b.values[at]];
        if (left !== right) return left < right === (reverse === true) ? 1 : -1;
      }
      return a.uid - b.uid;
    })
    .map(({ uid }) => uid);
}
