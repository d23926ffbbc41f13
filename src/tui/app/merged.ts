/**
 * Several folders as one list. Each is in its own index and its own order; what is shown of them is merged row by row
 * from where the view stands, so that a list costs what is on the screen, however long the folders are.
 */
import {
  keyOf,
  type ListRow,
  type ListSource,
  type Place,
  placeIndexOf,
  type RowsQuery,
  uidOf,
} from "./sources.ts";

type Order = Pick<Parameters<Place["mail"]["window"]>[1], "sort" | "descending" | "uids">;
type SortValue = string | number;

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

function compare(a: SortValue, b: SortValue): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  // As SQLite does it.
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

export class MergedSource implements ListSource {
  readonly name: string;
  readonly merged = true;
  readonly places: readonly Place[];
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
    const own = place.mail.order.position(place.folder, uidOf(key), order);
    const value = place.mail.order.valueOf(place.folder, uidOf(key), order.sort);
    if (own < 0 || value === null) return -1;
    const heads = this.#ahead(value, index, own, orders);
    const offset = heads.reduce((sum, n) => sum + n, 0);
    this.#cut = { offset, heads, query: nameOf(query) };
    return offset;
  }

  /** Each folder's own share of the query. UIDs of different folders tell no order: what arrives later is newer. */
  #orders({ sort, descending, keys }: RowsQuery): Order[] {
    const own = { sort: sort === "arrival" ? ("date" as const) : sort, descending };
    if (!keys) return this.places.map(() => own);
    const uids = this.places.map((): number[] => []);
    for (const key of keys) uids[placeIndexOf(key)]?.push(uidOf(key));
    return uids.map((list) => ({ ...own, uids: list }));
  }

  #counts(orders: readonly Order[]): number[] {
    return this.places.map(({ mail, folder }, i) => mail.count(folder, orders[i]?.uids));
  }

  #rows(index: number, order: Order, offset: number, limit: number): Sorted[] {
    const place = this.places[index]!;
    const { mail, folder } = place;
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
    return this.places.map(({ mail, folder }, i) =>
      i === index ? own : mail.order.ahead(folder, value, orders[i]!, i < index),
    );
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
        if (head && (!first || direction * compare(head.value, first.value) < 0)) first = head;
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
        if (tail && (!last || direction * compare(tail.value, last.value) >= 0)) last = tail;
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
function nameOf({ sort, descending, keys }: RowsQuery): string {
  return `${sort} ${descending} ${keys ? `${keys.length} ${keys[0]} ${keys.at(-1)}` : ""}`;
}
