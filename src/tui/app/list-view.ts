/** The message list: which messages, which of them are in view, where the cursor is. Reads windows of the index only. */
import type { Folder, Mail, Message, ThreadMessage } from "../../mail/index.ts";
import { Folding } from "./folding.ts";

type WindowQuery = Parameters<Mail["window"]>[1];

export type SortOrder = Pick<WindowQuery, "sort" | "descending">;

export interface Filter {
  readonly query: string;
  readonly uids: readonly number[];
}

export interface ListRow {
  readonly message: Message;
  /** Its place in its thread; null where the list is not of threads. */
  readonly thread: ThreadMessage | null;
}

export class ListView {
  readonly #mail: Mail;
  #folder: Folder;
  /** Only the hits of a query, where the person has limited the list. */
  #filter: Filter | null = null;
  #total = 0;
  #top = 0;
  #index = 0;
  #height = 1;
  #rows: readonly ListRow[] = [];
  #current: ListRow | null = null;
  readonly marked = new Set<number>();
  #order: SortOrder = { sort: "arrival", descending: true };
  /** Which threads are folded; null where messages are listed one by one. */
  #folding: Folding | null = null;
  /** While marking goes along with the cursor: the row where that began, and what was marked before. */
  #visual: { readonly anchor: number; readonly before: ReadonlySet<number> } | null = null;
  /** The cursor's message while it is in no thread yet. */
  #awaited: number | null = null;
  /** Hits of the last search: shown by next-hit and previous-hit. */
  hits: readonly number[] = [];

  constructor(mail: Mail, folder: Folder) {
    this.#mail = mail;
    this.#folder = folder;
    this.refresh();
  }

  get folder(): Folder {
    return this.#folder;
  }

  get filter(): Filter | null {
    return this.#filter;
  }

  /** Messages of the folder that came last. */
  newest(): readonly Message[] {
    const order = { sort: "arrival", descending: true } as const;
    return this.#mail.window(this.#folder, { ...order, offset: 0, limit: newestLooked });
  }

  /** Rows in all. */
  get total(): number {
    return this.#total;
  }

  /** The row at the top of the view, counted likewise. */
  get top(): number {
    return this.#top;
  }

  /** The cursor's row, counted from 0 over all rows. */
  get index(): number {
    return this.#index;
  }

  /** The rows in view, from the top. */
  get rows(): readonly ListRow[] {
    return this.#rows;
  }

  /** The row under the cursor. */
  get currentRow(): ListRow | null {
    return this.#current;
  }

  /** The message under the cursor; of a folded thread the first. */
  get current(): Message | null {
    return this.#current?.message ?? null;
  }

  /** The messages under the cursor: of a folded thread all. */
  get chosen(): readonly number[] {
    return this.#current ? this.uidsAt(this.#current) : [];
  }

