/** What the screen shows, put together from the controller's views. Texts from outside become safe here. */
import { flagLetters, formatPeople, formatSize, sameSubject, shortDate } from "../../mail/format.ts";
import type { ThreadMessage } from "../../mail/index.ts";
import { labelsOf } from "../../mail/labels.ts";
import { safeText } from "../../message/safe.ts";
import { layoutOf } from "../layout.ts";
import type { FolderRow, KeyHint, MessageRow, ScreenModel, StatusModel, ThreadPlace } from "../model.ts";
import type { App } from "./app.ts";
import { explainWhole } from "./explain.ts";
import { inWords } from "./in-words.ts";
import { type KeyContext, keysTo } from "./keymap.ts";
import { lineText, quiet } from "./line-text.ts";
import type { ListPreviews } from "./list-previews.ts";
import { isOpen, type PaneRow, paneRows, unifiedPlaces, unifiedTitle } from "./places.ts";
import type { ListRow, Place } from "./sources.ts";

export interface View {
  readonly columns: number;
  readonly rows: number;
  readonly keyBar: boolean;
  readonly cursor: "bar" | "arrow";
  /** Somebody hears the screen. */
  readonly spoken: boolean;
  /** Null where the list shows subjects alone. */
  readonly previews: ListPreviews | null;
}

/** Lines of the screen that a row of the list takes. */
export const linesPerRow = ({ previews }: Pick<View, "previews">): number => (previews ? 2 : 1);

/** The key bar shows these, where they are bound in the context at hand. */
const hinted: readonly (readonly [line: string, text: string])[] = [
  // What does not fit is left out: ten do at 80 columns.
  ["review send", "send"],
  ["review edit", "edit"],
  ["review attach", "attach"],
  ["review to", "to"],
  ["review cc", "cc"],
  ["review subject", "subject"],
  ["review sign", "sign"],
  ["review encrypt", "encrypt"],
  ["review keep", "keep"],
  ["review discard", "discard"],
  ["review from", "from"],
  ["review bcc", "bcc"],
  ["review detach", "detach"],
  // What list and reader both have stands at the same places of both.
  ["open", "open"],
  ["back", "back"],
  ["focus list", "list"],
  ["focus reader", "back"],
  ["open-attachment", "open"],
  ["prompt-save", "save"],
  ["page-down", "page"],
  ["delete", "delete"],
  ["undo", "undo"],
  ["archive", "archive"],
  ["prompt move --to ", "move"],
  ["flag toggle flagged", "flag"],
  ["flag toggle seen", "read"],
  ["mark", "mark"],
  ["next-message", "next"],
  ["prompt open-link ", "links"],
  ["prompt-search", "search"],
  ["prompt limit ", "limit"],
  ["next-unread", "unread"],
  ["focus attachments", "files"],
  ["focus folders", "folders"],
  ["prompt go ", "go to"],
  ["sync", "refresh"],
  ["help", "help"],
  ["quit", "quit"],
  ["previous-message", "previous"],
  ["form", "form"],
];

function keyHints(app: App, context: KeyContext): KeyHint[] {
  return hinted.flatMap(([line, text]) => {
    if (line === "form" && !app.reader?.message?.otherForm) return [];
    const keys = keysTo(app.bindings, line, context);
    return keys === null ? [] : [{ keys, text }];
  });
}

function folderRows(app: App, height: number): FolderRow[] {
  const first = app.folderTop(height);
  return paneRows(app)
    .slice(first, first + height)
    .map((row, i) => ({
      ...folderRow(app, row),
      selected: isOpen(app, row),
      focused: first + i === app.folderCursor,
    }));
}

