/**
 * Several folders as one list. Each is in its own index and its own order; what is shown of them is merged row by row
 * from where the view stands, so that a list costs what is on the screen, however long the folders are. By thread,
 * what is merged are the rows of each folder's own threads: those of one thread stand by the same, so they stay together.
 */
import { compareSortValues } from "../../mail/index.ts";
import {
  keyOf,
  type ListRow,
  type ListSource,
  type Place,
  placeIndexOf,
  type RowsQuery,
  uidOf,
} from "./sources.ts";

type ThreadOrder = Parameters<Place["mail"]["threads"]["count"]>[1];
type SortValue = Parameters<Place["mail"]["order"]["ahead"]>[1];

/** A folder's own share of a query. */
interface Order extends ThreadOrder {
  readonly threaded: boolean;
}

/** A row with what it is sorted by. */
interface Sorted {
  readonly row: ListRow;
  readonly index: number;
  readonly value: SortValue;
}

/** How many rows of each folder stand before a row of the list. */
interface Cut {
  readonly offset: number;
  readonly heads: readonly number[];
}

/** So many rows are gone over one by one; what is further away is searched for. */
const near = 400;

export class MergedSource implements ListSource {
  readonly name: string;
  readonly merged = true;
  readonly places: readonly Place[];
  /** The messages that the list was limited to last, by their places: a folder's list holds as long as they are the same. */
  #limited: { readonly keys: readonly number[]; readonly uids: readonly (readonly number[])[] } | null = null;
  /** Where the list was cut last, and of which query that holds. */
  #cut: (Cut & { readonly query: string }) | null = null;

  constructor(name: string, places: readonly Place[]) {
    this.name = name;
    this.places = places;
  }

  window(query: RowsQuery, offset: number, limit: number): ListRow[] {
    const orders = this.#orders(query);
    const { heads } = this.#cutAt(Math.max(0, offset), query, orders);
    return this.#merge(heads, limit, orders).map(({ row }) => row);
  }

  count(query: RowsQuery): number {
    return this.#counts(this.#orders(query)).reduce((sum, n) => sum + n, 0);
  }

  position(key: number, query: RowsQuery): number {
    const index = placeIndexOf(key);
    const orders = this.#orders(query);
    const [place, order] = [this.places[index], orders[index]];
    if (!place || !order) return -1;
    const { mail, folder } = place;
    const own = order.threaded
      ? mail.threads.position(folder, uidOf(key), order)
      : mail.order.position(folder, uidOf(key), order);
    const [row] = own < 0 ? [] : this.#rows(index, order, own, 1);
    if (!row) return -1;
    const heads = this.#ahead(row.value, index, own, orders);
    const offset = heads.reduce((sum, n) => sum + n, 0);
    this.#cut = { offset, heads, query: nameOf(query) };
    return offset;
  }

