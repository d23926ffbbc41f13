/** What each kind of result looks like as JSON: version 1 of the contract with scripts. */
import type { Account } from "../account/config.ts";
import { roles } from "../mail/folders.ts";
import type { AclEntry, Folder, Message, QuotaUse, ThreadMessage, Waiting } from "../mail/index.ts";
import type { Attachment, Person } from "../message/types.ts";
import { fieldOf } from "../send/compose/draft.ts";
import { type Contact, contactSources } from "../send/contacts/source.ts";
import type { SavedDraft } from "../send/drafts/drafts.ts";
import type { Entry } from "../send/outbox/entry.ts";
import { imapUrl } from "./ids.ts";
import type { Hit, Result, ResultKind, WrittenFile } from "./result.ts";
import type { Fields, JsonObject, Schema } from "./shape.ts";
import * as is from "./shape.ts";

/** What surrounds a result. */
export interface Where {
  readonly account: Account;
  /** The folder that its messages are in. */
  readonly folder: Folder | null;
}

const personFields: Fields<Person, Where> = {
  name: is.textOrNull("the name, decoded", ({ name }) => (name === "" ? null : name)),
  email: is.text("the address", ({ email }) => email),
};

const people = <T>(what: string, of: (value: T) => readonly Person[]) =>
  is.objects<T, Where, Person>(what, personFields, of);

const folderFields: Fields<Folder, Where> = {
  name: is.text("its name, with those of the levels above it", ({ name }) => name),
  role: is.word("what it is for (RFC 6154)", [...roles, null], ({ role }) => role),
  selectable: is.yes("whether it can hold messages", ({ selectable }) => selectable),
  messages: is.wholeOrNull("how many the server has", ({ messages }) => messages),
  unread: is.wholeOrNull("how many of them are unread", ({ unread }) => unread),
  uidValidity: is.wholeOrNull(
    "where this changes, UIDs of before mean nothing any more",
    ({ uidValidity }) => uidValidity,
  ),
  uidNext: is.wholeOrNull("what comes has this UID or a higher one", ({ uidNext }) => uidNext),
  highestModSeq: is.textOrNull("grows with every change (RFC 7162)", ({ highestModSeq }) => highestModSeq),
};

/** The address of a message in the folder that surrounds it. */
const urlOf = (uid: number, { account, folder }: Where) =>
  folder === null ? null : imapUrl(account, folder, uid);

/** Keywords as RFC 8621 §4.1.1 spells them: `$seen`, `$flagged`; others in lower case. */
const keyword = (flag: string) => flag.replace(/^\\/, "$").toLowerCase();

const ids = (id: string | null) => (id === null ? [] : [id]);
/** An answer to several messages names them all. */
const parents = (text: string | null) => text?.match(/<[^<>]+>/g) ?? ids(text);

export const messageFields: Fields<Message, Where> = {
  uid: is.whole("its id in its folder (UID)", ({ uid }) => uid),
  folder: is.text("the name of its folder", (_, { folder }) => folder?.name ?? ""),
  imapUrl: is.textOrNull(
    "names it for good, and can be given as an id (RFC 5092); null for one that the server has not got yet",
    ({ uid }, where) => urlOf(uid, where),
  ),
  subject: is.text("the subject, decoded", ({ subject }) => subject),
  from: people("its authors", ({ from }) => from),
  to: people("whom it is to", ({ to }) => to),
  cc: people("who else gets it", ({ cc }) => cc),
  sentAt: is.dateOrNull("its Date field", ({ sentAt }) => sentAt),
  receivedAt: is.date("when it arrived (INTERNALDATE)", ({ internalDate }) => internalDate),
  size: is.whole("octets", ({ size }) => size),
  keywords: is.set("its flags and keywords in lower case, $seen for \\Seen", ({ flags }) =>
    flags.map(keyword),
  ),
  messageId: is.texts("Message-ID, none or one", ({ messageId }) => ids(messageId)),
  inReplyTo: is.texts("the Message-IDs in In-Reply-To", ({ inReplyTo }) => parents(inReplyTo)),
};

const threadFields: Fields<ThreadMessage, Where> = {
  ...is.fieldsOf(messageFields, ({ message }: ThreadMessage, where: Where) => [message, where]),
  threadId: is.text("the same for all messages of a discussion", ({ thread }) => String(thread)),
  depth: is.whole("how many answers deep", ({ depth }) => depth),
};

const hitFields: Fields<Hit, Where> = is.fieldsOf(
  messageFields,
  ({ folder, message }: Hit, { account }: Where) => [message, { account, folder }],
);