function folderRow(app: App, row: PaneRow): Omit<FolderRow, "selected" | "focused"> {
  if (row.kind === "account") {
    const { name, mail } = row.account;
    const away = mail.line.kind === "down" || mail.line.kind === "offline";
    return {
      key: name,
      name: away ? `${name} (off line)` : name,
      depth: 0,
      unread: null,
      total: null,
      heading: true,
    };
  }
  if (row.kind === "unified") {
    const unread = unifiedPlaces(app).reduce((sum, { mail, folder }) => {
      const known = app.accounts.find((a) => a.mail === mail)?.folders.find((f) => f.path === folder.path);
      return sum + (known?.unread ?? 0);
    }, 0);
    return { key: unifiedTitle, name: unifiedTitle, depth: 0, unread, total: null };
  }
  const { folder, account } = row;
  return {
    key: `${account.name}:${folder.path}`,
    name: safeText(folder.role === "inbox" ? "Inbox" : folder.leaf),
    depth: folder.depth,
    unread: folder.unread,
    total: folder.messages,
    ...(folder.role ? { role: folder.role } : {}),
  };
}

/** What the list is called: with several accounts on the screen, whose folder it is too. */
function titleOf({ list, accounts, account }: App): string {
  return accounts.length > 1 && !list.source.merged
    ? `${account.name}: ${list.source.name}`
    : list.source.name;
}

/** In a list of several folders, where the message is from. */
function originOf({ list, accounts }: App, { mail, folder }: Place): string {
  const { name } = mail.account;
  const alone = list.source.places.filter((place) => place.mail === mail).length === 1;
  return safeText(accounts.length > 1 && (alone || folder.role === "inbox") ? name : folder.leaf);
}

/** At most 5 columns: `812`, `9.4k`, `12M`. */
function shortSize(octets: number): string {
  return formatSize(octets)
    .replace(/ ?B$/, "")
    .replace(/ (.)$/, (_, unit: string) => unit.toUpperCase());
}

/** Rows as last shown: a row that looks the same is not made again. */
const rowCache = new WeakMap<ListRow, MessageRow>();

/** `above` is the row before it in view: what a thread repeats is not shown again. */
function messageRow(
  app: App,
  listed: ListRow,
  above: ListRow | undefined,
  selected: boolean,
  now: number,
  begins: string | undefined,
): MessageRow {
  const { message, thread } = listed;
  const { list } = app;
  const cached = rowCache.get(listed);
  const date = shortDate(thread?.folded ? thread.newest : message.internalDate, now);
  const marked = list.isMarked(listed);
  const preview = begins === undefined ? undefined : safeText(begins);
  const hit = list.hits.size > 0 && list.keysAt(listed).some((key) => list.hits.has(key));
  if (
    cached &&
    cached.selected === selected &&
    cached.marked === marked &&
    cached.hit === hit &&
    cached.date === date &&
    cached.preview === preview
  )
    return cached;
  const hides = thread?.folded && thread.shown > 1;
  const flags = flagLetters(message.flags);
  const unread = !message.flags.includes("\\Seen");
  const row: MessageRow = {
    uid: message.uid,
    flags: hides && thread.unread > 0 && !unread ? `N${flags}` : flags,
    date,
    from: cached?.from ?? safeText(formatPeople(message.from)),
    subject: cached?.subject ?? safeText(message.subject),
    labels:
      cached?.labels ??
      labelsOf(message.flags).map(({ name, meaning }) => ({ name: safeText(name), meaning })),
    size: shortSize(message.size),
    unread: unread || (hides === true && thread.unread > 0),
    flagged: message.flags.includes("\\Flagged"),
    selected,
    marked,
    hit,
    deleted: message.flags.includes("\\Deleted"),
    ...(preview === undefined ? {} : { preview }),
    ...(list.source.merged ? { origin: originOf(app, listed.place) } : {}),
    ...(thread
      ? { thread: cached?.thread ?? placeOf(thread, above?.place === listed.place ? above : undefined) }
      : {}),
  };
  rowCache.set(listed, row);
  return row;
}

function placeOf({ message, ...thread }: ThreadMessage, above: ListRow | undefined): ThreadPlace {
  const { place, depth, guides, shown, folded } = thread;
  const repeats =
    depth > 0 &&
    above?.thread?.thread === thread.thread &&
    sameSubject(above.message.subject, message.subject);
  return { place, depth, guides, size: shown, folded, repeats };
}

/** What takes a while, as the status line calls it. */
const doing = {
  headers: "reading headers",
  flags: "reading flags",
  command: "the server is at it:",
} as const;

