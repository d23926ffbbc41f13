import type { Capabilities } from "../capabilities.ts";
import { ImapError } from "../errors.ts";
import type { Session } from "../session.ts";
import type { ListedMailbox, MailboxStatus, Metadata, Rights } from "../values.ts";
import type { Writer } from "../wire/writer.ts";
import type { Command } from "./command.ts";
import { requires } from "./requires.ts";
import { type StatusItem, statusWords } from "./status.ts";

export interface ListOptions {
  /** Ask which mailbox is for what (RFC 6154); by XLIST of a server that has only that. */
  readonly specialUse?: boolean;
  /** Ask for each mailbox's STATUS in the same answer (RFC 5819). Without LIST-STATUS, `status` stays null. */
  readonly statusItems?: readonly StatusItem[];
  /** Ask for each mailbox's `rights` (RFC 8440), where LIST-MYRIGHTS is offered. */
  readonly myRights?: boolean;
  /** Ask for these annotations of each mailbox (RFC 9590), where LIST-METADATA is offered. */
  readonly metadata?: readonly string[];
  /** Only these: by LSUB where LIST-EXTENDED is not offered. */
  readonly subscribedOnly?: boolean;
  /** Only mailboxes that are for something. @throws UNSUPPORTED without SPECIAL-USE and LIST-EXTENDED */
  readonly specialUseOnly?: boolean;
  /**
   * With `subscribedOnly` or `specialUseOnly`: also those above a mailbox that matches but is not listed itself, with
   * `childInfo`. @throws UNSUPPORTED without LIST-EXTENDED
   */
  readonly recursiveMatch?: boolean;
  /** Also mailboxes of other servers. @throws UNSUPPORTED without LIST-EXTENDED */
  readonly remote?: boolean;
}

/** What LIST-EXTENDED and its kin add, in the order in which it is given up where a server answers BAD. */
const groups = ["metadata", "rights", "status", "special-use", "basic", "subscribed"] as const;
type Group = (typeof groups)[number];

/** What each session's server has refused. */
const refused = new WeakMap<Session, Set<Group>>();

/** XLIST's words for what SPECIAL-USE calls otherwise. */
const xlistAttributes: ReadonlyMap<string, string> = new Map([
  ["\\allmail", "\\all"],
  ["\\starred", "\\flagged"],
  ["\\spam", "\\junk"],
]);

/**
 * LIST (RFC 9051 §6.3.9), with RETURN options where the server has them; LSUB and XLIST where it has only those.
 * Fails with BAD where a server does not understand what it offers: `listMailboxes` then asks for less.
 * @param reference a path, mostly ""
 * @param pattern a path with `*` (anything) and `%` (anything within one level); several need LIST-EXTENDED
 * @param reduced called when the server refused an option that the next LIST on this connection leaves out
 */
export function list(
  reference: string,
  pattern: string | readonly string[],
  options: ListOptions = {},
  reduced?: () => void,
): Command<readonly ListedMailbox[]> {
  const patterns = typeof pattern === "string" ? [pattern] : pattern;
  return {
    name: "LIST",
    traits: { needs: "authenticated", ambiguous: { key: "LIST" }, readOnly: true, mayExpunge: true },
    begin(session) {
      const { capabilities } = session;
      const without = refused.get(session) ?? new Set();
      const asked = groups.filter((group) => !without.has(group) && asks(group, options, capabilities));
      const verb = verbFor(options, asked, capabilities);
      const mailboxes = new Map<string, ListedMailbox>();
      const statuses = new Map<string, MailboxStatus>();
      const rights = new Map<string, Rights>();
      const metadata = new Map<string, Metadata>();
      return {
        write(w) {
          w.atom(verb).sp();
          writeSelection(w, options, asked, capabilities);
          w.mailbox(reference).sp();
          if (patterns.length === 1) w.pattern(patterns[0]!);
          else {
            requires(capabilities, "lists of several patterns", "LIST-EXTENDED");
            if (patterns.length === 0) throw new ImapError("ARGUMENT", "A list needs a pattern.");
            w.list(patterns, (one) => w.pattern(one));
          }
          if (verb === "LIST") writeReturn(w, asked, options, session);
        },
        untagged(response) {
          if (response.kind === "list") {
            const mailbox = translated[verb](response.mailbox);
            mailboxes.set(mailbox.path, mailbox);
            return true;
          }
          // The first of each is ours; another may be the answer to a command of its own.
          if (response.kind === "status" && asked.includes("status"))
            return take(statuses, response.path, response.status);
          if (response.kind === "myrights" && asked.includes("rights"))
            return take(rights, response.path, response.rights);
          if (response.kind === "metadata" && response.values && asked.includes("metadata"))
            return take(metadata, response.path, response.values);
          return false;
        },
        result: () =>
          [...mailboxes.values()].map((mailbox) => {
            const { path } = mailbox;
            const may = rights.get(path);
            const entries = metadata.get(path);
            return {
              ...mailbox,
              status: statuses.get(path) ?? null,
              ...(may ? { rights: may } : {}),
              ...(entries ? { metadata: entries } : {}),
            };
          }),
        failed(done, error) {
          const [first] = asked;
          if (done.condition !== "BAD" || verb !== "LIST" || first === undefined) return error;
          refused.set(session, without.add(first));
          reduced?.();
          return error;
        },
      };
    },
  };
}

