/** Room for bodies: as much as the account's setting allows, and as the disk has. */
import { statfs } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import type { Store } from "../../store/index.ts";

/** What is fetched in the background leaves so much of a disk free, as a share and at most in octets. */
const spare = { share: 0.02, most: 200e6 } as const;

export class Room {
  readonly #store: Store;
  readonly #limit: number;
  readonly #directory: string;

  /** `limit`: octets kept at most. `directory` is on the disk that has to have room. */
  constructor(store: Store, limit: number, directory: string) {
    this.#store = store;
    this.#limit = limit;
    this.#directory = directory;
  }

  /** Whether so many octets could be kept at all. */
  mayHold(octets: number): boolean {
    return octets <= this.#limit;
  }

  /**
   * Makes room for so many octets more, in slices; only what was last used before `before` (milliseconds since the
   * epoch) may go for it. False: there is none. Rejects with StoreError.
   */
  async make(octets: number, before = Number.MAX_SAFE_INTEGER): Promise<boolean> {
    if (!this.mayHold(octets)) return false;
    const { bodies } = this.#store;
    for (;;) {
      const excess = bodies.size() + octets - this.#limit;
      if (excess <= 0) return true;
      if (bodies.evict(excess, before) === 0) return false;
      await setImmediate();
    }
  }

  /** Whether the disk has room for so many octets and some to spare. Where that cannot be told: yes. */
  async onDisk(octets: number): Promise<boolean> {
    const disk = await statfs(this.#directory).catch(() => null);
    if (!disk) return true;
    const left = Math.min(spare.most, disk.blocks * disk.bsize * spare.share);
    return disk.bavail * disk.bsize - octets >= left;
  }
}