const queueFields: Fields<Waiting, Where> = {
  id: is.whole("its number, for retry and drop", ({ id }) => id),
  at: is.date("when it was made", ({ at }) => at),
  state: is.word(
    "waits, sent (the answer never came) or refused",
    ["waits", "sent", "refused"],
    ({ state }) => state,
  ),
  text: is.text("what it does", ({ text }) => text),
  code: is.textOrNull("why it was refused: a code", ({ code }) => code),
  reason: is.textOrNull("the same in words", ({ reason }) => reason),
  hint: is.textOrNull("what can be done", ({ hint }) => hint),
};

const attachmentFields: Fields<Attachment, Where> = {
  section: is.text("its part number, for --part and attach", ({ section }) => section),
  fileName: is.textOrNull("as the message calls it", ({ fileName }) => fileName),
  mediaType: is.text("its type", ({ mediaType }) => mediaType),
  size: is.whole("octets, about", ({ size }) => size),
  disposition: is.word(
    "whether it is shown in the text",
    ["inline", "attachment"],
    ({ disposition }) => disposition,
  ),
  contentId: is.textOrNull("what the text calls it by", ({ contentId }) => contentId),
};

const fileFields: Fields<WrittenFile, Where> = {
  path: is.text("where it was written", ({ path }) => path),
  part: is.textOrNull("the part of the message; null for more than one", ({ part }) => part),
  mediaType: is.text("its type", ({ mediaType }) => mediaType),
  size: is.whole("octets", ({ size }) => size),
};

const quotaFields: Fields<QuotaUse, Where> = {
  root: is.text("what the limit is for", ({ root }) => root),
  resource: is.text("what is counted: STORAGE in octets, MESSAGE, …", ({ resource }) => resource),
  used: is.whole("how much is used", ({ used }) => used),
  limit: is.whole("how much there may be", ({ limit }) => limit),
};

const aclFields: Fields<AclEntry, Where> = {
  identifier: is.text("who; with a minus before it, rights are taken away", ({ identifier }) => identifier),
  rights: is.text("letters of RFC 4314", ({ rights }) => rights),
};

const contactFields: Fields<Contact, Where> = {
  ...personFields,
  source: is.word(
    "whence: an alias; mail that was written to them; a vCard; the command; mail that they wrote; oneself",
    contactSources,
    ({ source }) => source,
  ),
  alias: is.textOrNull("the alias that stands for them", ({ alias }) => alias),
  written: is.whole("messages to them that are known of", ({ written }) => written),
  wrote: is.whole("messages from them that are known of", ({ wrote }) => wrote),
  lastAt: is.dateOrNull("when the last of either was", ({ last }) => last || null),
};

const draftFields: Fields<SavedDraft, Where> = {
  id: is.text("its name, for draft edit, send and delete", ({ id }) => id),
  savedAt: is.date("when it was kept last", ({ savedAt }) => savedAt),
  to: is.text("who it is to, as it was written", ({ draft }) => fieldOf(draft, "To")),
  subject: is.text("its subject", ({ draft }) => fieldOf(draft, "Subject")),
  attachments: is.texts("files that go along", ({ draft }) => draft.attachments.map(({ path }) => path)),
  onServer: is.yes("whether a copy is known to be in the Drafts folder", ({ place }) => place !== null),
};

const entryFields: Fields<Entry, Where> = {
  id: is.text("its name, for outbox flush, undo, edit and drop", ({ id }) => id),
  state: is.word(
    "waiting for its time or a server; sending; sent (its copy is not kept yet); held (decide what is to be done)",
    ["waiting", "sending", "sent", "held"],
    ({ state }) => state,
  ),
  createdAt: is.date("when it was put there", ({ created }) => created),
  dueAt: is.date("when it goes out", ({ notBefore, retryAt, created }) =>
    Math.max(notBefore, retryAt, created),
  ),
  from: is.text("the sender of the envelope", ({ envelope }) => envelope.from),
  to: is.texts("all recipients", ({ envelope }) => envelope.to),
  subject: is.text("its subject", ({ subject }) => subject),
  size: is.whole("octets", ({ size }) => size),
  messageId: is.text("its Message-ID", ({ messageId }) => messageId),
  attempts: is.whole("tries that failed", ({ attempts }) => attempts),
  code: is.textOrNull("why it waits or is held: a code", ({ reason }) => reason?.code ?? null),
  reason: is.textOrNull("the same in words", ({ reason }) => reason?.text ?? null),
  hint: is.textOrNull("what can be done", ({ reason }) => reason?.hint ?? null),
};

