/**
 * The screen's controller: keys become command lines, command lines act on the mail or on the views, and after every
 * change the views are put together into one ScreenModel. Nothing here waits: what takes time reports when it is done.
 */
import { historyFile } from "../../account/paths.ts";
import { findCommand, UsageError } from "../../commands/index.ts";
import type { Folder, Mail, MailEvent } from "../../mail/index.ts";
import type { CryptoTools } from "../../message/crypto/types.ts";
import type { Pane } from "../model.ts";
import { type Graphics, noGraphics } from "../terminal/graphics.ts";
import { Painter } from "../terminal/painter.ts";
import { AccountView } from "./account-view.ts";
import { findAction } from "./actions.ts";
import { AddressBook } from "./address-book.ts";
import { checkLine, completeLine } from "./completion.ts";
import { Dialog } from "./dialog.ts";
import { History } from "./history.ts";
import { inWords } from "./in-words.ts";
import { type Binding, type KeyContext, KeyReader } from "./keymap.ts";
import { ListView } from "./list-view.ts";
import { Notices } from "./notices.ts";
import { openMessage } from "./opening.ts";
import { Outgoing } from "./outgoing.ts";
import { removeOpened } from "./outside.ts";
import type { PageView } from "./page-view.ts";
import {
  followUnified,
  openChosenRow,
  openPlace,
  openRow,
  paneRows,
  unifiedSource,
  watch,
} from "./places.ts";
import { ConsolePage } from "./protocol.ts";
import { Quitting } from "./quitting.ts";
import type { ReaderView } from "./reader-view.ts";
import { Changes, chosenPlaces, runCommand } from "./running.ts";
import { FolderSource, type Place, samePlace } from "./sources.ts";
import { Tasks } from "./tasks.ts";
import { followThreads } from "./threads.ts";

export interface AppHost {
  /** Something has changed: draw soon. `later` where a frame may wait a little (a sync under way). */
  draw(later: boolean): void;
  repaint(): void;
  /** Width of the terminal in cells. */
  columns(): number;
  /** What is struck out is shown so by the terminal itself. */
  readonly strikesOut: boolean;
  suspend(): void;
  quit(): void;
  /** Puts a text into the clipboard of whoever sits at the terminal (OSC 52), also at the other end of SSH. */
  copy(text: string): void;
  /** Lets another program have the terminal until `run` settles. */
  handOver<T>(run: () => Promise<T>): Promise<T>;
}

export interface AppOptions {
  /** The keys that hold while this folder is open; null: several as one list. */
  readonly bindingsIn: (place: Place | null) => readonly Binding[];
  readonly unified: readonly string[];
  readonly host: AppHost;
  /** For signatures and decryption. */
  readonly crypto?: CryptoTools;
}

/** So long after a key that begins a sequence the screen shows what can follow. */
const hesitationMs = 500;
const foldersEveryMs = 120_000;
const interruptMs = 2_000;

export class App {
  readonly #accounts: AccountView[];
  /** Folders that are one list with `go @unified`, as the config names them. */
  readonly unified: readonly string[];
  readonly #bindingsIn: (place: Place | null) => readonly Binding[];
  #bound: { readonly place: Place | null; readonly bindings: readonly Binding[] } | null = null;
  readonly host: AppHost;
  readonly #keys: KeyReader;
  /** Lines typed so far. */
  readonly histories: Readonly<Record<"command" | "search" | "console", History>> = {
    command: new History(historyFile("command")),
    search: new History(historyFile("search")),
    // What is typed there may be a secret.
    console: new History(),
  };
  readonly #foldersTimer: NodeJS.Timeout;
  #interruptedAt = 0;
  #dirty = false;

  readonly list: ListView;
  readonly changes: Changes = new Changes(() => this.place);
  folderCursor = 0;
  reader: ReaderView | null = null;
  pane: Pane = "list";
  sidebar = true;
  /** Pages, each over the one before it. */
  #pages: readonly PageView[] = [];
  readonly dialog: Dialog = new Dialog(() => this.draw());
  readonly notices: Notices = new Notices(() => this.draw());
  readonly tasks: Tasks = new Tasks(() => this.draw());
  readonly addressBook: AddressBook = new AddressBook(this);
  /** Mail on its way out. */
  readonly outgoing: Outgoing = new Outgoing(this);
  readonly quitting: Quitting = new Quitting(this);
  /** Somebody hesitates in the middle of a key sequence. */
  hesitating = false;
  #hesitation: NodeJS.Timeout | null = null;

