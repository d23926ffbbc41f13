/** Where messages stand in the order of a list, so that lists of several folders and accounts can be merged into one. */
import type { SortKey, SortValue, Store, WindowQuery } from "../store/index.ts";
import type { Folder } from "./values.ts";

type Order = Pick<WindowQuery, "sort" | "descending" | "uids">;

export class Ordering {
  readonly #messages: Store["messages"];
  readonly #mailboxId: (folder: Folder) => number;

  constructor(messages: Store["messages"], mailboxId: (folder: Folder) => number) {
    this.#messages = messages;
    this.#mailboxId = mailboxId;
  }

  /** Where a message stands in a window's order; -1 where it is not there. */
  position(folder: Folder, uid: number, order: Order): number {
    return this.#messages.position(this.#mailboxId(folder), uid, order);
  }

  /** What a message is sorted by; null where it is not there. */
  valueOf(folder: Folder, uid: number, sort: SortKey): SortValue | null {
    return this.#messages.sortValue(this.#mailboxId(folder), uid, sort);
  }

  /** How many messages of the folder stand before one that would be sorted by `value`; `orEqual`: or beside it. */
  ahead(folder: Folder, value: SortValue, order: Order, orEqual: boolean): number {
    return this.#messages.ahead(this.#mailboxId(folder), value, order, orEqual);
  }
}