/** The items of a result, which `--jsonl` prints one by one and `--fields` chooses from. */
export interface Items<R> {
  readonly names: readonly string[];
  readonly schema: Schema;
  count(result: R): number;
  json(result: R, at: number, where: Where, names?: readonly string[]): JsonObject;
}

function items<R extends { readonly items: readonly unknown[] }>(
  fields: Fields<R["items"][number], Where>,
): Items<R> {
  return {
    names: Object.keys(fields),
    schema: is.schemaOf(fields),
    count: (result) => result.items.length,
    json: (result, at, where, names) => is.jsonOf(fields, result.items[at], where, names),
  };
}

export interface Shape<R> {
  readonly fields: Fields<R, Where>;
  readonly items: Items<R> | null;
}

type Of<K extends ResultKind> = Extract<Result, { kind: K }>;

const inFolder = {
  folder: is.object("the folder", folderFields, ({ folder }: { folder: Folder }, where: Where) =>
    where.folder?.path === folder.path ? where.folder : folder,
  ),
};
const total = { total: is.whole("how many there are in all", (r: { total: number }) => r.total) };

/** What `--fields` may choose from: the members of its items, or its own where it has none. */
export function namesOf(kind: ResultKind): readonly string[] {
  const { items, fields } = shapes[kind];
  return items?.names ?? Object.keys(fields);
}

