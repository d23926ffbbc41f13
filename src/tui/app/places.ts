/** Going from folder to folder and from account to account; several folders as one list. */
import { UsageError } from "../../commands/index.ts";
import { splitWords } from "../../commands/parse.ts";
import type { Folder, Mail } from "../../mail/index.ts";
import type { AccountView } from "./account-view.ts";
import type { App } from "./app.ts";
import { MergedSource } from "./merged.ts";
import { ranked } from "./ranking.ts";
import { FolderSource, type ListSource, type Place, samePlace } from "./sources.ts";
import { followThreads } from "./threads.ts";

/** A line of the folder pane: all inboxes as one, an account's name above its folders, a folder. */
export type PaneRow =
  | { readonly kind: "unified" }
  | { readonly kind: "account"; readonly account: AccountView }
  | { readonly kind: "folder"; readonly account: AccountView; readonly folder: Folder };

/** What `go` calls all inboxes. */
export const unifiedName = "@unified";
/** What the screen calls them. */
export const unifiedTitle = "All inboxes";

/** The folders that are one list with `go @unified`, as far as the accounts are known to have them. */
export function unifiedPlaces({ accounts, unified }: Pick<App, "accounts" | "unified">): Place[] {
  const named = ({ mail, folders, name }: AccountView, wanted: string): Place[] => {
    const [, account, own] = /^([\w.-]+):(.*)$/s.exec(wanted) ?? [];
    if (account !== undefined && account !== name && accounts.some((other) => other.name === account))
      return [];
    const folder = account === name ? (own ?? "") : wanted;
    if (/^(?:@inbox|inbox)$/i.test(folder)) return [{ mail, folder: mail.findCachedFolder("INBOX") }];
    return folders
      .filter((f) => f.selectable && (f.name === folder || (f.role !== null && `@${f.role}` === folder)))
      .map((f) => ({ mail, folder: f }));
  };
  const places = accounts.flatMap((account) => unified.flatMap((wanted) => named(account, wanted)));
  return places.filter((place, i) => places.findIndex((other) => samePlace(place, other)) === i);
}

/** Whether there is more to the list of all inboxes than one. */
const hasUnified = (app: App) => unifiedPlaces(app).length > 1;

/** The lines of the folder pane. */
export function paneRows(app: App): PaneRow[] {
  const folders = (account: AccountView) =>
    account.folders.map((folder): PaneRow => ({ kind: "folder", account, folder }));
  const top: PaneRow[] = hasUnified(app) ? [{ kind: "unified" }] : [];
  if (app.accounts.length === 1) return [...top, ...app.accounts.flatMap(folders)];
  return [
    ...top,
    ...app.accounts.flatMap((account): PaneRow[] => [{ kind: "account", account }, ...folders(account)]),
  ];
}

/** Whether a line of the pane is what the list shows. */
export function isOpen({ list }: Pick<App, "list">, row: PaneRow): boolean {
  if (list.source.merged) return row.kind === "unified";
  return row.kind === "folder" && list.holds(row.account.mail, row.folder.path);
}

export const openRow = (app: App): number => paneRows(app).findIndex((row) => isOpen(app, row));

/** What a line of the pane leads to. */
function openPaneRow(app: App, row: PaneRow): void {
  if (row.kind === "unified") openUnified(app);
  else if (row.kind === "account") openInbox(app, row.account);
  else openPlace(app, { mail: row.account.mail, folder: row.folder });
}

export function openChosenRow(app: App): void {
  const row = paneRows(app)[app.folderCursor];
  if (row) openPaneRow(app, row);
}

function show(app: App, source: ListSource): void {
  app.reader?.leave();
  app.reader = null;
  app.pane = "list";
  const open = app.list.source;
  const same =
    open.merged === source.merged &&
    open.places.length === source.places.length &&
    open.places.every((place, i) => samePlace(place, source.places[i]!));
  if (same && app.list.filter === null) return;
  app.account.progress = null;
  app.notices.clear();
  app.list.open(source);
  watch(app);
  followThreads(app);
}