function status(app: App, now: number, spoken: boolean): StatusModel {
  const { list, account } = app;
  const { progress } = account;
  const notice = app.notices.current;
  const number = (n: number) => n.toLocaleString("en").replaceAll(",", "\u2009");
  // What follows the cursor is heard with every step.
  const where = spoken ? `${number(list.total)} messages` : `${number(list.index + 1)}/${number(list.total)}`;
  const place = list.total > 0 ? where : loads(app) ? "" : "no messages";
  const left = [
    safeText(titleOf(app)),
    place,
    list.threaded ? "by thread" : "",
    list.marked.size > 0 ? `${number(list.marked.size)} marked` : "",
    list.filter ? `limited to ${safeText(list.filter.query) || "a list"}` : "",
  ].filter((text) => text !== "");
  const line = lineText(app.mail.line, now, app.mail.server.latencyMs);
  const right = [
    app.pendingKeys,
    app.tasks.label === "" ? "" : `${app.tasks.label} C-g stops it`,
    // While nothing comes, nothing gets on.
    progress && line.startsWith(quiet)
      ? `${doing[progress.doing]} ${Math.floor((100 * progress.done) / progress.total)} %`
      : "",
    app.outgoing.text(now),
    account.quota.text,
    app.mail.queued === 0 ? "" : spoken ? `${app.mail.queued} to be sent` : `↑${app.mail.queued}`,
    // Signs are no words.
    spoken ? line.replace(/^\S /, "") : line,
  ].filter((text) => text !== "");
  const said = notice ? safeText(notice.text) : "";
  return {
    left: left.join(spoken ? ", " : "  "),
    right: right.join(spoken ? ", " : "  "),
    ...(notice && !notice.error ? { message: said } : {}),
    ...(notice?.error ? { error: said } : {}),
  };
}

/** Whether nothing is listed because the server has yet to tell what there is. */
function loads({ mail, folders, list }: App): boolean {
  const messages = folders.find((f) => f.path === list.folder.path)?.messages ?? null;
  return !list.filter && (mail.line.kind === "connecting" || (mail.line.kind === "online" && messages !== 0));
}

function emptyText(app: App): string {
  if (app.list.filter) return "Nothing matches";
  if (app.list.threaded && app.list.source.places.some(({ mail, folder }) => mail.count(folder) > 0))
    return "Putting messages into threads…";
  const { line } = app.mail;
  if (loads(app)) return "Loading…";
  if (line.kind === "down") return safeText(inWords(line.error));
  return line.kind === "online" ? "No messages" : "Nothing of this folder is here yet";
}

/** Puts the whole screen together, at the given size. */
export function present(app: App, view: View): ScreenModel {
  const now = Date.now();
  const reading = app.reader !== null;
  const layout = layoutOf({ ...view, focus: app.pane, sidebar: app.sidebar, reading });
  const height = layout.list?.height ?? layout.reader?.height ?? 1;
  app.list.resize(Math.floor(height / linesPerRow(view)));
  view.previews?.look();
  app.reader?.resize(layout.readerText, layout.reader?.height ?? 1);
  return {
    columns: view.columns,
    rows: view.rows,
    spoken: view.spoken,
    focus: app.pane,
    sidebar: app.sidebar,
    folders: { rows: folderRows(app, layout.folders?.height ?? 0) },
    list: {
      cursor: view.cursor,
      rows: app.list.rows.map((row, i, rows) =>
        messageRow(app, row, rows[i - 1], row === app.list.currentRow, now, view.previews?.of(row)),
      ),
      empty: app.list.rows.length > 0 ? "" : emptyText(app),
    },
    reader: app.reader?.model() ?? null,
    page: app.page?.model(view.columns, view.rows - 1 - layout.keyBar) ?? null,
    continuations: app.continuations.map(({ keys, line }) => ({ keys, text: explainWhole(line) })),
    status: status(app, now, view.spoken),
    prompt: app.dialog.prompt?.model() ?? null,
    choice: app.dialog.choice
      ? {
          question: safeText(app.dialog.choice.question),
          choices: [
            { key: "y", label: "yes" },
            { key: "n", label: "no" },
          ],
        }
      : null,
    keyBar: view.keyBar ? keyHints(app, app.context) : null,
  };
}
