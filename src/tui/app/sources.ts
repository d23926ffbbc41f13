/** Where the rows of the list come from: one folder, or several of any accounts merged into one list. */
import type { Folder, Mail, Message, ThreadMessage } from "../../mail/index.ts";
import type { Folding } from "./folding.ts";

type WindowQuery = Parameters<Mail["window"]>[1];

export type SortOrder = Pick<WindowQuery, "sort" | "descending">;

/** A folder of an account. */
export interface Place {
  readonly mail: Mail;
  readonly folder: Folder;
}

/** Messages of one folder. */
export interface Chosen extends Place {
  readonly uids: readonly number[];
}

export const samePlace = (a: Place, b: Place): boolean =>
  a.mail === b.mail && a.folder.path === b.folder.path;

export interface ListRow {
  /** What the list knows the message by: see `keyOf`. */
  readonly key: number;
  readonly place: Place;
  readonly message: Message;
  /** Its place in its thread; null where the list is not of threads. */
  readonly thread: ThreadMessage | null;
}

/** Rows in an order, of all messages or of those with `keys` (ascending); with `folding` thread after thread. */
export interface RowsQuery extends SortOrder {
  readonly keys: readonly number[] | null;
  readonly folding: Folding | null;
  /** Which threads are folded to one row; none where it is null. */
  readonly folds: Folding | null;
}

export interface ListSource {
  /** What the list is called; raw, not yet made safe for a terminal. */
  readonly name: string;
  /** Several folders as one list. */
  readonly merged: boolean;
  readonly places: readonly Place[];
  window(query: RowsQuery, offset: number, limit: number): ListRow[];
  count(query: RowsQuery): number;
  /** The row of a message; -1 where it is in none. */
  position(key: number, query: RowsQuery): number;
  /** The index has changed. */
  changed?(): void;
}

/** More than any UID, those included that are ours until the server has told its own. */
const perPlace = 2 ** 40;

/** One number for a message, or a thread, of a list: of the first place's its UID, or the thread's own number. */
export const keyOf = (place: number, own: number): number => place * perPlace + own;
export const placeIndexOf = (key: number): number => Math.floor(key / perPlace);
export const uidOf = (key: number): number => key % perPlace;

/** The messages behind these keys, place by place, each list ascending as the keys are. */
export function byPlace({ places }: ListSource, keys: Iterable<number>): Chosen[] {
  const uids = places.map((): number[] => []);
  for (const key of keys) uids[placeIndexOf(key)]?.push(uidOf(key));
  return places.flatMap((place, i) => (uids[i]?.length ? { ...place, uids: uids[i] } : []));
}

export class FolderSource implements ListSource {
  readonly merged = false;
  readonly places: readonly [Place];

  constructor(place: Place) {
    this.places = [place];
  }

  get name(): string {
    return this.places[0].folder.name;
  }

  window({ folding, folds, keys, ...order }: RowsQuery, offset: number, limit: number): ListRow[] {
    const [place] = this.places;
    const { mail, folder } = place;
    const query = { ...order, ...(keys ? { uids: keys } : {}), offset, limit };
    if (!folding)
      return mail
        .window(folder, query)
        .map((message) => ({ key: message.uid, place, message, thread: null }));
    return mail.threads
      .window(folder, { ...query, folds: folds ?? undefined })
      .map((thread) => ({ key: thread.message.uid, place, message: thread.message, thread }));
  }

  count({ folding, folds, keys, ...order }: RowsQuery): number {
    const [{ mail, folder }] = this.places;
    if (!folding) return mail.count(folder, keys ?? undefined);
    return mail.threads.count(folder, {
      ...order,
      ...(keys ? { uids: keys } : {}),
      folds: folds ?? undefined,
    });
  }

  position(key: number, { folding, folds, keys, ...order }: RowsQuery): number {
    const [{ mail, folder }] = this.places;
    const query = { ...order, ...(keys ? { uids: keys } : {}) };
    if (!folding) return mail.order.position(folder, key, query);
    return mail.threads.position(folder, key, { ...query, folds: folds ?? undefined });
  }
}
