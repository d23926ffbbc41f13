/**
 * Who answers whom among the messages of one thread: steps 1 to 3 of REFERENCES (RFC 5256 §3), without a word of
 * recursion, and in turns, so that a thread of 100,000 messages holds nothing up.
 */

export interface TreeMessage {
  /** Its Message-ID as `messageIds` gives it; null where it has none. */
  readonly id: string | null;
  /** Its ancestors, oldest first. */
  readonly references: readonly string[];
  /** Date header, or where there is none the INTERNALDATE (RFC 5256 §2.2). */
  readonly date: number;
}

/** By place in the thread, top to bottom. */
export interface Arrangement {
  /** Which of the messages, as they were added. */
  readonly order: Int32Array;
  /** 0 for the message that begins the thread. Where several do, as what they answer is not here, all are at 1. */
  readonly depths: Int32Array;
  /** Bit 0: a sibling follows; bit n: one follows the ancestor n levels up. Of the nearest 31 levels. */
  readonly guides: Int32Array;
}

/** Steps between two turns. */
const turn = 5_000;
/** Steps that looking for loops may take for each message; beyond it, in a thread made to be slow, links are left out. */
const loopSteps = 200;
const guideBits = 0x7fff_ffff;

/** Message-IDs, of messages that are here and of those that are not, and which answers which. */
export class ThreadTree {
  readonly #nodes = new Map<string, number>();
  /** By node: its parent, or -1. */
  readonly #parents: number[] = [];
  /** By node: the message, or -1 where it is not here. */
  readonly #messages: number[] = [];
  readonly #answered: boolean[] = [];
  /** By message: its node. */
  readonly #own: number[] = [];
  readonly #dates: number[] = [];
  #steps = 0;

  /** Step 1 for the next message, in the order of UIDs. */
  add({ id, references, date }: TreeMessage): void {
    this.#dates.push(date);
    this.#steps += loopSteps;
    let last = -1;
    for (const reference of references) {
      const node = this.#nodes.get(reference) ?? this.#create(reference);
      if (last >= 0 && this.#parents[node] === -1) this.#link(last, node);
      last = node;
    }
    const own = this.#nodeOf(id);
    this.#messages[own] = this.#own.length;
    this.#own.push(own);
    if (this.#parents[own] !== last) {
      this.#parents[own] = -1;
      if (last >= 0) this.#link(last, own);
    }
  }

  /** Where the messages added belong, by what they answer; siblings come by date, equal ones by UID. Once only. */
  *arrange(): Generator<void, Arrangement> {
    const parents = Int32Array.from(this.#own, (node) => this.#parentOf(node));
    yield;
    const byDate = yield* sorted(Float64Array.from(this.#dates));
    return yield* inOrder(parents, byDate);
  }

  /** The nearest message that is here and that `node` answers, or -1 (step 3 takes out those that are not here). */
  #parentOf(node: number): number {
    const passed: number[] = [];
    let at = this.#parents[node] ?? -1;
    while (at >= 0 && this.#messages[at] === -1) {
      passed.push(at);
      at = this.#parents[at] ?? -1;
    }
    for (const dummy of passed) this.#parents[dummy] = at;
    return at < 0 ? -1 : (this.#messages[at] ?? -1);
  }

  /** The first message with an id has it; others with the same are strangers to whoever refers to it. */
  #nodeOf(id: string | null): number {
    const known = id === null ? undefined : this.#nodes.get(id);
    if (known !== undefined && this.#messages[known] === -1) return known;
    return this.#create(known === undefined ? id : null);
  }

  #create(id: string | null): number {
    const node = this.#parents.length;
    this.#parents.push(-1);
    this.#messages.push(-1);
    this.#answered.push(false);
    if (id !== null) this.#nodes.set(id, node);
    return node;
  }

  #link(parent: number, child: number): void {
    if (parent === child || this.#descends(parent, child)) return;
    this.#parents[child] = parent;
    this.#answered[parent] = true;
  }

  /** True as well where there is no telling within the steps left. */
  #descends(node: number, from: number): boolean {
    if (!this.#answered[from]) return false;
    for (let at = node; at >= 0; at = this.#parents[at] ?? -1)
      if (at === from || this.#steps-- <= 0) return true;
    return false;
  }
}

/** Where the messages of a small thread belong; they are in the order of their UIDs. */
export function arrange(messages: readonly TreeMessage[]): Arrangement {
  const tree = new ThreadTree();
  for (const message of messages) tree.add(message);
  return finish(tree.arrange());
}

/** What is left of a thread where only some of its messages are shown: `parents` by place, each before its children. */
export function arrangeShown(parents: Int32Array): Arrangement {
  return finish(inOrder(parents, Int32Array.from(parents.keys())));
}

/** Takes all turns of `work` at once. */
function finish<T>(work: Generator<void, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** The indexes of `keys` in ascending order of the keys, equal ones as they are: a merge sort, in turns. */
export function* sorted(keys: Float64Array): Generator<void, Int32Array> {
  const size = keys.length;
  let from = Int32Array.from(keys.keys());
  let to = new Int32Array(size);
  let steps = 0;
  for (let width = 1; width < size; width *= 2) {
    for (let start = 0; start < size; start += 2 * width) {
      const middle = Math.min(start + width, size);
      const end = Math.min(middle + width, size);
      for (let left = start, right = middle, at = start; at < end; at++) {
        const a = from[left] ?? 0;
        const b = from[right] ?? 0;
        const takesLeft = left < middle && (right >= end || (keys[a] ?? 0) <= (keys[b] ?? 0));
        to[at] = takesLeft ? a : b;
        if (takesLeft) left++;
        else right++;
        if (++steps % turn === 0) yield;
      }
    }
    [from, to] = [to, from];
  }
  return from;
}

function* inOrder(parents: Int32Array, byDate: Int32Array): Generator<void, Arrangement> {
  const size = parents.length;
  const firstChild = new Int32Array(size).fill(-1);
  const nextSibling = new Int32Array(size).fill(-1);
  let top = -1;
  for (const at of byDate.toReversed()) {
    const parent = parents[at] ?? -1;
    nextSibling[at] = parent < 0 ? top : (firstChild[parent] ?? -1);
    if (parent < 0) top = at;
    else firstChild[parent] = at;
  }
  const alone = top >= 0 && nextSibling[top] === -1;
  const order = new Int32Array(size);
  const depths = new Int32Array(size);
  const guides = new Int32Array(size);
  /** The depth and guides by message, while those by place are filled. */
  const depthOf = new Int32Array(size);
  const guidesOf = new Int32Array(size);
  for (let place = 0, at = top; at >= 0; place++) {
    const parent = parents[at] ?? -1;
    const follows = nextSibling[at] === -1 ? 0 : 1;
    depthOf[at] = parent < 0 ? (alone ? 0 : 1) : (depthOf[parent] ?? 0) + 1;
    guidesOf[at] = (parent < 0 ? follows : ((guidesOf[parent] ?? 0) << 1) | follows) & guideBits;
    order[place] = at;
    depths[place] = depthOf[at] ?? 0;
    guides[place] = guidesOf[at] ?? 0;
    let next = firstChild[at] ?? -1;
    for (let up = at; next < 0 && up >= 0; up = parents[up] ?? -1) next = nextSibling[up] ?? -1;
    at = next;
    if (place % turn === turn - 1) yield;
  }
  return { order, depths, guides };
}
