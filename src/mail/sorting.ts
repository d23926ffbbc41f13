/** Orders of messages after several keys: RFC 5256, by the server or here. */
import type { SortKey } from "../imap/index.ts";
import type { Message } from "./values.ts";

/** The first counts most; where all are equal the UID does. */
export interface SortBy extends SortKey {
  readonly by: "arrival" | "date" | "from" | "to" | "cc" | "subject" | "size";
}

/** The mailbox part of the first address, and the subject without what answers put before it: as RFC 5256 §2.1 and §3. */
const keys: Readonly<Record<SortBy["by"], (message: Message) => string | number>> = {
  arrival: ({ internalDate }) => internalDate,
  date: ({ sentAt, internalDate }) => sentAt ?? internalDate,
  from: ({ from }) => mailboxOf(from),
  to: ({ to }) => mailboxOf(to),
  cc: ({ cc }) => mailboxOf(cc),
  subject: ({ subject }) =>
    subject
      .replace(/^(?:\s|(?:re|fwd?)\s*(?:\[[^\]]*\])?\s*:|\[[^\]]*\](?=.))+/i, "")
      .replace(/(?:\(fwd\)|\s)+$/i, "")
      .toLowerCase(),
  size: ({ size }) => size,
};

function mailboxOf([first]: readonly { readonly email: string }[]): string {
  return (first?.email ?? "").replace(/@[^@]*$/, "").toLowerCase();
}

/** UIDs of `messages` in order. */
export function sortedUids(messages: readonly Message[], order: readonly SortBy[]): number[] {
  return [...messages]
    .sort((a, b) => {
      for (const { by, reverse } of order) {
        const [left, right] = [keys[by](a), keys[by](b)];
        if (left !== right) return left < right === (reverse === true) ? 1 : -1;
      }
      return a.uid - b.uid;
    })
    .map(({ uid }) => uid);
}