function take<V>(into: Map<string, V>, path: string, value: V): boolean {
  if (into.has(path)) return false;
  into.set(path, value);
  return true;
}

function asks(group: Group, options: ListOptions, capabilities: Capabilities): boolean {
  switch (group) {
    case "metadata":
      return Boolean(options.metadata?.length) && capabilities.has("LIST-METADATA");
    case "rights":
      return Boolean(options.myRights) && capabilities.has("LIST-MYRIGHTS");
    case "status":
      return Boolean(options.statusItems?.length) && capabilities.has("LIST-STATUS");
    case "special-use":
      return Boolean(options.specialUse) && capabilities.has("SPECIAL-USE") && hasReturn(capabilities);
    case "subscribed":
      return Boolean(options.subscribedOnly) && capabilities.has("LIST-EXTENDED");
    default:
      return capabilities.has("LIST-EXTENDED");
  }
}

/** Any of these brings RETURN with it (RFC 5258, RFC 5819 §2). */
function hasReturn(capabilities: Capabilities): boolean {
  return capabilities.has("LIST-EXTENDED") || capabilities.has("LIST-STATUS");
}

function verbFor(
  options: ListOptions,
  asked: readonly Group[],
  capabilities: Capabilities,
): "LIST" | "LSUB" | "XLIST" {
  if (options.subscribedOnly && !asked.includes("subscribed")) return "LSUB";
  const onlyXlist = capabilities.has("XLIST") && !capabilities.has("SPECIAL-USE");
  return options.specialUse && onlyXlist ? "XLIST" : "LIST";
}

/** list-select-opts (RFC 5258 §3.1). */
function writeSelection(
  w: Writer,
  options: ListOptions,
  asked: readonly Group[],
  capabilities: Capabilities,
): void {
  const words: string[] = [];
  if (asked.includes("subscribed")) words.push("SUBSCRIBED");
  if (options.specialUseOnly) {
    requires(capabilities, "lists by use", "SPECIAL-USE");
    words.push("SPECIAL-USE");
  }
  if (options.remote) words.push("REMOTE");
  if (options.recursiveMatch) words.push("RECURSIVEMATCH");
  if (words.length === 0) return;
  requires(capabilities, "extended lists", "LIST-EXTENDED");
  w.list(words, (word) => w.atom(word)).sp();
}

/** list-return-opts (RFC 5258 §3.2, 5819, 6154, 8440, 9590). */
function writeReturn(
  w: Writer,
  asked: readonly Group[],
  options: ListOptions,
  { capabilities, quirks }: Session,
): void {
  const items = (options.statusItems ?? []).filter((item) => item !== "mailboxId" || !quirks.listedIdUntrue);
  const writers: (() => void)[] = [];
  if (asked.includes("basic")) writers.push(() => w.atom("CHILDREN").sp().atom("SUBSCRIBED"));
  if (asked.includes("special-use")) writers.push(() => w.atom("SPECIAL-USE"));
  if (asked.includes("rights")) writers.push(() => w.atom("MYRIGHTS"));
  if (asked.includes("metadata"))
    writers.push(() =>
      w
        .atom("METADATA")
        .sp()
        .list(options.metadata ?? [], (entry) => w.string(entry)),
    );
  if (asked.includes("status"))
    writers.push(() =>
      w
        .atom("STATUS")
        .sp()
        .list(statusWords(items, capabilities), (word) => w.atom(word)),
    );
  if (writers.length === 0) return;
  w.sp().atom("RETURN").sp();
  w.list(writers, (write) => write());
}

/** What each verb's answer means in the words of LIST-EXTENDED. */
const translated = {
  LIST: (mailbox: ListedMailbox) => mailbox,
  LSUB: fromLsub,
  XLIST: fromXlist,
};

/** LSUB lists what is subscribed; with `%` also what is only above that, which is then \Noselect (RFC 3501 §6.3.9). */
function fromLsub(mailbox: ListedMailbox): ListedMailbox {
  if (mailbox.attributes.has("\\noselect")) return mailbox;
  return { ...mailbox, attributes: new Set([...mailbox.attributes, "\\subscribed"]) };
}

/** XLIST translates names and has words of its own; the inbox is always called INBOX. */
function fromXlist(mailbox: ListedMailbox): ListedMailbox {
  const attributes = new Set([...mailbox.attributes].map((word) => xlistAttributes.get(word) ?? word));
  return attributes.delete("\\inbox")
    ? { ...mailbox, attributes, path: "INBOX", name: "INBOX" }
    : { ...mailbox, attributes };
}
