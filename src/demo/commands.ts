// The commands: when each may come, and what it does. A command returns the text of its OK, or throws a Refusal.
import { fetchItems } from "./fetch.ts";
import { list, statusRequest } from "./list.ts";
import { searchKeys } from "./search.ts";
import { Content, canonicalFlag, hasFlag, type Mailbox, type MailStore, type Message } from "./store.ts";
import { formatSet, parseDateTime, Refusal, type Scanner, type SequenceSet, string } from "./syntax.ts";
import { flagList, View } from "./view.ts";

/** What a command may do with its connection. */
export interface Connection {
  readonly store: MailStore;
  readonly user: string;
  readonly password: string;
  /** Of the command that is running. */
  readonly tag: string;
  authenticated: boolean;
  view: View | null;
  /** Sends a line; CRLF is added. */
  send(line: string): void;
  /** Gives the next line to `handler` in place of reading it as a command. Its result is the text of the OK. */
  continueWith(handler: (line: string) => string): void;
  /** Whether news is sent at once, as in IDLE. */
  idling: boolean;
  /** Ends the connection after what was sent. */
  close(): void;
  /** Called whenever a mailbox is selected. */
  onSelect(mailbox: Mailbox): void;
}

export interface Command {
  state: "any" | "not authenticated" | "authenticated" | "selected";
  /** Whether the answer may be preceded by EXPUNGE (RFC 3501 §7.4.1 forbids it for three commands). */
  mayExpunge?: false;
  /** Whether `UID` may stand before it. */
  uid?: true;
  /** Nothing when a continuation will say how it ended. */
  run(on: Connection, args: Scanner, byUid: boolean): string | undefined;
}

/** What this server does, and no more. */
export const capabilities =
  "IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN ID ENABLE IDLE NAMESPACE CHILDREN UNSELECT UIDPLUS MOVE SPECIAL-USE LIST-EXTENDED LIST-STATUS STATUS=SIZE ESEARCH";

/** @throws Refusal BAD when nothing is selected; NO when a command that changes things meets EXAMINE. */
function selected(on: Connection, writing = false): View {
  if (!on.view) throw new Refusal("BAD", "Select a mailbox first");
  if (writing && on.view.readOnly)
    throw new Refusal("NO", "The mailbox is open for reading only", "READ-ONLY");
  return on.view;
}

function logIn(on: Connection, user: string, password: string): string {
  if (user !== on.user || password !== on.password)
    throw new Refusal("NO", "That is not the user and password of this demo", "AUTHENTICATIONFAILED");
  on.authenticated = true;
  return `[CAPABILITY ${capabilities}] Welcome`;
}

function plain(on: Connection, response: string): string {
  if (response === "*") throw new Refusal("BAD", "Given up");
  const [, user = "", password = ""] = Buffer.from(response, "base64").toString("latin1").split("\0");
  return logIn(on, user, password);
}

function select(on: Connection, args: Scanner, readOnly: boolean): string {
  args.space();
  const name = args.astring();
  args.end();
  on.view = null;
  const mailbox = on.store.get(name);
  on.view = new View(mailbox, readOnly);
  const keywords = new Set(mailbox.messages.flatMap((m) => [...m.flags]).filter((f) => !f.startsWith("\\")));
  const flags = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft", ...keywords].join(" ");
  on.send(`* FLAGS (${flags})`);
  on.send(
    `* OK [PERMANENTFLAGS (${readOnly ? "" : `${flags} \\*`})] ${readOnly ? "Nothing" : "These"} can be changed`,
  );
  on.send(`* ${mailbox.messages.length} EXISTS`);
  on.send("* 0 RECENT");
  const unseen = mailbox.messages.findIndex((m) => !m.flags.has("\\Seen"));
  if (unseen >= 0) on.send(`* OK [UNSEEN ${unseen + 1}] First unread message`);
  on.send(`* OK [UIDVALIDITY ${mailbox.uidValidity}] UIDs stay`);
  on.send(`* OK [UIDNEXT ${mailbox.uidNext}] Next UID`);
  on.onSelect(mailbox);
  return readOnly ? "[READ-ONLY] Examined" : "[READ-WRITE] Selected";
}

function fetch(on: Connection, args: Scanner, byUid: boolean): string {
  const view = selected(on);
  args.space();
  const set = args.sequenceSet();
  args.space();
  const items = fetchItems(args, byUid);
  const marksSeen = !view.readOnly && items.some((item) => item.marksSeen);
  for (const [sequence, message] of view.resolve(set, byUid)) {
    const answers = items.map((item) => item.answer(message));
    if (marksSeen && !message.flags.has("\\Seen")) {
      view.mailbox.setFlags(message, new Set([...message.flags, "\\Seen"]));
      // The flags changed by reading are part of the same answer.
      const at = answers.findIndex((answer) => answer.startsWith("FLAGS "));
      answers.splice(at < 0 ? answers.length : at, 1, flagList(message));
      view.told(sequence);
    }
    on.send(`* ${sequence} FETCH (${answers.join(" ")})`);
  }
  return "Fetched";
}