/** `version`, `account` and `warnings` stand around these. */
export const shapes: { readonly [K in ResultKind]: Shape<Of<K>> } = {
  messages: {
    fields: {
      ...inFolder,
      ...total,
      next: is.wholeOrNull(
        "where the list goes on: give it to --before-uid, or to --after-uid with --sort arrival",
        ({ next = null }) => next,
      ),
    },
    items: items(messageFields),
  },
  threads: { fields: { ...inFolder, ...total }, items: items(threadFields) },
  hits: { fields: total, items: items(hitFields) },
  ids: {
    fields: { ...inFolder, ...total },
    items: items<Of<"ids">>({
      uid: is.whole("the UID", (uid) => uid),
      imapUrl: is.textOrNull("names it for good (RFC 5092)", urlOf),
    }),
  },
  count: {
    fields: {
      folder: is.objectOrNull(
        "the folder; null where several were counted",
        folderFields,
        ({ folder }) => folder,
      ),
      count: is.whole("how many", ({ count }) => count),
    },
    items: null,
  },
  folders: { fields: {}, items: items(folderFields) },
  queue: { fields: {}, items: items(queueFields) },
  message: {
    fields: {
      ...inFolder,
      uid: is.whole("its id in its folder (UID)", ({ uid }) => uid),
      imapUrl: is.textOrNull("names it for good (RFC 5092)", ({ uid }, where) => urlOf(uid, where)),
      subject: is.text("the subject, decoded", ({ message }) => message.headers.subject),
      from: people("its authors", ({ message }) => message.headers.from),
      to: people("whom it is to", ({ message }) => message.headers.to),
      cc: people("who else gets it", ({ message }) => message.headers.cc),
      replyTo: people("where answers are wanted", ({ message }) => message.headers.replyTo),
      sentAt: is.dateOrNull("its Date field", ({ message }) => message.headers.date),
      messageId: is.texts("Message-ID, none or one", ({ message }) => ids(message.headers.messageId)),
      text: is.text("the body as text, a quoted line behind > for each level", ({ message }) =>
        message.body.lines
          .map((line) => "> ".repeat(line.quote) + line.spans.map((s) => s.text).join(""))
          .join("\n"),
      ),
      links: is.texts("where the links of the text lead", ({ message }) => message.body.links),
      attachments: is.objects("what is attached", attachmentFields, ({ message }) => message.attachments),
      problems: is.texts("what of the message could not be read", ({ message }) => message.problems),
    },
    items: null,
  },
  attachments: {
    fields: { ...inFolder, uid: is.whole("the message (UID)", ({ uid }) => uid) },
    items: items(attachmentFields),
  },
  files: {
    fields: { ...inFolder, text: is.text("what was done", ({ text }) => text) },
    items: items(fileFields),
  },
  bytes: {
    fields: {
      fileName: is.textOrNull("as the message calls it", ({ fileName }) => fileName),
      mediaType: is.text("its type", ({ mediaType }) => mediaType),
    },
    items: null,
  },
  written: {
    fields: {
      state: is.word(
        "sent; scheduled for a time; waits for a server; kept as a draft; nothing of it",
        ["sent", "scheduled", "waits", "draft", "nothing"],
        ({ state }) => state,
      ),
      text: is.text("what was done", ({ text }) => text),
      id: is.textOrNull("its name in the outbox, or among the drafts", ({ id }) => id),
      messageId: is.textOrNull("its Message-ID", ({ messageId }) => messageId),
    },
    items: null,
  },
  contacts: { fields: {}, items: items(contactFields) },
  drafts: { fields: {}, items: items(draftFields) },
  outbox: { fields: {}, items: items(entryFields) },
  quota: { fields: {}, items: items(quotaFields) },
  acl: {
    fields: { ...inFolder, rights: is.text("one's own rights: letters of RFC 4314", ({ rights }) => rights) },
    items: items(aclFields),
  },
  status: {
    fields: {
      host: is.text("the server", ({ status }) => status.host),
      port: is.whole("its port", ({ status }) => status.port),
      security: is.word(
        "how the line is protected",
        ["tls", "starttls", "none"],
        ({ status }) => status.security,
      ),
      user: is.text("who is logged in", ({ status }) => status.user),
      line: is.word(
        "whether there is a connection",
        ["offline", "connecting", "online", "down"],
        ({ status }) => status.line.kind,
      ),
      reason: is.textOrNull("why it is down", ({ status: { line } }) =>
        line.kind === "down" ? line.error.message : null,
      ),
      latencyMs: is.numberOrNull("milliseconds to an answer", ({ status }) => status.latencyMs),
      received: is.whole("octets received over all connections of this run", ({ status }) => status.received),
      sent: is.whole("octets sent", ({ status }) => status.sent),
      compressed: is.yes("whether it is compressed", ({ status }) => status.compressed),
      capabilities: is.texts("what the server can do", ({ status }) => status.capabilities),
      quirks: is.texts("its known faults", ({ status }) => status.quirks),
      queued: is.whole("changes that wait for the server", ({ status }) => status.queued),
      folders: is.whole("folders in the local copy", ({ status }) => status.folders),
      messages: is.whole("messages listed there", ({ status }) => status.messages),
      kept: is.whole("octets of their contents kept there", ({ status }) => status.kept),
    },
    items: null,
  },
  protocol: {
    fields: {
      lines: is.texts("what the server said, laid out in lines", ({ lines }) => lines),
      ended: is.word("how the command ended", ["OK", "NO", "BAD"], ({ ended }) => ended),
    },
    items: null,
  },
  event: {
    fields: {
      event: is.word(
        "what happened: watching (from now on; again where UIDs mean something else from now on), new, changed (its flags) or gone",
        ["watching", "new", "changed", "gone"],
        ({ event }) => event,
      ),
      folder: is.text("the name of the folder", ({ folder }) => folder.name),
      uidValidity: is.wholeOrNull(
        "where this changes, UIDs of before mean nothing any more",
        ({ folder }) => folder.uidValidity,
      ),
      uid: is.wholeOrNull("the message (UID)", ({ uid }) => uid),
      imapUrl: is.textOrNull("names it for good (RFC 5092)", ({ uid }, where) =>
        uid === null ? null : urlOf(uid, where),
      ),
      subject: is.textOrNull("the subject, decoded", ({ message }) => message?.subject ?? null),
      from: people("its authors", ({ message }) => message?.from ?? []),
      to: people("whom it is to", ({ message }) => message?.to ?? []),
      cc: people("who else gets it", ({ message }) => message?.cc ?? []),
      sentAt: is.dateOrNull("its Date field", ({ message }) => message?.sentAt ?? null),
      receivedAt: is.dateOrNull(
        "when it arrived (INTERNALDATE)",
        ({ message }) => message?.internalDate ?? null,
      ),
      size: is.wholeOrNull("octets", ({ message }) => message?.size ?? null),
      keywords: is.set("its flags and keywords in lower case, $seen for \\Seen", ({ message }) =>
        (message?.flags ?? []).map(keyword),
      ),
      messageId: is.texts("Message-ID, none or one", ({ message }) => ids(message?.messageId ?? null)),
      inReplyTo: is.texts("the Message-IDs in In-Reply-To", ({ message }) =>
        parents(message?.inReplyTo ?? null),
      ),
    },
    items: null,
  },
  change: {
    fields: {
      ...inFolder,
      text: is.text("what was done", ({ text }) => text),
      uids: is.wholes("the messages it was done to", ({ uids }) => uids),
      sent: is.yes("false where it waits for a connection", ({ sent }) => sent),
      dryRun: is.yes("true where it was not done: --dry-run", ({ dryRun = false }) => dryRun),
    },
    items: null,
  },
};
