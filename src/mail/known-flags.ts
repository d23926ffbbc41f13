/** What was last said of the messages of one mailbox: eight octets for each. */

const first = 1024;

export class KnownFlags {
  #uids = new Uint32Array(first);
  /** 1 and up stand for flags, 0 for a message that is gone. */
  #flags = new Uint32Array(first);
  #length = 0;
  /** Messages share few sets of flags. */
  readonly #numbers = new Map<string, number>();

  /** Where a UID is, or would be. */
  #at(uid: number): number {
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#uids[middle] ?? 0) < uid) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #number(flags: string): number {
    const known = this.#numbers.get(flags);
    if (known !== undefined) return known;
    this.#numbers.set(flags, this.#numbers.size + 1);
    return this.#numbers.size;
  }

  /** Takes in a message's flags; says what that is to what was known. */
  put(uid: number, flags: string): "new" | "changed" | "same" {
    const at = this.#at(uid);
    const number = this.#number(flags);
    if (at < this.#length && this.#uids[at] === uid) {
      const before = this.#flags[at];
      this.#flags[at] = number;
      return before === 0 ? "new" : before === number ? "same" : "changed";
    }
    this.#makeRoom();
    this.#uids.copyWithin(at + 1, at, this.#length);
    this.#flags.copyWithin(at + 1, at, this.#length);
    this.#uids[at] = uid;
    this.#flags[at] = number;
    this.#length++;
    return "new";
  }

  #makeRoom(): void {
    if (this.#length < this.#uids.length) return;
    const larger = (full: Uint32Array) => {
      const more = new Uint32Array(full.length * 2);
      more.set(full);
      return more;
    };
    this.#uids = larger(this.#uids);
    this.#flags = larger(this.#flags);
  }

  /** Forgets the messages from `from` to `to` but for `there` (ascending); returns which those were. */
  retain(from: number, to: number, there: readonly number[]): number[] {
    const gone: number[] = [];
    let next = 0;
    for (let at = this.#at(from); at < this.#length; at++) {
      const uid = this.#uids[at] ?? 0;
      if (uid > to) break;
      while ((there[next] ?? Number.POSITIVE_INFINITY) < uid) next++;
      if (there[next] === uid || this.#flags[at] === 0) continue;
      this.#flags[at] = 0;
      gone.push(uid);
    }
    return gone;
  }
}
