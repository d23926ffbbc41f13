/**
 * The screen's controller: keys become command lines, command lines act on the mail or on the views, and after every
 * change the views are put together into one ScreenModel. Nothing here waits: what takes time reports when it is done.
 */
import { type Command, type Context, findCommand, UsageError } from "../../commands/index.ts";
import { parseLine, splitWords } from "../../commands/parse.ts";
import type { Folder, LineState, Mail, MailEvent } from "../../mail/index.ts";
import type { CryptoTools } from "../../message/crypto/types.ts";
import type { Pane } from "../model.ts";
import { type Graphics, noGraphics } from "../terminal/graphics.ts";
import { findAction } from "./actions.ts";
import { checkLine, completeLine } from "./completion.ts";
import { Dialog } from "./dialog.ts";
import { inWords } from "./in-words.ts";
import { type Binding, type KeyContext, KeyReader } from "./keymap.ts";
import { ListView } from "./list-view.ts";
import { Notices } from "./notices.ts";
import { openMessage } from "./opening.ts";
import { writerOf } from "./outgoing.ts";
import { removeOpened } from "./outside.ts";
import type { PageView } from "./pages.ts";
import { ConsolePage } from "./protocol.ts";
import { checkQuery, completeQuery } from "./query-line.ts";
import { QuotaNotice } from "./quota-notice.ts";
import type { ReaderView } from "./reader-view.ts";
import { showResult } from "./results.ts";
import { find, findInMessage } from "./searching.ts";
import { Tasks } from "./tasks.ts";
import { followThreads } from "./threads.ts";

export interface AppHost {
  /** Something has changed: draw soon. `later` where a frame may wait a little (a sync under way). */
  draw(later: boolean): void;
  repaint(): void;
  /** Width of the terminal in cells. */
  columns(): number;
  suspend(): void;
  quit(): void;
  /** Puts a text into the clipboard of whoever sits at the terminal (OSC 52), also at the other end of SSH. */
  copy(text: string): void;
  /** Lets another program have the terminal until `run` settles. */
  handOver<T>(run: () => Promise<T>): Promise<T>;
}

/** So long after a key that begins a sequence the screen shows what can follow. */
const hesitationMs = 500;
const foldersEveryMs = 120_000;
const interruptMs = 2_000;