/** Keeps what the list shows in step with its servers: of each account one folder is watched. */
export function watch({ list }: Pick<App, "list">): void {
  const watched = new Set<Mail>();
  for (const { mail, folder } of list.source.places) {
    if (watched.has(mail)) mail.sync(folder).catch(() => undefined);
    else mail.watch(folder);
    watched.add(mail);
  }
}

export function openPlace(app: App, place: Place): void {
  if (!place.folder.selectable) app.say(`${place.folder.name} holds only other folders`, true);
  else show(app, new FolderSource(place));
}

function openInbox(app: App, { mail }: AccountView): void {
  app.uncover();
  openPlace(app, { mail, folder: mail.findCachedFolder("INBOX") });
}

export const unifiedSource = (app: Pick<App, "accounts" | "unified">): ListSource =>
  new MergedSource(unifiedTitle, unifiedPlaces(app));

export function openUnified(app: App): void {
  const places = unifiedPlaces(app);
  const [only] = places;
  if (only && places.length === 1) openPlace(app, only);
  else if (only) show(app, unifiedSource(app));
  else app.say("none of the folders that unified names is there", true);
}

/** What has changed in the folders of a merged list: it follows, and those that nobody watches are asked for. */
export function followUnified(app: App): void {
  const { list } = app;
  if (!list.source.merged) return;
  const places = unifiedPlaces(app);
  if (
    places.length !== list.source.places.length ||
    places.some((place, i) => !samePlace(place, list.source.places[i]!))
  ) {
    list.open(unifiedSource(app));
    watch(app);
    return;
  }
  for (const { mail, folder } of places) {
    const told = app.accounts.find((a) => a.mail === mail)?.folders.find((f) => f.path === folder.path);
    if (told && told.messages !== null && told.messages !== mail.count(folder))
      mail.sync(folder).catch(() => undefined);
  }
}

/** `go Lists/garden`, `go @sent`, `go work:INBOX`, `go @unified`. */
export function go(app: App, name: string): void {
  const [wanted = ""] = splitWords(name);
  if (wanted === "") {
    app.promptCommand("go ");
    return;
  }
  if (wanted === unifiedName) {
    app.uncover();
    openUnified(app);
    return;
  }
  const [, prefix, rest = ""] = /^([\w.-]+):(.+)$/s.exec(wanted) ?? [];
  const account = app.accounts.find((a) => a.name === prefix);
  const { mail } = account ?? app.account;
  const opened = meant(mail, account ? rest : wanted).then((folder) => {
    app.uncover();
    openPlace(app, { mail, folder });
  });
  app.try(opened);
}

/** The folder of this name; where there is none, the one whose name a few letters are most likely to mean. */
async function meant(mail: Mail, wanted: string): Promise<Folder> {
  try {
    return await mail.findFolder(wanted);
  } catch (error) {
    const choosable = mail.folders().filter((folder) => folder.selectable);
    const [best] = wanted.startsWith("@") ? [] : ranked(choosable, wanted, ({ name }) => name);
    if (!best) throw error;
    return best;
  }
}

/** The next or previous line of the folder pane that can be opened. */
export function openFolderNear(app: App, direction: 1 | -1): void {
  const choosable = paneRows(app).filter(
    (row) => row.kind === "unified" || (row.kind === "folder" && row.folder.selectable),
  );
  const next = choosable[choosable.findIndex((row) => isOpen(app, row)) + direction];
  if (!next) return;
  app.uncover();
  openPaneRow(app, next);
}

/** `account 2`, `account work`: its inbox. */
export function openAccount(app: App, wanted: string): void {
  const account = app.accounts.find(({ name }) => name === wanted) ?? app.accounts[Number(wanted) - 1];
  if (!account) {
    const names = app.accounts.map(({ name }) => name).join(", ");
    throw new UsageError(`there is no account "${wanted}"`, `those on the screen are ${names}`);
  }
  openInbox(app, account);
}

export function openAccountNear(app: App, direction: 1 | -1): void {
  const { accounts } = app;
  if (accounts.length === 1) app.say("there is only one account on the screen");
  const next = accounts[(accounts.indexOf(app.account) + direction + accounts.length) % accounts.length];
  if (next && next !== app.account) openInbox(app, next);
}
