// LIST, LSUB and STATUS (RFC 3501 §6.3.8-10, RFC 5258, RFC 5819, RFC 6154).
import type { Mailbox, MailStore } from "./store.ts";
import { Refusal, type Scanner, string } from "./syntax.ts";

/** Whether a name fits a pattern where `*` is anything and `%` anything but `/`. Linear in both lengths. */
function fits(pattern: string, name: string): boolean {
  let states = new Set([0]);
  for (const character of pattern) {
    const next = new Set<number>();
    for (const state of states) {
      if (character === "*" || character === "%")
        for (let at = state; at <= name.length; at++) {
          next.add(at);
          if (character === "%" && name[at] === "/") break;
        }
      else if (name[state] === character) next.add(state + 1);
    }
    states = next;
  }
  return states.has(name.length);
}

const fitsMailbox = (pattern: string, name: string) =>
  fits(pattern, name) || (name === "INBOX" && fits(pattern.toUpperCase(), name));

const statusItems: Record<string, (mailbox: Mailbox) => number> = {
  MESSAGES: (mailbox) => mailbox.messages.length,
  RECENT: () => 0,
  UIDNEXT: (mailbox) => mailbox.uidNext,
  UIDVALIDITY: (mailbox) => mailbox.uidValidity,
  UNSEEN: (mailbox) => mailbox.messages.filter((message) => !message.flags.has("\\Seen")).length,
  SIZE: (mailbox) => mailbox.messages.reduce((sum, message) => sum + message.content.raw.length, 0),
};

/** `(MESSAGES UNSEEN …)`, as a function that answers it for a mailbox. */
export function statusRequest(args: Scanner): (mailbox: Mailbox) => string {
  const names = args.list(() => {
    const name = args.atom();
    if (!Object.hasOwn(statusItems, name)) throw new Refusal("BAD", `There is no STATUS item ${name}`);
    return name;
  });
  if (names.length === 0) throw new Refusal("BAD", "Expected STATUS items");
  return (mailbox) =>
    `* STATUS ${string(mailbox.name)} (${names.map((name) => `${name} ${statusItems[name]?.(mailbox)}`).join(" ")})`;
}

const selectionOptions = ["SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE"];
const returnOptions = ["SUBSCRIBED", "CHILDREN", "SPECIAL-USE"];

function option(args: Scanner, known: string[]): string {
  const name = args.atom();
  if (!known.includes(name)) throw new Refusal("BAD", `There is no LIST option ${name}`);
  return name;
}

/** Answers one LIST command; `subscribedOnly` answers it as LSUB. */
export function list(args: Scanner, store: MailStore, subscribedOnly: boolean): string[] {
  const selection = args.startsWith("(") ? args.list(() => option(args, selectionOptions)) : [];
  if (selection.length > 0 || args.startsWith(" ")) args.space();
  const reference = args.astring();
  args.space();
  const patterns = args.startsWith("(") ? args.list(() => args.listMailbox()) : [args.listMailbox()];
  let status: ((mailbox: Mailbox) => string) | undefined;
  let extended = selection.length > 0;
  let showSubscribed = subscribedOnly || selection.includes("SUBSCRIBED");
  if (args.take(" RETURN ")) {
    extended = true;
    args.list(() => {
      if (args.match(/STATUS /iy)) status = statusRequest(args);
      else if (option(args, returnOptions) === "SUBSCRIBED") showSubscribed = true;
    });
  }
  args.end();
  const verb = subscribedOnly ? "LSUB" : "LIST";
  if (patterns.length === 1 && patterns[0] === "") return [`* ${verb} (\\Noselect) "/" ""`];

  const wantsSubscribed = subscribedOnly || selection.includes("SUBSCRIBED");
  const names = new Set(store.all().map((mailbox) => mailbox.name));
  const children = new Set<string>();
  for (const name of names)
    for (let cut = name.lastIndexOf("/"); cut > 0; cut = name.lastIndexOf("/", cut - 1))
      children.add(name.slice(0, cut));
  const candidates = [
    ...new Set([...names, ...children, ...(wantsSubscribed ? store.subscriptions : [])]),
  ].sort((a, b) => Number(b === "INBOX") - Number(a === "INBOX") || (a < b ? -1 : 1));

  const lines: string[] = [];
  for (const name of candidates) {
    if (!patterns.some((pattern) => fitsMailbox(reference + pattern, name))) continue;
    const mailbox = store.find(name);
    const subscribed = store.subscriptions.has(name);
    const below =
      selection.includes("RECURSIVEMATCH") &&
      [...store.subscriptions].some((other) => other.startsWith(`${name}/`));
    if (wantsSubscribed && !subscribed && !below) continue;
    if (selection.includes("SPECIAL-USE") && !mailbox?.specialUse) continue;
    const attributes = [
      ...(mailbox ? [] : extended ? ["\\NonExistent"] : ["\\Noselect"]),
      ...(showSubscribed && subscribed && !subscribedOnly ? ["\\Subscribed"] : []),
      children.has(name) ? "\\HasChildren" : "\\HasNoChildren",
      ...(mailbox?.specialUse ? [mailbox.specialUse] : []),
    ];
    const info = below && !subscribed ? ' ("CHILDINFO" ("SUBSCRIBED"))' : "";
    lines.push(`* ${verb} (${attributes.join(" ")}) "/" ${string(name)}${info}`);
    if (mailbox && status) lines.push(status(mailbox));
  }
  return lines;
}