function storeFlags(on: Connection, args: Scanner, byUid: boolean): string {
  const view = selected(on, true);
  args.space();
  const set = args.sequenceSet();
  args.space();
  const [, sign, silent] =
    /^([+-]?)FLAGS(\.SILENT)?$/.exec(args.match(/[+-]?FLAGS(?:\.SILENT)?/iy)?.toUpperCase() ?? "") ?? [];
  if (sign === undefined) throw new Refusal("BAD", "Expected FLAGS, +FLAGS or -FLAGS");
  args.space();
  const read = () => canonicalFlag(args.flag());
  const given = args.startsWith("(") ? args.list(read) : [read()];
  while (args.take(" ")) given.push(read());
  args.end();
  for (const [sequence, message] of view.resolve(set, byUid)) {
    if (message.expunged) continue;
    const kept = [...message.flags].filter((flag) =>
      sign === "-" ? !hasFlag(new Set(given), flag) : sign === "+",
    );
    const added = sign === "-" ? [] : given.filter((flag) => !hasFlag(new Set(kept), flag));
    view.mailbox.setFlags(message, new Set([...kept, ...added]));
    view.told(sequence);
    if (!silent) on.send(`* ${sequence} FETCH (${byUid ? `UID ${message.uid} ` : ""}${flagList(message)})`);
  }
  return "Stored";
}

function search(on: Connection, args: Scanner, byUid: boolean): string {
  const view = selected(on);
  args.space();
  let wanted: string[] | undefined;
  if (args.match(/RETURN (?=\()/iy) !== undefined) {
    wanted = args.list(() => args.atom());
    args.space();
  }
  if (wanted?.length === 0) wanted = ["ALL"];
  const all = view.resolve([[1, Number.POSITIVE_INFINITY]], false);
  const key = searchKeys(args, { lastSequence: view.size, lastUid: all.at(-1)?.[1].uid ?? 0 });
  const found = all
    .filter(([sequence, message]) => !message.expunged && key(message, sequence))
    .map(([sequence, message]) => (byUid ? message.uid : sequence));
  if (!wanted) on.send(`* SEARCH${found.map((n) => ` ${n}`).join("")}`);
  else {
    const results: Record<string, string | number | undefined> = {
      MIN: found[0],
      MAX: found.at(-1),
      ALL: formatSet(found) || undefined,
      COUNT: found.length,
    };
    const data = wanted.map((name) => {
      if (!Object.hasOwn(results, name)) throw new Refusal("BAD", `There is no search result ${name}`);
      return results[name] === undefined ? "" : ` ${name} ${results[name]}`;
    });
    on.send(`* ESEARCH (TAG ${string(on.tag)})${byUid ? " UID" : ""}${data.join("")}`);
  }
  return "Searched";
}

/** COPY and MOVE: the destination first, so that nothing is done when it is not there. */
function copy(on: Connection, args: Scanner, byUid: boolean, move: boolean): string {
  const view = selected(on, move);
  args.space();
  const set = args.sequenceSet();
  args.space();
  const name = args.astring();
  args.end();
  const target = on.store.get(name, "TRYCREATE");
  const messages = view
    .resolve(set, byUid)
    .map(([, message]) => message)
    .filter((m) => !m.expunged);
  if (messages.length === 0) return "There was nothing to do";
  const copies = messages.map((m) => target.add(m.content, m.flags, m.internalDate));
  const uids = (of: Message[]) => formatSet(of.map((m) => m.uid));
  const code = `[COPYUID ${target.uidValidity} ${uids(messages)} ${uids(copies)}]`;
  if (!move) return `${code} Copied`;
  on.send(`* OK ${code} Moved`);
  view.mailbox.remove(messages);
  return "Done";
}

function expunge(on: Connection, set?: SequenceSet): string {
  const view = selected(on, true);
  const chosen = view.resolve(set ?? [[1, Number.POSITIVE_INFINITY]], set !== undefined);
  view.mailbox.remove(chosen.map(([, message]) => message).filter((m) => m.flags.has("\\Deleted")));
  return "Expunged";
}

function append(on: Connection, args: Scanner): string {
  args.space();
  const name = args.astring();
  args.space();
  const flags = args.startsWith("(") ? args.list(() => canonicalFlag(args.flag())) : [];
  args.take(" ");
  const given = args.match(/"([^"\r\n]{1,40})" /y);
  const date = given === undefined ? new Date() : parseDateTime(given);
  if (Number.isNaN(date.getTime())) throw new Refusal("BAD", "Expected a date and time");
  const octets = args.literal();
  args.end();
  const mailbox = on.store.get(name, "TRYCREATE");
  const message = mailbox.add(new Content(octets), flags, date);
  return `[APPENDUID ${mailbox.uidValidity} ${message.uid}] Appended`;
}

