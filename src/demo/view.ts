// One connection's picture of its selected mailbox: the messages its client has been told of, by sequence number.
import type { Mailbox, Message } from "./store.ts";
import { inSet, Refusal, type SequenceSet } from "./syntax.ts";

interface Entry {
  message: Message;
  /** The version of the flags that the client knows. */
  version: number;
}

export function flagList(message: Message): string {
  return `FLAGS (${[...message.flags].join(" ")})`;
}

export class View {
  readonly mailbox: Mailbox;
  readonly readOnly: boolean;
  #entries: Entry[];
  /** Messages above this UID are new to the client. */
  #lastUid: number;

  constructor(mailbox: Mailbox, readOnly: boolean) {
    this.mailbox = mailbox;
    this.readOnly = readOnly;
    this.#entries = mailbox.messages.map((message) => ({ message, version: message.version }));
    this.#lastUid = mailbox.uidNext - 1;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** The messages of a set with their sequence numbers. UIDs that are not there are passed over (RFC 3501 §6.4.8). */
  resolve(set: SequenceSet, byUid: boolean): [sequence: number, message: Message][] {
    const last = byUid ? (this.#entries.at(-1)?.message.uid ?? 0) : this.size;
    // `1:*` is good also where there is no message; a number beyond the last is not.
    if (!byUid && set.some((range) => range.every(Number.isFinite) && Math.max(...range) > last))
      throw new Refusal("BAD", `There are only ${last} messages`);
    const found: [number, Message][] = [];
    for (const [i, { message }] of this.#entries.entries())
      if (inSet(set, byUid ? message.uid : i + 1, last)) found.push([i + 1, message]);
    return found;
  }

  /** Says that the client is being told of the flags as they are now. */
  told(sequence: number): void {
    const entry = this.#entries[sequence - 1];
    if (entry) entry.version = entry.message.version;
  }

  /** Untagged responses that bring the client up to date; EXPUNGE only where it may be sent (RFC 3501 §7.4.1). */
  news(mayExpunge: boolean): string[] {
    const lines: string[] = [];
    if (mayExpunge)
      for (let i = this.#entries.length; i > 0; i--)
        if (this.#entries[i - 1]?.message.expunged) {
          this.#entries.splice(i - 1, 1);
          lines.push(`* ${i} EXPUNGE`);
        }
    for (const [i, entry] of this.#entries.entries()) {
      if (entry.message.version === entry.version || entry.message.expunged) continue;
      entry.version = entry.message.version;
      lines.push(`* ${i + 1} FETCH (UID ${entry.message.uid} ${flagList(entry.message)})`);
    }
    const fresh = this.mailbox.messages.filter((message) => message.uid > this.#lastUid);
    for (const message of fresh) this.#entries.push({ message, version: message.version });
    if (fresh.length > 0) lines.push(`* ${this.size} EXISTS`);
    this.#lastUid = this.mailbox.uidNext - 1;
    return lines;
  }
}
