/** The message list: which messages, which of them are in view, where the cursor is. Reads windows of the index only. */
import type { Folder, Mail, Message } from "../../mail/index.ts";

type WindowQuery = Parameters<Mail["window"]>[1];

export type SortOrder = Pick<WindowQuery, "sort" | "descending">;

export interface Filter {
  readonly query: string;
  readonly uids: readonly number[];
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
  #rows: readonly Message[] = [];
  #current: Message | null = null;
  readonly marked = new Set<number>();
  #order: SortOrder = { sort: "arrival", descending: true };
  /** While marking goes along with the cursor: the row where that began, and what was marked before. */
  #visual: { readonly anchor: number; readonly before: ReadonlySet<number> } | null = null;
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

  /** Messages in view, from the top. */
  get rows(): readonly Message[] {
    return this.#rows;
  }

  /** The message under the cursor. */
  get current(): Message | null {
    return this.#current;
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
    const rows = this.#mail.window(this.#folder, this.#window(first, Math.abs(from - to) + 1));
    rows.forEach(({ uid }, i) => {
      const at = first + i;
      const within = Math.min(anchor, to) <= at && at <= Math.max(anchor, to);
      if (within || before.has(uid)) this.marked.add(uid);
      else this.marked.delete(uid);
    });
  }

  open(folder: Folder): void {
    this.#folder = folder;
    this.#visual = null;
    this.#filter = null;
    this.hits = [];
    this.marked.clear();
    this.#top = 0;
    this.#index = 0;
    this.#current = null;
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

  #window(offset: number, limit: number): WindowQuery {
    const uids = this.#filter?.uids;
    return { ...this.#order, offset, limit, ...(uids ? { uids } : {}) };
  }

  /** The index has changed: the cursor stays on its message; where that is gone, on the one that took its place. */
  refresh(): void {
    this.#total = this.#mail.count(this.#folder, this.#filter?.uids);
    if (this.#current) {
      const position = this.#mail.position(this.#folder, this.#current.uid, this.#window(0, 1));
      // A list that was at its top stays there, so that new mail is seen to come in.
      if (position >= 0 && this.#top > 0) this.#top += position - this.#index;
      if (position >= 0) this.#index = position;
    }
    this.#place();
  }

  /** Brings cursor and window into range and reads the rows in view. */
  #place(): void {
    this.#index = Math.max(0, Math.min(this.#index, this.#total - 1));
    const lowest = Math.max(0, this.#total - this.#height);
    if (this.#index < this.#top) this.#top = this.#index;
    if (this.#index >= this.#top + this.#height) this.#top = this.#index - this.#height + 1;
    this.#top = Math.max(0, Math.min(this.#top, lowest));
    this.#rows = this.#mail.window(this.#folder, this.#window(this.#top, this.#height));
    this.#current = this.#rows[this.#index - this.#top] ?? null;
  }

  to(index: number): void {
    const from = this.#index;
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
    this.#top = Math.max(0, Math.min(this.#top + step, Math.max(0, this.#total - this.#height)));
    this.#index = Math.max(0, Math.min(this.#index + step, this.#total - 1));
    this.#place();
    this.#markAlong(from, this.#index);
  }

  toUid(uid: number): boolean {
    const position = this.#mail.position(this.#folder, uid, this.#window(0, 1));
    if (position >= 0) this.to(position);
    return position >= 0;
  }

  /** The next row in `direction` for which `wanted` holds, looked for window by window; -1 where there is none. */
  find(direction: 1 | -1, wanted: (message: Message) => boolean): number {
    const size = 500;
    for (let at = this.#index + direction; at >= 0 && at < this.#total; at += direction * size) {
      const first = direction === 1 ? at : Math.max(0, at - size + 1);
      const rows = this.#mail.window(
        this.#folder,
        this.#window(first, direction === 1 ? size : at - first + 1),
      );
      const found = direction === 1 ? rows.findIndex(wanted) : rows.findLastIndex(wanted);
      if (found >= 0) return first + found;
    }
    return -1;
  }

  toggleMark(): void {
    const uid = this.#current?.uid;
    if (uid === undefined) return;
    if (!this.marked.delete(uid)) this.marked.add(uid);
  }
}