/** A command of one mailbox name. */
const named =
  (work: (on: Connection, name: string) => unknown) =>
  (on: Connection, args: Scanner): string => {
    args.space();
    const name = args.astring();
    args.end();
    work(on, name);
    return "Done";
  };

const bare =
  (work: (on: Connection) => string) =>
  (on: Connection, args: Scanner): string => {
    args.end();
    return work(on);
  };

function close(on: Connection, removing: boolean): string {
  const view = selected(on);
  if (removing && !view.readOnly) expunge(on);
  on.view = null;
  return "Closed";
}

function listed(on: Connection, args: Scanner, subscribedOnly: boolean): string {
  args.space();
  for (const line of list(args, on.store, subscribedOnly)) on.send(line);
  return "Done";
}

export const commands: Record<string, Command> = {
  CAPABILITY: {
    state: "any",
    run: bare((on) => {
      on.send(`* CAPABILITY ${capabilities}`);
      return "That is all";
    }),
  },
  NOOP: { state: "any", run: bare(() => "Done") },
  LOGOUT: {
    state: "any",
    run: bare((on) => {
      on.send("* BYE Until next time");
      on.close();
      return "Done";
    }),
  },
  ID: {
    state: "any",
    run: (on) => {
      on.send('* ID ("name" "Postern demo")');
      return "Pleased to meet you";
    },
  },
  LOGIN: {
    state: "not authenticated",
    run: (on, args) => {
      args.space();
      const user = args.astring();
      args.space();
      const password = args.astring();
      args.end();
      return logIn(on, user, password);
    },
  },
  AUTHENTICATE: {
    state: "not authenticated",
    run: (on, args) => {
      args.space();
      if (args.atom() !== "PLAIN") throw new Refusal("NO", "Only PLAIN is offered", "CANNOT");
      const initial = args.match(/ ([A-Za-z0-9+/=]+)$/y);
      args.end();
      if (initial !== undefined) return plain(on, initial);
      on.send("+ ");
      on.continueWith((line) => plain(on, line));
      return undefined;
    },
  },
  ENABLE: {
    state: "authenticated",
    run: (on) => {
      on.send("* ENABLED");
      return "Nothing here needs enabling";
    },
  },
  NAMESPACE: {
    state: "authenticated",
    run: bare((on) => {
      on.send('* NAMESPACE (("" "/")) NIL NIL');
      return "Done";
    }),
  },
  LIST: { state: "authenticated", run: (on, args) => listed(on, args, false) },
  LSUB: { state: "authenticated", run: (on, args) => listed(on, args, true) },
  STATUS: {
    state: "authenticated",
    run: (on, args) => {
      args.space();
      const name = args.astring();
      args.space();
      const answer = statusRequest(args);
      args.end();
      on.send(answer(on.store.get(name)));
      return "Done";
    },
  },
  SELECT: { state: "authenticated", run: (on, args) => select(on, args, false) },
  EXAMINE: { state: "authenticated", run: (on, args) => select(on, args, true) },
  CREATE: { state: "authenticated", run: named((on, name) => on.store.create(name)) },
  DELETE: { state: "authenticated", run: named((on, name) => on.store.delete(name)) },
  RENAME: {
    state: "authenticated",
    run: (on, args) => {
      args.space();
      const from = args.astring();
      args.space();
      const to = args.astring();
      args.end();
      on.store.rename(from, to);
      return "Renamed";
    },
  },
  SUBSCRIBE: {
    state: "authenticated",
    run: named((on, name) => on.store.subscriptions.add(on.store.get(name).name)),
  },
  UNSUBSCRIBE: {
    state: "authenticated",
    run: named((on, name) => on.store.subscriptions.delete(name)),
  },
  APPEND: { state: "authenticated", run: append },
  IDLE: {
    state: "authenticated",
    run: (on, args) => {
      args.end();
      on.send("+ Idling");
      on.idling = true;
      on.continueWith((line) => {
        on.idling = false;
        if (line.toUpperCase() !== "DONE") throw new Refusal("BAD", "Expected DONE");
        return "Awake";
      });
      return undefined;
    },
  },
  CHECK: { state: "selected", run: bare(() => "Done") },
  CLOSE: { state: "selected", run: bare((on) => close(on, true)) },
  UNSELECT: { state: "selected", run: bare((on) => close(on, false)) },
  EXPUNGE: {
    state: "selected",
    uid: true,
    run: (on, args, byUid) => {
      if (byUid) args.space();
      const set = byUid ? args.sequenceSet() : undefined;
      args.end();
      return expunge(on, set);
    },
  },
  FETCH: { state: "selected", mayExpunge: false, uid: true, run: fetch },
  STORE: { state: "selected", mayExpunge: false, uid: true, run: storeFlags },
  SEARCH: { state: "selected", mayExpunge: false, uid: true, run: search },
  COPY: { state: "selected", uid: true, run: (on, args, byUid) => copy(on, args, byUid, false) },
  MOVE: { state: "selected", uid: true, run: (on, args, byUid) => copy(on, args, byUid, true) },
};
