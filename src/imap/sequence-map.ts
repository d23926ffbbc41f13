import { limits } from "./limits.ts";
import { contains } from "./uid-set.ts";
import type { UidRanges } from "./values.ts";

/**
 * UIDs of the selected mailbox by sequence number, as far as they are known: four octets a message. What the server
 * announces costs nothing; only what it names is held, up to `limits.sequenceMap` messages.
 */
export class SequenceMap {
  #uids = new Uint32Array(0);
  /** Sequence numbers 1…length may have an entry; 0 in it is "not known". */
  #length = 0;

  /** The UID at `seq` (from 1), or null where it is not known. */
  uidOf(seq: number): number | null {
    return seq <= this.#length ? this.#uids[seq - 1] || null : null;
  }

  clear(): void {
    this.#uids = new Uint32Array(0);
    this.#length = 0;
  }

  /** Takes `uids` as the mailbox's messages from sequence number 1 on; what was known before is forgotten. */
  prime(uids: UidRanges): void {
    this.clear();
    for (const [first, last] of uids) {
      const room = Math.min(last - first + 1, limits.sequenceMap - this.#length);
      this.#reserve(this.#length + room);
      for (let i = 0; i < room; i++) this.#uids[this.#length++] = first + i;
    }
  }

  set(seq: number, uid: number): void {
    if (seq > limits.sequenceMap) return;
    this.#reserve(seq);
    if (seq > this.#length) {
      this.#uids.fill(0, this.#length, seq);
      this.#length = seq;
    }
    this.#uids[seq - 1] = uid;
  }

  /** Takes `seq` out, those above it move down by one; its UID, or null where it was not known. */
  expunge(seq: number): number | null {
    if (seq > this.#length) return null;
    const uid = this.#uids[seq - 1] || null;
    this.#uids.copyWithin(seq - 1, seq, this.#length);
    this.#length--;
    return uid;
  }

  /** Takes the UIDs out wherever they are known. */
  vanish(uids: UidRanges): void {
    let to = 0;
    for (let from = 0; from < this.#length; from++) {
      const uid = this.#uids[from]!;
      if (uid !== 0 && contains(uids, uid)) continue;
      this.#uids[to++] = uid;
    }
    this.#length = to;
  }

  #reserve(length: number): void {
    if (length <= this.#uids.length) return;
    const grown = new Uint32Array(
      Math.min(Math.max(length, this.#uids.length * 2, 1024), limits.sequenceMap),
    );
    grown.set(this.#uids.subarray(0, this.#length));
    this.#uids = grown;
  }
}
