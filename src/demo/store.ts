// The mailboxes of the demo, in memory, shared by all its connections.
import { indexMessage, type Part } from "./mime.ts";
import { Refusal } from "./syntax.ts";

/** The octets of a message, and where its parts lie; shared by its copies. */
export class Content {
  /** Binary string: one character per octet. */
  readonly raw: string;
  #root: Part | undefined;

  constructor(raw: string) {
    this.raw = raw;
  }

  get root(): Part {
    this.#root ??= indexMessage(this.raw);
    return this.#root;
  }
}

export interface Message {
  readonly uid: number;
  readonly content: Content;
  readonly internalDate: Date;
  flags: Set<string>;
  /** Counts the changes of the flags, so that a connection can tell what its client has not been told. */
  version: number;
  expunged: boolean;
}

const systemFlags = new Map(
  ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"].map((flag) => [flag.toLowerCase(), flag]),
);

/** Flags a message can have: system flags in the RFC's spelling, keywords as sent. @throws Refusal for others. */
export function canonicalFlag(flag: string): string {
  if (!flag.startsWith("\\")) return flag;
  const known = systemFlags.get(flag.toLowerCase());
  if (!known) throw new Refusal("BAD", `No flag ${flag} can be set`);
  return known;
}

/** Whether the set has the flag; keywords differ not by case. */
export function hasFlag(flags: Set<string>, flag: string): boolean {
  return flags.has(flag) || [...flags].some((other) => other.toLowerCase() === flag.toLowerCase());
}

export class Mailbox {
  name: string;
  readonly uidValidity: number;
  readonly specialUse: string | null;
  uidNext = 1;
  messages: Message[] = [];
  /** Told after a change, once per turn of the event loop. */
  readonly listeners = new Set<() => void>();
  #pending = false;

  constructor(name: string, uidValidity: number, specialUse: string | null) {
    this.name = name;
    this.uidValidity = uidValidity;
    this.specialUse = specialUse;
  }

  #changed(): void {
    if (this.#pending) return;
    this.#pending = true;
    queueMicrotask(() => {
      this.#pending = false;
      for (const listener of this.listeners) listener();
    });
  }

  add(content: Content, flags: Iterable<string>, internalDate: Date): Message {
    const uid = this.uidNext++;
    const message = { uid, content, internalDate, flags: new Set(flags), version: 0, expunged: false };
    this.messages.push(message);
    this.#changed();
    return message;
  }

  setFlags(message: Message, flags: Set<string>): void {
    message.flags = flags;
    message.version++;
    this.#changed();
  }

  remove(messages: Iterable<Message>): void {
    for (const message of messages) message.expunged = true;
    this.messages = this.messages.filter((message) => !message.expunged);
    this.#changed();
  }
}

export class MailStore {
  readonly #mailboxes = new Map<string, Mailbox>();
  /** Subscribed names; as RFC 3501 §6.3.6 wants it, also of mailboxes that are no more. */
  readonly subscriptions = new Set<string>();
  #nextUidValidity = Math.floor(Date.now() / 1000);

  all(): Mailbox[] {
    return [...this.#mailboxes.values()];
  }

  find(name: string): Mailbox | undefined {
    return this.#mailboxes.get(name.toUpperCase() === "INBOX" ? "INBOX" : name);
  }

  /** @throws Refusal NO, with the code given where the mailbox is not there. */
  get(name: string, code: "NONEXISTENT" | "TRYCREATE" = "NONEXISTENT"): Mailbox {
    const mailbox = this.find(name);
    if (!mailbox) throw new Refusal("NO", "There is no such mailbox", code);
    return mailbox;
  }

  #newName(name: string): string {
    const trimmed = name.replace(/\/$/, "");
    if (trimmed.length > 200 || !/^[^/%*\x00-\x1f\x7f-\xff]+(\/[^/%*\x00-\x1f\x7f-\xff]+)*$/.test(trimmed))
      throw new Refusal("NO", "A mailbox cannot have that name", "CANNOT");
    if (this.find(trimmed)) throw new Refusal("NO", "That mailbox is already there", "ALREADYEXISTS");
    return trimmed;
  }

  create(name: string, specialUse: string | null = null): Mailbox {
    const mailbox = new Mailbox(this.#newName(name), this.#nextUidValidity++, specialUse);
    this.#mailboxes.set(mailbox.name, mailbox);
    return mailbox;
  }

  delete(name: string): void {
    const mailbox = this.get(name);
    if (mailbox.name === "INBOX") throw new Refusal("NO", "INBOX stays", "CANNOT");
    mailbox.remove(mailbox.messages);
    this.#mailboxes.delete(mailbox.name);
  }

  /** Renames a mailbox with all below it; of INBOX, moves the messages (RFC 3501 §6.3.5). */
  rename(from: string, to: string): void {
    const mailbox = this.find(from);
    const below = this.all().filter((other) => other.name.startsWith(`${from}/`));
    if (!mailbox && below.length === 0) this.get(from);
    const name = this.#newName(to);
    if (mailbox?.name === "INBOX") {
      const target = this.create(name);
      for (const m of mailbox.messages) target.add(m.content, m.flags, m.internalDate);
      mailbox.remove(mailbox.messages);
      return;
    }
    if (name.startsWith(`${from}/`)) throw new Refusal("NO", "A mailbox cannot move into itself", "CANNOT");
    for (const moved of mailbox ? [mailbox, ...below] : below) {
      this.#mailboxes.delete(moved.name);
      moved.name = name + moved.name.slice(from.length);
      this.#mailboxes.set(moved.name, moved);
    }
  }
}