  /** Each folder's own share of the query. UIDs of different folders tell no order: what arrives later is newer. */
  #orders({ sort, descending, keys, folding, folds }: RowsQuery): Order[] {
    const own = {
      sort: sort === "arrival" ? ("date" as const) : sort,
      descending,
      threaded: folding !== null,
    };
    const uids = keys && this.#uidsOf(keys);
    const but = this.places.map(() => new Set<number>());
    for (const key of folds?.but ?? []) but[placeIndexOf(key)]?.add(uidOf(key));
    return this.places.map((_, i) => ({
      ...own,
      ...(uids ? { uids: uids[i] ?? [] } : {}),
      folds: folds ? { all: folds.all, but: but[i] ?? new Set() } : undefined,
    }));
  }

  #uidsOf(keys: readonly number[]): readonly (readonly number[])[] {
    if (this.#limited?.keys === keys) return this.#limited.uids;
    const uids = this.places.map((): number[] => []);
    for (const key of keys) uids[placeIndexOf(key)]?.push(uidOf(key));
    this.#limited = { keys, uids };
    return uids;
  }

  #counts(orders: readonly Order[]): number[] {
    return this.places.map(({ mail, folder }, i) => {
      const order = orders[i]!;
      return order.threaded ? mail.threads.count(folder, order) : mail.count(folder, order.uids);
    });
  }

  #rows(index: number, order: Order, offset: number, limit: number): Sorted[] {
    const place = this.places[index]!;
    const { mail, folder } = place;
    if (order.threaded)
      return mail.threads.window(folder, { ...order, offset, limit }).map((thread) => ({
        index,
        value:
          order.sort === "date" && !order.uids
            ? thread.newest
            : (mail.order.valueOf(folder, thread.standsBy, order.sort) ?? ""),
        row: { key: keyOf(index, thread.message.uid), place, message: thread.message, thread },
      }));
    return mail.window(folder, { ...order, offset, limit }).map((message) => {
      const value =
        order.sort === "date"
          ? message.internalDate
          : order.sort === "size"
            ? message.size
            : (mail.order.valueOf(folder, message.uid, order.sort) ?? "");
      return { index, value, row: { key: keyOf(index, message.uid), place, message, thread: null } };
    });
  }

  /** How many rows of each folder stand before one that is sorted by `value` and has `own` before it in its own folder. */
  #ahead(value: SortValue, index: number, own: number, orders: readonly Order[]): number[] {
    // Of equal ones, those of the folder that is named first come first.
    return this.places.map(({ mail, folder }, i) => {
      if (i === index) return own;
      const order = orders[i]!;
      return order.threaded
        ? mail.threads.ahead(folder, order, value, i < index)
        : mail.order.ahead(folder, value, order, i < index);
    });
  }

  /** The next `limit` rows after these. */
  #merge(heads: readonly number[], limit: number, orders: readonly Order[]): Sorted[] {
    const lists = orders.map((order, i) => this.#rows(i, order, heads[i] ?? 0, limit));
    const at = lists.map(() => 0);
    const direction = orders[0]?.descending ? -1 : 1;
    const merged: Sorted[] = [];
    while (merged.length < limit) {
      let first: Sorted | undefined;
      for (const [i, list] of lists.entries()) {
        const head = list[at[i]!];
        if (head && (!first || direction * compareSortValues(head.value, first.value) < 0)) first = head;
      }
      if (!first) break;
      at[first.index]!++;
      merged.push(first);
    }
    return merged;
  }

  #cutAt(offset: number, query: RowsQuery, orders: readonly Order[]): Cut {
    const counts = this.#counts(orders);
    const total = counts.reduce((sum, n) => sum + n, 0);
    const name = nameOf(query);
    const known: Cut[] = [
      { offset: 0, heads: counts.map(() => 0) },
      { offset: total, heads: counts },
      ...(this.#cut?.query === name ? [this.#cut] : []),
    ];
    const wanted = Math.min(offset, total);
    const far = ({ offset: at }: Cut) => Math.abs(at - wanted);
    const nearest = known.reduce((best, cut) => (far(cut) < far(best) ? cut : best));
    const heads =
      far(nearest) > near
        ? this.#search(wanted, counts, orders)
        : nearest.offset <= wanted
          ? this.#walk(nearest, wanted, orders)
          : this.#walkBack(nearest, wanted, orders);
    this.#cut = { offset: wanted, heads, query: name };
    return this.#cut;
  }

  #walk({ offset, heads }: Cut, to: number, orders: readonly Order[]): number[] {
    const next = [...heads];
    for (const { index } of this.#merge(heads, to - offset, orders)) next[index]!++;
    return next;
  }

  /** The same upwards: what stands before, in the opposite order. */
  #walkBack({ offset, heads }: Cut, to: number, orders: readonly Order[]): number[] {
    const steps = offset - to;
    const lists = orders.map((order, i) => {
      const from = Math.max(0, heads[i]! - steps);
      return this.#rows(i, order, from, heads[i]! - from);
    });
    const direction = orders[0]?.descending ? -1 : 1;
    const next = [...heads];
    for (let n = 0; n < steps; n++) {
      let last: Sorted | undefined;
      for (const list of lists) {
        const tail = list.at(-1);
        if (tail && (!last || direction * compareSortValues(tail.value, last.value) >= 0)) last = tail;
      }
      if (!last) break;
      lists[last.index]!.pop();
      next[last.index]!--;
    }
    return next;
  }

  /** Finds the cut by halving what it can be, a row of one folder at a time. */
  #search(offset: number, counts: readonly number[], orders: readonly Order[]): number[] {
    let low = counts.map(() => 0);
    let high = [...counts];
    for (;;) {
      const widths = high.map((end, i) => end - low[i]!);
      const index = widths.indexOf(Math.max(...widths));
      if (!widths[index]) return low;
      const middle = (low[index]! + high[index]!) >> 1;
      const [probe] = this.#rows(index, orders[index]!, middle, 1);
      // The index has changed meanwhile: it will be read anew.
      if (!probe) return low;
      const ahead = this.#ahead(probe.value, index, middle, orders);
      const before = ahead.reduce((sum, n) => sum + n, 0);
      if (before === offset) return ahead;
      if (before < offset) {
        low = low.map((n, i) => Math.max(n, ahead[i]!));
        low[index] = middle + 1;
      } else high = high.map((n, i) => Math.min(n, ahead[i]!));
    }
  }

  /** The index has changed: what was known of it does not hold any more. */
  changed(): void {
    this.#cut = null;
  }
}

/** Queries of one name have the same rows. A limited list is another list each time. */
function nameOf({ sort, descending, keys, folding, folds }: RowsQuery): string {
  const threads = folding ? (folds?.state ?? "unfolded") : "";
  return `${sort} ${descending} ${threads} ${keys ? `${keys.length} ${keys[0]} ${keys.at(-1)}` : ""}`;
}
