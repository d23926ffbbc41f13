/** What happens in folders, one thing after the other, for who waits for it: as the server tells it, whoever did it. */
import { type UidRanges, uidSet } from "../imap/index.ts";
import { isLineDown, MailError } from "./errors.ts";
import { KnownFlags } from "./known-flags.ts";
import type { Mail } from "./mail.ts";
import { onceMore } from "./once-more.ts";
import { breathe } from "./sync/pace.ts";
import type { Folder, Message } from "./values.ts";

export type Change =
  /** From now on what happens is told; said once more where UIDs of before mean nothing any more. */
  | { readonly kind: "watching"; readonly folder: Folder }
  /** A message has come, or its flags are others. */
  | { readonly kind: "new" | "changed"; readonly folder: Folder; readonly message: Message }
  | { readonly kind: "gone"; readonly folder: Folder; readonly uid: number };

/** Only one folder can be listened to; the others are looked into so often, in ms, and when their counts change. */
const othersEveryMs = 60_000;

const everything: UidRanges = [[1, uidSet.maxNumber]];

type Difference =
  | { readonly kind: "new" | "changed"; readonly uid: number }
  | { readonly kind: "gone"; readonly uid: number };

/** One folder, and what has been said of it. */
class Watched {
  readonly #mail: Mail;
  #folder: Folder;
  /** Of the messages that are known. */
  #uidValidity: number | null = null;
  #known = new KnownFlags();
  #told: UidRanges = [];
  /** The index has it as it is where watching begins. */
  #begun = false;

  constructor(mail: Mail, folder: Folder) {
    this.#mail = mail;
    this.#folder = folder;
  }

  /** Notes that the server has told something. */
  tell(path: string, uids: UidRanges): void {
    if (path === this.#folder.path) this.#told = uidSet.union(this.#told, uids);
  }

  /** Whether the list of folders says that there is more to it. Throws MailError "NO_FOLDER" where it is gone. */
  get counted(): boolean {
    const { path, name, messages, unread } = this.#folder;
    const now = this.#mail.folders().find((folder) => folder.path === path);
    if (this.#begun && !now?.selectable)
      throw new MailError("NO_FOLDER", `there is no folder "${name}" any more`, "it was deleted or renamed");
    this.#folder = now ?? this.#folder;
    return now?.messages !== messages || now.unread !== unread;
  }

  /** Brings the folder in step with the server: what that changes is told. */
  readonly look = onceMore(() => this.#look());

  async #look(): Promise<void> {
    try {
      await this.#mail.sync(this.#folder);
      // Another Postern on the same local copy may have been told of it, and we not.
      this.#told = everything;
    } catch (error) {
      // When the line is back, it is looked at again.
      if (this.#begun && isLineDown(error)) return;
      // A server that refuses a folder it does not have says no more than that it refuses.
      if (this.#begun) await this.#mail.refreshFolders().catch(() => undefined);
      void this.counted;
      throw error;
    }
  }

  /** What there is to say by now. */
  async *news(): AsyncGenerator<Change> {
    const folder = this.#mail.folders().find(({ path }) => path === this.#folder.path) ?? this.#folder;
    const told = this.#told;
    this.#told = [];
    if (this.#begun && folder.uidValidity === this.#uidValidity) {
      for await (const { kind, uid } of this.#differences(folder, told)) {
        const message = kind === "gone" ? null : this.#mail.message(folder, uid);
        if (kind === "gone") yield { kind, folder, uid };
        else if (message) yield { kind, folder, message };
      }
      return;
    }
    this.#begun = true;
    this.#uidValidity = folder.uidValidity;
    this.#known = new KnownFlags();
    for await (const _ of this.#differences(folder, everything));
    yield { kind: "watching", folder };
  }

  async *#differences(folder: Folder, ranges: UidRanges): AsyncGenerator<Difference> {
    for (const [first, last] of ranges) {
      for (let from = first; from <= last; ) {
        const { rows, until } = this.#mail.flagTexts(folder, from, last);
        const there = rows.map(({ uid }) => uid);
        for (const uid of this.#known.retain(from, until, there)) yield { kind: "gone", uid };
        for (const { uid, flags } of rows) {
          const kind = this.#known.put(uid, flags);
          if (kind !== "same") yield { kind, uid };
        }
        from = until + 1;
        if (from <= last) await breathe();
      }
    }
  }
}

/**
 * Watches folders, the first of them most closely, until the caller has had enough or `ending` says so. A line that is lost comes back, and
 * what was missed is told then. Throws what keeps it from beginning, or from going on: MailError, ImapError, StoreError.
 */
export async function* changes(
  mail: Mail,
  folders: readonly [Folder, ...Folder[]],
  ending: AbortSignal,
): AsyncGenerator<Change> {
  const all = folders.map((folder) => new Watched(mail, folder));
  const others = all.slice(1);
  let wake = () => {};
  let failure: { readonly error: unknown } | null = null;
  const failed = (error: unknown) => {
    failure ??= { error };
    wake();
  };
  const look = (these: readonly Watched[]) => {
    for (const one of these) one.look().then(() => wake(), failed);
  };
  const deaf = mail.on((event) => {
    if (event.kind === "told") {
      for (const one of all) one.tell(event.path, event.uids);
    } else if (event.kind === "folders") {
      try {
        const counted = all.filter((one) => one.counted);
        look(others.filter((one) => counted.includes(one)));
      } catch (error) {
        failed(error);
      }
    } else if (event.kind === "line") {
      if (event.state.kind === "online") look(all);
      if (event.state.kind === "down" && event.state.retryAt === null) failed(event.state.error);
    }
    wake();
  });
  const refresh = () => {
    if (others.length === 0) return;
    look(others);
    mail.refreshFolders().catch(() => undefined);
  };
  // While the line is down, nothing else would keep the process.
  const timer = setInterval(refresh, othersEveryMs);
  const end = () => wake();
  ending.addEventListener("abort", end);
  try {
    mail.watch(folders[0]);
    for (const one of all) {
      await one.look();
      yield* one.news();
    }
    while (!ending.aborted) {
      // What comes while the rest is told is not waited for.
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      for (const one of all) yield* one.news();
      if (failure) throw (failure as { readonly error: unknown }).error;
      await woken;
    }
  } finally {
    deaf();
    clearInterval(timer);
    ending.removeEventListener("abort", end);
  }
}
