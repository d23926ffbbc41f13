/** The headers that the index lacks, newest first, in slices short enough to let others go between them. */
import { performance } from "node:perf_hooks";
import { type UidRanges, uidSet } from "../../imap/index.ts";
import { isListed, listData } from "../convert.ts";
import { Pace } from "./pace.ts";
import type { SyncContext, View } from "./view.ts";

const { count, fromNumbers, intersect, normalize, subtract } = uidSet;

/** From so many headers on COMPRESS (RFC 4978) is worth its round trip, on a line that is slower than so much for each. */
const compressing = { from: 1_000, msEach: 0.1 } as const;
/** Messages asked for in one command: half a second on any line, so that what a person asks for does not wait long. */
const slices = { least: 50, begin: 1_000, most: 1_000, targetMs: 500 } as const;
/** Slices that have come and are not in the index yet, beyond which no more is asked for: the memory they take. */
const mostLanding = 1;

interface Slice {
  /** The lowest UID asked for. */
  readonly from: number;
  done: boolean;
}

/**
 * Fetches the list data of `missing`, all that the index lacks. False where it gave way before all was there.
 * @throws ImapError, StoreError
 */
export async function fetchHeaders(
  context: SyncContext,
  view: View,
  missing: UidRanges,
  giveWay: () => boolean,
): Promise<boolean> {
  const { path } = view.mailbox;
  const total = count(missing);
  const rest = missing.map(([first, last]): [number, number] => [first, last]);
  const pace = new Pace(slices);
  const underWay: Slice[] = [];
  let withheld: UidRanges = [];
  let done = 0;

  const landed = (slice: Slice) => {
    slice.done = true;
    while (underWay[0]?.done) {
      const { from } = underWay.shift()!;
      // Below a hole nothing is complete.
      if (withheld.length === 0) reached(context, view, from);
    }
  };
  const fetchSlices = async () => {
    const landing: Promise<void>[] = [];
    while (rest.length > 0 && !giveWay()) {
      const uids = takeLast(rest, pace.amount);
      const slice: Slice = { from: uids[0]?.[0] ?? 1, done: false };
      underWay.push(slice);
      const asked = count(uids);
      const began = performance.now();
      const { losses } = view.intake;
      const left = await bring(view, uids);
      // The other one had its share of the line.
      const ms = (performance.now() - began) / 2;
      pace.took(ms, asked);
      withheld = normalize([...withheld, ...left]);
      const written = view.intake.settle(losses).then(() => landed(slice));
      written.catch(() => undefined); // It is told where it is waited for.
      landing.push(written);
      done += asked;
      context.emit({ kind: "progress", path, doing: "headers", done, total });
      if (ms / asked > compressing.msEach && total - done >= compressing.from)
        await view.connection.compress();
      if (landing.length > mostLanding) await landing.shift();
    }
    await Promise.all(landing);
  };
  // Two at a time, so that the line never waits for us to ask.
  await view.intake.inBulk(total, () => Promise.all([fetchSlices(), fetchSlices()]));
  if (rest.length > 0) return false;
  // Some servers list messages and do not give them: asked once more and alone, or left until the next time.
  withheld = intersect(withheld, view.onServer ?? withheld);
  if (withheld.length > 0) {
    const { losses } = view.intake;
    withheld = await bring(view, withheld);
    await view.intake.settle(losses);
  }
  view.withheld = withheld;
  const { losses } = view.intake;
  reached(context, view, (withheld.at(-1)?.[1] ?? 0) + 1);
  await view.intake.settle(losses);
  return true;
}

/** Resolves, when the server has answered, to those that did not come; the others need not be in the index yet. */
async function bring(view: View, uids: UidRanges): Promise<UidRanges> {
  const came: number[] = [];
  await view.bring(uids, listData(view.connection), (message) => {
    if (message.uid !== undefined && isListed(message)) came.push(message.uid);
  });
  return came.length < count(uids) ? subtract(uids, fromNumbers(came)) : [];
}

/** The index has all from this UID on: whatever happens, that need not be asked again. */
function reached({ store }: SyncContext, view: View, from: number): void {
  if (from >= view.completeFrom) return;
  view.completeFrom = from;
  view.intake.between(() => {
    if (view.intake.numbered) store.mailboxes.setState(view.mailbox.id, { completeFrom: from });
  });
}

/** Takes the last `amount` numbers out of `rest`. */
function takeLast(rest: [number, number][], amount: number): UidRanges {
  const taken: [number, number][] = [];
  for (let left = amount; left > 0; ) {
    const range = rest.at(-1);
    if (!range) break;
    const size = range[1] - range[0] + 1;
    if (size <= left) {
      rest.pop();
      taken.push(range);
      left -= size;
    } else {
      taken.push([range[1] - left + 1, range[1]]);
      range[1] -= left;
      left = 0;
    }
  }
  return taken.reverse();
}