  /** The messages that a row stands for. */
  uidsAt({ message, thread }: ListRow): readonly number[] {
    if (!thread?.folded || thread.shown === 1) return [message.uid];
    const uids = this.#mail.threads.uidsOf([thread.thread]);
    if (!this.#filter) return uids;
    const shown = new Set(this.#filter.uids);
    return uids.filter((uid) => shown.has(uid));
  }

  isMarked(row: ListRow): boolean {
    return this.marked.size > 0 && this.uidsAt(row).some((uid) => this.marked.has(uid));
  }

  get order(): SortOrder {
    return this.#order;
  }

  /** The same messages in another order; the cursor stays on its message. */
  sort(order: SortOrder): void {
    this.#order = order;
    this.#visual = null;
    this.refresh();
  }

  /** Whether the list is thread after thread. */
  get threaded(): boolean {
    return this.#folding !== null;
  }

  /** Lists thread after thread, or one by one again; the cursor stays on its message. */
  setThreaded(on: boolean): void {
    if (on === this.threaded) return;
    this.#folding = on ? new Folding() : null;
    this.#visual = null;
    this.refresh();
  }

  /** Folds or unfolds the thread under the cursor, or all; the cursor stays on its message or on the row that hides it. */
  fold(how: "fold" | "unfold" | "toggle", all: boolean): void {
    const thread = this.#current?.thread;
    if (!this.#folding || !thread) return;
    this.#visual = null;
    if (all) this.#folding.setAll(how === "toggle" ? !this.#folding.all : how === "fold");
    else this.#folding.set(thread.thread, how === "toggle" ? !thread.folded : how === "fold");
    this.refresh();
  }

  /** Marking goes along with the cursor from now on, or no longer. */
  get visual(): boolean {
    return this.#visual !== null;
  }

  toggleVisual(): void {
    this.#visual = this.#visual ? null : { anchor: this.#index, before: new Set(this.marked) };
    this.#markAlong(this.#index, this.#index);
  }

  /** Forgets all marks; false where there were none. */
  clearMarks(): boolean {
    const any = this.marked.size > 0 || this.visual;
    this.#visual = null;
    this.marked.clear();
    return any;
  }

  /** Brings the marks of the rows that the cursor has passed in step with where it is now. */
  #markAlong(from: number, to: number): void {
    if (!this.#visual) return;
    const { anchor, before } = this.#visual;
    const first = Math.min(from, to);
    this.#read(first, Math.abs(from - to) + 1).forEach((row, i) => {
      const at = first + i;
      const within = Math.min(anchor, to) <= at && at <= Math.max(anchor, to);
      for (const uid of this.uidsAt(row)) {
        if (within || before.has(uid)) this.marked.add(uid);
        else this.marked.delete(uid);
      }
    });
  }

  open(folder: Folder): void {
    this.#folder = folder;
    this.#visual = null;
    this.#filter = null;
    this.#folding?.setAll(this.#folding.all);
    this.hits = [];
    this.marked.clear();
    this.#top = 0;
    this.#index = 0;
    this.#current = null;
    this.#awaited = null;
    this.refresh();
  }

  limit(filter: Filter | null): void {
    this.#filter = filter;
    this.#top = 0;
    if (!this.#current) this.#index = 0;
    this.refresh();
  }

  resize(height: number): void {
    if (height === this.#height) return;
    this.#height = Math.max(1, height);
    this.#place();
  }

  #query(): Omit<WindowQuery, "offset" | "limit"> {
    const uids = this.#filter?.uids;
    return { ...this.#order, ...(uids ? { uids } : {}) };
  }

  /** Rows from the index, with `folds` where the list is of threads. */
  #read(offset: number, limit: number, folds: Folding | null = this.#folding): ListRow[] {
    const query = { ...this.#query(), offset, limit };
    if (!this.#folding)
      return this.#mail.window(this.#folder, query).map((message) => ({ message, thread: null }));
    return this.#mail.threads
      .window(this.#folder, { ...query, folds: folds ?? undefined })
      .map((thread) => ({ message: thread.message, thread }));
  }

  #count(folds: Folding | null = this.#folding): number {
    if (!this.#folding) return this.#mail.count(this.#folder, this.#filter?.uids);
    return this.#mail.threads.count(this.#folder, { ...this.#query(), folds: folds ?? undefined });
  }

  #position(uid: number, folds: Folding | null = this.#folding): number {
    if (!this.#folding)
      return this.#mail.position(this.#folder, uid, { ...this.#query(), offset: 0, limit: 1 });
    return this.#mail.threads.position(this.#folder, uid, { ...this.#query(), folds: folds ?? undefined });
  }

  /** The index has changed: the cursor stays on its message; where that is gone, on the one that took its place. */
  refresh(): void {
    this.#total = this.#count();
    const uid = this.#awaited ?? this.#current?.message.uid;
    const position = uid === undefined ? -1 : this.#position(uid);
    // A list that was at its top stays there, so that new mail is seen to come in.
    if (position >= 0 && this.#top > 0) this.#top += position - this.#index;
    if (position >= 0) this.#index = position;
    this.#place();
    const awaits =
      uid !== undefined && position < 0 && this.#folding && this.#mail.message(this.#folder, uid);
    this.#awaited = awaits ? uid : null;
  }

  /** Brings cursor and window into range and reads the rows in view. */
  #place(): void {
    this.#index = Math.max(0, Math.min(this.#index, this.#total - 1));
    const lowest = Math.max(0, this.#total - this.#height);
    if (this.#index < this.#top) this.#top = this.#index;
    if (this.#index >= this.#top + this.#height) this.#top = this.#index - this.#height + 1;
    this.#top = Math.max(0, Math.min(this.#top, lowest));
    this.#rows = this.#read(this.#top, this.#height);
    this.#current = this.#rows[this.#index - this.#top] ?? null;
  }

  to(index: number): void {
    const from = this.#index;
    this.#awaited = null;
    this.#index = Math.max(0, Math.min(index, this.#total - 1));
    // Within the view only the cursor moves; the rows are there already.
    if (this.#index >= this.#top && this.#index < this.#top + this.#rows.length) {
      this.#current = this.#rows[this.#index - this.#top] ?? null;
    } else this.#place();
    this.#markAlong(from, this.#index);
  }

  /** Moves the window by whole pages, the cursor with it. */
  page(pages: number): void {
    const step = Math.trunc(pages * this.#height);
    const from = this.#index;
    this.#awaited = null;
    this.#top = Math.max(0, Math.min(this.#top + step, Math.max(0, this.#total - this.#height)));
    this.#index = Math.max(0, Math.min(this.#index + step, this.#total - 1));
    this.#place();
    this.#markAlong(from, this.#index);
  }

  /** Goes to a message, and unfolds the thread that hides it. */
  toUid(uid: number): boolean {
    const position = this.#position(uid);
    if (position < 0) return false;
    this.to(position);
    const { current, currentRow } = this;
    if (current?.uid !== uid && currentRow?.thread?.folded) {
      this.fold("unfold", false);
      this.to(this.#position(uid));
    }
    return true;
  }

  /** Goes to the first row of the next or previous thread; false where there is none. */
  toThread(direction: 1 | -1): boolean {
    const thread = this.#current?.thread;
    if (!thread) return false;
    const first = this.#index - thread.place;
    const next = first + (thread.folded ? 1 : thread.shown);
    if (direction === 1) {
      if (next < this.#total) this.to(next);
      return next < this.#total;
    }
    const [above] = first > 0 ? this.#read(first - 1, 1) : [];
    if (above?.thread) this.to(first - 1 - above.thread.place);
    return above !== undefined;
  }

  /** Unfolds the thread under the cursor, and goes to the first message of it that is unread. */
  enterThread(): void {
    const thread = this.#current?.thread;
    if (!thread?.folded || thread.shown === 1) return;
    this.fold("unfold", false);
    const rows = this.#read(this.#index, Math.min(thread.shown, findSize));
    const unread = rows.findIndex(({ message }) => !message.flags.includes("\\Seen"));
    if (unread > 0) this.to(this.#index + unread);
  }

  /**
   * Goes to the next message in `direction` for which `wanted` holds, looked for window by window, also behind folds;
   * false where there is none.
   */
  seek(direction: 1 | -1, wanted: (message: Message) => boolean): boolean {
    if (!this.#current) return false;
    const start = this.#folding ? this.#position(this.#current.message.uid, null) : this.#index;
    const total = this.#folding ? this.#count(null) : this.#total;
    for (let at = start + direction; at >= 0 && at < total; at += direction * findSize) {
      const first = direction === 1 ? at : Math.max(0, at - findSize + 1);
      const rows = this.#read(first, direction === 1 ? findSize : at - first + 1, null);
      const holds = ({ message }: ListRow) => wanted(message);
      const found = direction === 1 ? rows.find(holds) : rows.findLast(holds);
      if (found) return this.toUid(found.message.uid);
    }
    return false;
  }

  toggleMark(): void {
    const { chosen } = this;
    const all = chosen.every((uid) => this.marked.has(uid));
    for (const uid of chosen) {
      if (all) this.marked.delete(uid);
      else this.marked.add(uid);
    }
  }
}

/** Messages that tell which labels a folder has. */
const newestLooked = 300;
/** Rows looked at in one go. */
const findSize = 500;
