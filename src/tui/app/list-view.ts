/** The message list: which messages, which of them are in view, where the cursor is. Reads windows of the index only. */
import type { Folder, Mail, Message } from "../../mail/index.ts";
import { Folding } from "./folding.ts";
import {
  keyOf,
  type ListRow,
  type ListSource,
  type Place,
  placeIndexOf,
  type RowsQuery,
  type SortOrder,
  uidOf,
} from "./sources.ts";

export interface Filter {
  readonly query: string;
  /** Of its hits, ascending. */
  readonly keys: readonly number[];
}

export class ListView {
  #source: ListSource;
  /** Only the hits of a query, where the person has limited the list. */
  #filter: Filter | null = null;
  #total = 0;
  #top = 0;
  #index = 0;
  #height = 1;
  #rows: readonly ListRow[] = [];
  #current: ListRow | null = null;
  /** By their keys, as all that names messages here. */
  readonly marked = new Set<number>();
  /** The marks that were taken away last. */
  #unmarked: ReadonlySet<number> = new Set();
  #order: SortOrder = { sort: "arrival", descending: true };
  /** Which threads are folded; null where messages are listed one by one. */
  #folding: Folding | null = null;
  /** While marking goes along with the cursor: the row where that began, and what was marked before. */
  #visual: { readonly anchor: number; readonly before: ReadonlySet<number> } | null = null;
  /** Nobody has pressed a key since the list was empty: as its messages come in, the cursor stays at its top. */
  #untouched = true;
  /** The cursor's message while it is in no thread yet. */
  #awaited: number | null = null;
  /** Hits of the last search: shown by next-hit and previous-hit. */
  hits: ReadonlySet<number> = new Set();

  constructor(source: ListSource) {
    this.#source = source;
    this.refresh();
    this.#untouched = this.#fillsUp;
  }