export class App {
  readonly mail: Mail;
  readonly #bindingsIn: (folder: Folder) => readonly Binding[];
  #bound: { readonly path: string; readonly bindings: readonly Binding[] } | null = null;
  readonly host: AppHost;
  readonly #keys: KeyReader;
  readonly #histories: Record<"command" | "search" | "console", string[]> = {
    command: [],
    search: [],
    console: [],
  };
  readonly #foldersTimer: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #interruptedAt = 0;
  #dirty = false;
  #lossTold = "";

  readonly list: ListView;
  folders: readonly Folder[];
  folderCursor = 0;
  reader: ReaderView | null = null;
  pane: Pane = "list";
  sidebar = true;
  /** Covers the panes while it is there. */
  page: PageView | null = null;
  readonly dialog: Dialog = new Dialog(() => this.draw());
  readonly quota = new QuotaNotice();
  readonly notices: Notices = new Notices(() => this.draw());
  readonly tasks: Tasks = new Tasks(() => this.draw());
  /** Somebody hesitates in the middle of a key sequence. */
  hesitating = false;
  #hesitation: NodeJS.Timeout | null = null;
  progress: Extract<MailEvent, { kind: "progress" }> | null = null;

  /** What the terminal has said that it can show. */
  graphics: Graphics = noGraphics;
  /** Number of the last picture that was made. */
  lastPicture = 0;
  /** Programs and keys for signatures and decryption. */
  readonly crypto: CryptoTools;

  constructor(
    mail: Mail,
    folder: Folder,
    bindingsIn: (folder: Folder) => readonly Binding[],
    host: AppHost,
    crypto: CryptoTools = {},
  ) {
    this.mail = mail;
    this.crypto = crypto;
    this.#bindingsIn = bindingsIn;
    this.host = host;
    this.#keys = new KeyReader(() => this.bindings);
    this.folders = mail.folders();
    this.list = new ListView(mail, folder);
    this.#stopListening = mail.on((event) => this.#changed(event));
    this.#foldersTimer = setInterval(() => this.#refreshFolders(), foldersEveryMs);
  }

  /** Begins to talk to the server; the screen is up already. */
  start(): void {
    this.#refreshFolders();
    this.mail.watch(this.list.folder);
    followThreads(this);
  }

  stop(): void {
    clearInterval(this.#foldersTimer);
    this.#stopListening();
    removeOpened();
  }

  /** The keys that hold while this folder is open. */
  get bindings(): readonly Binding[] {
    const { folder } = this.list;
    if (this.#bound?.path !== folder.path)
      this.#bound = { path: folder.path, bindings: this.#bindingsIn(folder) };
    return this.#bound.bindings;
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

  #changed(event: MailEvent): void {
    switch (event.kind) {
      case "messages":
        if (event.path === this.list.folder.path) {
          this.#dirty = true;
          followThreads(this);
        }
        break;
      case "threads":
        if (event.path === this.list.folder.path && this.list.threaded) this.#dirty = true;
        break;
      case "folders":
        this.#dirty = true;
        break;
      case "arrived":
        this.say(event.count === 1 ? "new mail" : `${event.count} new messages`);
        break;
      case "progress":
        this.progress = event.done < event.total ? event : null;
        break;
      case "notice":
        this.say(event.text, event.level === "error");
        break;
      case "line":
        this.#tellLine(event.state);
        break;
    }
    this.host.draw(true);
  }

  /** A loss is told once, and not again with every try that fails for the same reason. */
  #tellLine(state: LineState): void {
    if (state.kind === "online") {
      this.notices.clearError();
      this.#lossTold = "";
    } else if (state.kind === "down" && state.error.message !== this.#lossTold) {
      this.#lossTold = state.error.message;
      this.fail(state.error);
    }
  }

  /** Called before a frame is made: takes in what has changed in the index since the last one. */
  refresh(): void {
    if (!this.#dirty) return;
    this.#dirty = false;
    this.folders = this.mail.folders();
    const renewed = this.folders.find((f) => f.path === this.list.folder.path);
    if (!renewed && this.folders.length > 0 && this.list.folder.role !== "inbox") {
      this.say(`the folder ${this.list.folder.name} is gone`, true);
      this.go("@inbox");
    }
    this.list.refresh();
  }

  #refreshFolders(): void {
    this.mail.refreshFolders().catch(() => undefined);
    this.quota.ask(this.mail, this.list.folder);
  }

  // Keys

  /** Whose keys hold now. */
  get context(): KeyContext {
    if (this.page) return "page";
    if (this.pane === "reader" && this.reader) return this.reader.attachment ? "attachments" : "reader";
    return this.pane === "folders" ? "folders" : "list";
  }

  paste(text: string): void {
    this.dialog.paste(text);
  }

  press(key: string): void {
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

  promptCommand(text: string): void {
    this.dialog.line({
      prefix: ":",
      text,
      history: this.#histories.command,
      complete: (line) => completeLine(line, this),
      check: checkLine,
      accept: (line) => this.execute(line.trim(), null),
    });
  }

  promptSearch(): void {
    const { page } = this;
    // In a page an empty line shows everything again.
    if (page)
      this.dialog.line({ prefix: "/", text: "", emptyToo: true, accept: (text) => page.search(text) });
    else if (this.pane === "reader" && this.reader) {
      const accept = (text: string) => findInMessage(this, text);
      this.dialog.line({
        prefix: "find: ",
        text: "",
        history: this.#histories.search,
        emptyToo: true,
        accept,
      });
    } else {
      const accept = (query: string) => this.try(find(this, query));
      const complete = (query: string) => completeQuery(query, this.folders);
      const history = this.#histories.search;
      this.dialog.line({ prefix: "/", text: "", history, complete, check: checkQuery, accept });
    }
  }

  // Command lines

  /** Does what `:` would do with this line. */
  execute(line: string, count: number | null): void {
    const [name = ""] = line.trim().split(/\s+/, 1);
    // A blank at the end stays: a prompt may begin with one.
    const argument = line.trimStart().slice(name.length).trimStart();
    const action = findAction(name);
    const command = findCommand(name);
    try {
      if (action) action.run(this, argument, count);
      else if (/^\d+$/.test(name)) this.list.to(Number(name) - 1);
      else if (command) this.try(this.run(command, line, this.selection));
      else throw new UsageError(`there is no command "${name}"`, "? shows the keys, : and Tab the commands");
    } catch (error) {
      this.fail(error);
    }
  }

  /** Runs a command on these messages, where its line names none, and shows what it came to. */
  async run(command: Command, line: string, selection: readonly number[]): Promise<void> {
    const context: Context = {
      mail: this.mail,
      folder: () => Promise.resolve(this.commandFolder),
      selection,
      stdin: process.stdin,
      confirm: (question) => this.dialog.confirm(question),
      writer: writerOf(this),
    };
    showResult(this, await command.run(context, parseLine(command, line)));
  }

  /** The folder that commands act in. */
  get commandFolder(): Folder {
    return this.pane === "reader" && this.reader ? this.reader.folder : this.list.folder;
  }

  /** The marked messages, else the open one, else those under the cursor: of a folded thread all. */
  get selection(): readonly number[] {
    if (this.list.marked.size > 0) return [...this.list.marked];
    if (this.pane === "reader" && this.reader) return [this.reader.uid];
    return this.list.chosen;
  }

  clear(): void {
    this.#keys.reset();
    if (this.tasks.cancel()) return;
    this.notices.clear();
    if (this.list.clearMarks()) return;
    if (this.list.filter) this.list.limit(null);
  }

  // Folders and messages

  openFolder(folder: Folder): void {
    if (!folder.selectable) {
      this.say(`${folder.name} holds only other folders`, true);
      return;
    }
    this.reader?.leave();
    this.reader = null;
    this.pane = "list";
    if (folder.path === this.list.folder.path && this.list.filter === null) return;
    this.progress = null;
    this.notices.clear();
    this.list.open(folder);
    this.mail.watch(folder);
    followThreads(this);
  }

  go(name: string): void {
    const [wanted = ""] = splitWords(name);
    if (wanted === "") this.promptCommand("go ");
    else this.try(this.mail.findFolder(wanted).then((folder) => this.openFolder(folder)));
  }

  openFolderNear(direction: 1 | -1): void {
    const choosable = this.folders.filter((f) => f.selectable);
    const at = choosable.findIndex((f) => f.path === this.list.folder.path);
    const next = choosable[at + direction];
    if (next) this.openFolder(next);
  }

  openSelected(): void {
    if (this.pane === "folders") {
      const folder = this.folders[this.folderCursor];
      if (folder) this.openFolder(folder);
      return;
    }
    this.list.enterThread();
    const { current, folder } = this.list;
    if (!current) return;
    openMessage(this, folder, current);
  }

  openNeighbour(direction: 1 | -1): void {
    const before = this.list.index;
    this.list.to(before + direction);
    if (this.list.index === before)
      this.say(direction === 1 ? "this is the last message" : "this is the first message");
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
    this.folderCursor = Math.max(0, Math.min(this.folderCursor + rows, this.folders.length - 1));
  }

  /** The folder at the top of a pane of this height. */
  folderTop(height: number): number {
    const open = () => this.folders.findIndex((f) => f.path === this.list.folder.path);
    const at = this.pane === "folders" ? this.folderCursor : open();
    return Math.max(0, Math.min(at - Math.floor(height / 2), this.folders.length - height));
  }

  focus(target: string): void {
    if (target === "attachments" || target === "reader") {
      if (!this.reader) return;
      this.pane = "reader";
      const any = this.reader.focusAttachments(target === "attachments");
      if (target === "attachments" && !any) this.say("this message has no attachments");
    } else if (target === "folders") {
      this.pane = "folders";
      this.folderCursor = Math.max(
        0,
        this.folders.findIndex((f) => f.path === this.list.folder.path),
      );
    } else this.pane = "list";
  }

  toggleSidebar(): void {
    this.sidebar = !this.sidebar;
    if (!this.sidebar && this.pane === "folders") this.pane = "list";
  }

  sync(): void {
    const work = async () => {
      await this.mail.reconnect();
      await Promise.all([this.mail.refreshFolders(), this.mail.look(this.list.folder)]);
      this.say("up to date");
    };
    this.say("looking for changes…");
    this.try(work());
  }

  // The screen itself

  /** Covers the panes with a page, or with none. */
  show(page: PageView | null): void {
    this.page?.close();
    this.page = page;
  }

  openConsole(): void {
    ConsolePage.open(this, this.#histories.console);
  }

  /** In the console, asks for the next command. */
  type(): void {
    if (this.page instanceof ConsolePage) this.page.ask();
  }

  redraw(): void {
    this.host.repaint();
  }

  suspend(): void {
    this.host.suspend();
  }

  interrupt(): void {
    if (Date.now() - this.#interruptedAt < interruptMs) {
      this.host.quit();
      return;
    }
    this.#interruptedAt = Date.now();
    this.clear();
    this.say("C-c again quits");
  }

  quit(atOnce: boolean): void {
    if (atOnce || this.mail.queued === 0) {
      this.host.quit();
      return;
    }
    const waits = this.mail.queued === 1 ? "1 change waits" : `${this.mail.queued} changes wait`;
    this.try(
      this.dialog.confirm(`${waits} to be sent, and will be next time. Quit?`).then((yes) => {
        if (yes) this.host.quit();
      }),
    );
  }
}