  /** What the terminal has said that it can show. */
  graphics: Graphics = noGraphics;
  readonly painter: Painter = new Painter();
  /** Number of the last picture that was made. */
  lastPicture = 0;
  /** Programs and keys for signatures and decryption. */
  readonly crypto: CryptoTools;

  /** `first` is the folder to begin with; null for all inboxes as one. */
  constructor(
    mails: readonly Mail[],
    first: Folder | null,
    { bindingsIn, unified, host, crypto = {} }: AppOptions,
  ) {
    this.crypto = crypto;
    this.#bindingsIn = bindingsIn;
    this.unified = unified;
    this.host = host;
    this.#keys = new KeyReader(() => this.bindings);
    this.#accounts = mails.map((mail) => this.#view(mail));
    const [mail] = mails;
    if (!mail) throw new Error("the screen needs an account");
    this.list = new ListView(first ? new FolderSource({ mail, folder: first }) : unifiedSource(this));
    this.#foldersTimer = setInterval(() => this.#refreshFolders(), foldersEveryMs);
  }

  #view(mail: Mail): AccountView {
    return new AccountView(mail, (account, event) => this.#changed(account, event));
  }

  /** One more account; its inbox is watched at once. */
  add(mail: Mail): void {
    const account = this.#view(mail);
    this.#accounts.push(account);
    mail.watch(mail.findCachedFolder("INBOX"));
    this.#refreshAccount(account).catch(() => undefined);
    this.#dirty = true;
    this.draw();
  }

  /** Begins to talk to the servers; the screen is up already. */
  start(): void {
    this.#refreshFolders();
    watch(this);
    this.outgoing.start();
    followThreads(this);
  }