  /** Whether rows are still to come in any order: of several folders each brings its own. */
  get #fillsUp(): boolean {
    return this.#total === 0 || this.#source.merged;
  }

  /** The person acts: from now on the cursor stays on its message. */
  touch(): void {
    this.#untouched = false;
  }

  get source(): ListSource {
    return this.#source;
  }

  /** Where the message under the cursor lies. */
  get place(): Place {
    return this.#current?.place ?? this.#source.places[0]!;
  }

  get folder(): Folder {
    return this.place.folder;
  }

  /** Whether messages of this folder are listed. */
  holds(mail: Mail, path: string): boolean {
    return this.#source.places.some((place) => place.mail === mail && place.folder.path === path);
  }

  get filter(): Filter | null {
    return this.#filter;
  }

  /** Messages of the folder that came last. */
  newest(): readonly Message[] {
    const order = { sort: "arrival", descending: true } as const;
    const { mail, folder } = this.place;
    return mail.window(folder, { ...order, offset: 0, limit: newestLooked });
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

  /** The messages under the cursor, or of so many rows from it on: of a folded thread all. */
  chosen(rows = 1): readonly number[] {
    if (!this.#current) return [];
    return rows === 1
      ? this.keysAt(this.#current)
      : this.#read(this.#index, rows).flatMap((row) => this.keysAt(row));
  }

  /** The messages that a row stands for. */
  keysAt({ key, place, thread }: ListRow): readonly number[] {
    if (!thread?.folded || thread.shown === 1) return [key];
    const uids = place.mail.threads.uidsOf([thread.thread]);
    if (!this.#filter) return uids;
    const shown = new Set(this.#filter.keys);
    return uids.filter((uid) => shown.has(uid));
  }

  isMarked(row: ListRow): boolean {
    return this.marked.size > 0 && this.keysAt(row).some((key) => this.marked.has(key));
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
    if (on === (this.#folding !== null)) return;
    this.#folding = on ? new Folding() : null;
    this.#visual = null;
    this.refresh();
  }

  /** Folds or unfolds the thread under the cursor, or all; the cursor stays on its message or on the row that hides it. */
  fold(how: "fold" | "unfold" | "toggle", all: boolean): void {
    const { key, thread } = this.#current ?? {};
    if (!this.#folding || !thread || key === undefined) return;
    this.#visual = null;
    if (all) this.#folding.setAll(how === "toggle" ? !this.#folding.all : how === "fold");
    else {
      const threadKey = keyOf(placeIndexOf(key), thread.thread);
      this.#folding.set(threadKey, how === "toggle" ? !thread.folded : how === "fold");
    }
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
    if (this.marked.size > 0) this.#unmarked = new Set(this.marked);
    this.marked.clear();
    return any;
  }

  /** Takes all marks away; returns what gives them back, as far as they are there and the list shows what it did. */
  takeMarks(): () => void {
    const taken = [...this.marked];
    const source = this.#source;
    this.clearMarks();
    return () => {
      if (this.#source === source) this.#markThere(taken);
    };
  }

  /** Marks again what was marked before the marks were taken away, as far as it is there; says how many that are. */
  markAgain(): number {
    return this.#markThere([...this.#unmarked]);
  }

  #markThere(keys: readonly number[]): number {
    const there = keys.filter((key) => this.#has(key));
    for (const key of there) this.marked.add(key);
    return there.length;
  }

  /** Brings the marks of the rows that the cursor has passed in step with where it is now. */
  #markAlong(from: number, to: number): void {
    if (!this.#visual) return;
    const { anchor, before } = this.#visual;
    const first = Math.min(from, to);
    this.#read(first, Math.abs(from - to) + 1).forEach((row, i) => {
      const at = first + i;
      const within = Math.min(anchor, to) <= at && at <= Math.max(anchor, to);
      for (const key of this.keysAt(row)) {
        if (within || before.has(key)) this.marked.add(key);
        else this.marked.delete(key);
      }
    });
  }

  open(source: ListSource): void {
    this.#source = source;
    this.#visual = null;
    this.#filter = null;
    this.#folding?.setAll(this.#folding.all);
    this.hits = new Set();
    this.marked.clear();
    this.#unmarked = new Set();
    this.#top = 0;
    this.#index = 0;
    this.#current = null;
    this.#awaited = null;
    this.refresh();
    this.#untouched = this.#fillsUp;
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

  /** With `folds` where the list is of threads. */
  #query(folds: Folding | null = this.#folding): RowsQuery {
    return { ...this.#order, keys: this.#filter?.keys ?? null, folding: this.#folding, folds };
  }

  #read(offset: number, limit: number, folds?: Folding | null): ListRow[] {
    return this.#source.window(this.#query(folds), offset, limit);
  }

  #count(folds?: Folding | null): number {
    return this.#source.count(this.#query(folds));
  }

  #position(key: number, folds?: Folding | null): number {
    return this.#source.position(key, this.#query(folds));
  }

  /** The index has changed: the cursor stays on its message; where that is gone, on the one that took its place. */
  refresh(): void {
    this.#source.changed?.();
    this.#total = this.#count();
    const key = this.#awaited ?? this.#current?.key;
    const stays = key === undefined || this.#untouched;
    const position = stays ? -1 : this.#position(key);
    // A list that was at its top stays there, so that new mail is seen to come in.
    if (position >= 0 && this.#top > 0) this.#top += position - this.#index;
    if (position >= 0) this.#index = position;
    this.#place();
    const awaits = !stays && position < 0 && this.threaded && this.#has(key);
    this.#awaited = awaits ? key : null;
  }

  #has(key: number): boolean {
    const place = this.#source.places[placeIndexOf(key)];
    return place !== undefined && place.mail.message(place.folder, uidOf(key)) !== null;
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
  toKey(key: number): boolean {
    const position = this.#position(key);
    if (position < 0) return false;
    this.to(position);
    const row = this.#current;
    if (row?.key !== key && row?.thread?.folded) {
      this.fold("unfold", false);
      this.to(this.#position(key));
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
  seek(direction: 1 | -1, wanted: (row: ListRow) => boolean): boolean {
    if (!this.#current) return false;
    const start = this.threaded ? this.#position(this.#current.key, null) : this.#index;
    const total = this.threaded ? this.#count(null) : this.#total;
    for (let at = start + direction; at >= 0 && at < total; at += direction * findSize) {
      const first = direction === 1 ? at : Math.max(0, at - findSize + 1);
      const rows = this.#read(first, direction === 1 ? findSize : at - first + 1, null);
      const found = direction === 1 ? rows.find(wanted) : rows.findLast(wanted);
      if (found) return this.toKey(found.key);
    }
    return false;
  }

  /** Marks so many rows from the cursor on; takes their marks away where all have one. */
  toggleMark(rows = 1): void {
    const chosen = this.chosen(rows);
    const all = chosen.every((key) => this.marked.has(key));
    for (const key of chosen) {
      if (all) this.marked.delete(key);
      else this.marked.add(key);
    }
  }
}

/** Messages that tell which labels a folder has. */
const newestLooked = 300;
/** Rows looked at in one go. */
const findSize = 500;