  stop(): void {
    this.outgoing.stop();
    clearInterval(this.#foldersTimer);
    for (const { stopListening } of this.accounts) stopListening();
    removeOpened();
  }

  /** In the order of the config, the one that was begun with first. */
  get accounts(): readonly AccountView[] {
    return this.#accounts;
  }

  /** Where commands act: at the open message, else at the one under the cursor. */
  get place(): Place {
    return this.pane === "reader" && this.reader ? this.reader.place : this.list.place;
  }

  get account(): AccountView {
    const { mail } = this.place;
    return this.#accounts.find((account) => account.mail === mail)!;
  }

  /** The account at hand. */
  get mail(): Mail {
    return this.place.mail;
  }

  get folders(): readonly Folder[] {
    return this.account.folders;
  }

  /** The keys that hold while this folder is open; in a list of several, those that hold everywhere. */
  get bindings(): readonly Binding[] {
    const place = this.list.source.merged ? null : this.list.place;
    const bound = this.#bound;
    if (!bound || (place && bound.place ? !samePlace(place, bound.place) : place !== bound.place))
      this.#bound = { place, bindings: this.#bindingsIn(place) };
    return this.#bound!.bindings;
  }

  get pendingKeys(): string {
    return this.#keys.pending;
  }

  /** What the keys typed so far can become, once somebody hesitates. */
  get continuations(): readonly Binding[] {
    return this.hesitating ? this.#keys.continuations(this.context) : [];
  }

  #hesitate(pending: boolean): void {
    if (this.#hesitation) clearTimeout(this.#hesitation);
    this.#hesitation = null;
    this.hesitating = pending && this.hesitating;
    if (!pending || this.hesitating) return;
    this.#hesitation = setTimeout(() => {
      this.hesitating = true;
      this.draw();
    }, hesitationMs).unref();
  }

  /** Something has changed. */
  draw(): void {
    this.host.draw(false);
  }

  say(text: string, error = false): void {
    this.notices.say(text, error);
  }

  /** Tells the person what went wrong; a fault of ours too is no reason to take their screen away. */
  fail(error: unknown): void {
    this.say(inWords(error), true);
  }

  /** Draws when `work` is done; tells the person what went wrong. */
  try(work: Promise<unknown>): void {
    work.then(
      () => this.draw(),
      (error: unknown) => this.fail(error),
    );
  }

  #changed(account: AccountView, event: MailEvent): void {
    const named = (text: string) => (this.accounts.length > 1 ? `${account.name}: ${text}` : text);
    const { mail } = account;
    switch (event.kind) {
      case "messages":
        if (this.changes.took(this.reader)) this.closeReader();
        if (this.list.holds(mail, event.path)) {
          this.#dirty = true;
          followThreads(this);
        }
        break;
      case "threads":
        if (this.list.holds(mail, event.path) && this.list.threaded) this.#dirty = true;
        break;
      case "folders":
        this.#dirty = true;
        break;
      case "arrived":
        this.say(named(event.count === 1 ? "new mail" : `${event.count} new messages`));
        break;
      case "progress":
        account.progress = event.done < event.total ? event : null;
        break;
      case "notice":
        this.say(named(event.text), event.level === "error");
        break;
      case "line": {
        const loss = account.loss(event.state);
        if (loss === "over") this.notices.clearError();
        else if (loss) this.say(named(inWords(loss)), true);
        break;
      }
    }
    this.host.draw(true);
  }

  /** Called before a frame is made: takes in what has changed in the index since the last one. */
  refresh(): void {
    if (!this.#dirty) return;
    this.#dirty = false;
    for (const account of this.accounts) account.folders = account.mail.folders();
    this.list.refresh();
    followUnified(this);
    const { mail, folder } = this.list.place;
    const { folders } = this.#accounts.find((account) => account.mail === mail)!;
    if (this.list.source.merged || folders.length === 0 || folder.role === "inbox") return;
    if (!folders.some((f) => f.path === folder.path)) {
      this.say(`the folder ${folder.name} is gone`, true);
      openPlace(this, { mail, folder: mail.findCachedFolder("INBOX") });
    }
  }

  async #refreshAccount({ mail, quota }: AccountView): Promise<void> {
    const folder = this.list.place.mail === mail ? this.list.folder : mail.findCachedFolder("INBOX");
    const asked = quota.ask(mail, folder).then(() => this.draw());
    await Promise.all([mail.refreshFolders(), asked]);
  }

  #refreshFolders(): void {
    for (const account of this.accounts) this.#refreshAccount(account).catch(() => undefined);
  }

  // Keys

  /** Whose keys hold now. */
  get context(): KeyContext {
    if (this.page) return this.page.context;
    if (this.pane === "reader" && this.reader) return this.reader.attachment ? "attachments" : "reader";
    return this.pane === "folders" ? "folders" : "list";
  }

  paste(text: string): void {
    this.dialog.paste(text);
  }

  press(key: string): void {
    this.list.touch();
    if (!this.dialog.press(key)) {
      const result = this.#keys.press(key, this.context);
      this.notices.seen();
      this.#hesitate(result.kind === "pending");
      if (result.kind === "line") this.execute(result.line, result.count);
      else if (result.kind === "none" && key !== "Esc")
        this.say(`${result.keys} is not bound to anything: ? shows the keys`);
    }
    this.draw();
  }

  /** Asks for a command line; `count` was typed before the key that asks. */
  promptCommand(text: string, count: number | null = null): void {
    this.dialog.line({
      prefix: ":",
      text,
      history: this.histories.command,
      complete: (line) => completeLine(line, this),
      check: checkLine,
      accept: (line) => this.execute(line.trim(), count),
    });
  }

  // Command lines

  /** Does what `:` would do with this line. */
  execute(line: string, count: number | null): void {
    const [name = ""] = line.trim().split(/\s+/, 1);
    // A blank at the end stays: a prompt may begin with one.
    const argument = line.trimStart().slice(name.length).trimStart();
    const action = findAction(name);
    const command = findCommand(name);
    this.quitting.unless(name);
    try {
      if (action) action.run(this, argument, count);
      else if (/^\d+$/.test(name)) this.list.to(Number(name) - 1);
      else if (command) this.try(runCommand(this, command, line, chosenPlaces(this, count)));
      else throw new UsageError(`there is no command "${name}"`, "? shows the keys, : and Tab the commands");
    } catch (error) {
      this.fail(error);
    }
  }

  /** Ends what somebody waits for; where there is none, clears. */
  cancel(): void {
    this.#keys.reset();
    if (!this.tasks.cancel()) this.clear();
  }

  /** Takes away what is only shown, a thing at a time, and nothing that could not be had again. */
  clear(): void {
    const { list } = this;
    const marks = list.marked.size;
    this.notices.clear();
    if (list.clearMarks()) {
      const keys = this.bindings.find(({ line }) => line === "mark-again")?.keys;
      if (marks > 0 && keys !== undefined) this.say(`${marks} unmarked, ${keys} marks them again`);
    } else if (list.filter) list.limit(null);
    else list.hits = new Set();
  }

  // Folders and messages

  openSelected(): void {
    if (this.pane === "folders") {
      openChosenRow(this);
      return;
    }
    this.list.enterThread();
    const row = this.list.currentRow;
    if (row) openMessage(this, row.place, row.message);
  }

  openNeighbour(rows: number): void {
    const before = this.list.index;
    this.list.to(before + rows);
    if (this.list.index === before)
      this.say(rows > 0 ? "this is the last message" : "this is the first message");
    else this.openSelected();
  }

  /** Closes the message; one within another leads back to that. */
  closeReader(): void {
    this.reader?.leave();
    this.reader = this.reader?.outer ?? null;
    if (!this.reader && this.pane === "reader") this.pane = "list";
  }

  back(): void {
    if (this.page) this.show(null);
    else this.closeReader();
  }

  moveFolderCursor(rows: number): void {
    this.folderCursor = Math.max(0, Math.min(this.folderCursor + rows, paneRows(this).length - 1));
  }

  /** The folder at the top of a pane of this height. */
  folderTop(height: number): number {
    const at = this.pane === "folders" ? this.folderCursor : openRow(this);
    return Math.max(0, Math.min(at - Math.floor(height / 2), paneRows(this).length - height));
  }

  focus(target: string): void {
    if (target === "attachments" || target === "reader") {
      if (!this.reader) return;
      this.pane = "reader";
      const any = this.reader.focusAttachments(target === "attachments");
      if (target === "attachments" && !any) this.say("this message has no attachments");
    } else if (target === "folders") {
      this.pane = "folders";
      this.folderCursor = Math.max(0, openRow(this));
    } else this.pane = "list";
  }

  toggleSidebar(): void {
    this.sidebar = !this.sidebar;
    if (!this.sidebar && this.pane === "folders") this.pane = "list";
  }

  sync(): void {
    const work = async () => {
      await Promise.all(this.accounts.map(({ mail }) => mail.reconnect()));
      await Promise.all([
        ...this.accounts.map((account) => this.#refreshAccount(account)),
        ...this.list.source.places.map(({ mail, folder }) => mail.look(folder)),
      ]);
      this.say("up to date");
    };
    this.say("looking for changes…");
    this.try(work());
  }

  // The screen itself

  /** Covers the panes while it is there. */
  get page(): PageView | null {
    return this.#pages.at(-1) ?? null;
  }

  /** Covers the panes with a page; with none, takes the one there is away. */
  show(page: PageView | null): void {
    const before = this.page;
    if (before && !(page && before.stays)) this.drop(before);
    if (page) this.#pages = [...this.#pages, page];
  }

  /** Takes a page away, wherever it is. */
  drop(page: PageView): void {
    if (!this.#pages.includes(page)) return;
    this.#pages = this.#pages.filter((one) => one !== page);
    page.close();
  }

  /** Takes all pages away: who goes elsewhere wants to see it. A message that was looked over is kept as a draft. */
  uncover(): void {
    while (this.page) this.show(null);
  }

  openConsole(): void {
    ConsolePage.open(this, this.histories.console);
  }

  redraw(): void {
    this.host.repaint();
  }

  suspend(): void {
    this.host.suspend();
  }

  interrupt(): void {
    if (this.quitting.waits || Date.now() - this.#interruptedAt < interruptMs) {
      this.host.quit();
      return;
    }
    this.#interruptedAt = Date.now();
    this.cancel();
    this.say("C-c again quits");
  }
}
