/**
 * What the mailboxes must hold after the changes that were promised. Messages are told by their Message-IDs, and one is
 * in a mailbox once at most, so that a message doubled or lost shows.
 */
export type Step =
  | {
      readonly kind: "flag";
      readonly folder: string;
      readonly ids: readonly string[];
      readonly mode: "add" | "remove";
      readonly flags: readonly string[];
    }
  | {
      readonly kind: "move" | "copy";
      readonly folder: string;
      readonly ids: readonly string[];
      readonly to: string;
    }
  | { readonly kind: "remove"; readonly folder: string; readonly ids: readonly string[] }
  | {
      readonly kind: "append";
      readonly folder: string;
      readonly ids: readonly string[];
      readonly flags: readonly string[];
    }
  | { readonly kind: "create"; readonly folder: string }
  | { readonly kind: "rename"; readonly folder: string; readonly to: string };

/** By mailbox, by Message-ID: the flags, sorted. */
export type State = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

export class Ledger {
  readonly #folders: Map<string, Map<string, readonly string[]>>;

  constructor(state: State) {
    this.#folders = new Map([...state].map(([path, messages]) => [path, new Map(messages)]));
  }

  get state(): State {
    return this.#folders;
  }

  holds(folder: string, id: string): boolean {
    return this.#folders.get(folder)?.has(id) ?? false;
  }

  #folder(path: string): Map<string, readonly string[]> {
    const known = this.#folders.get(path) ?? new Map<string, readonly string[]>();
    this.#folders.set(path, known);
    return known;
  }

  apply(step: Step): void {
    const folder = this.#folder(step.folder);
    switch (step.kind) {
      case "flag":
        for (const id of step.ids) {
          const flags = folder.get(id);
          if (!flags) continue;
          const kept = flags.filter((flag) => !step.flags.includes(flag));
          folder.set(id, step.mode === "add" ? [...kept, ...step.flags].sort() : kept);
        }
        break;
      case "move":
      case "copy":
        for (const id of step.ids) {
          const flags = folder.get(id);
          if (!flags) continue;
          this.#folder(step.to).set(id, flags);
          if (step.kind === "move") folder.delete(id);
        }
        break;
      case "remove":
        for (const id of step.ids) folder.delete(id);
        break;
      case "append":
        for (const id of step.ids) folder.set(id, [...step.flags].sort());
        break;
      case "create":
        break;
      case "rename":
        this.#folders.delete(step.folder);
        this.#folders.set(step.to, folder);
        break;
    }
  }

  toJSON(): unknown {
    return [...this.#folders].map(([path, messages]) => [path, [...messages]]);
  }

  static parse(text: string): Ledger {
    const entries = JSON.parse(text) as [string, [string, string[]][]][];
    return new Ledger(new Map(entries.map(([path, messages]) => [path, new Map(messages)])));
  }
}

/** How two states differ, one line a difference; empty where they are equal. */
export function differences(wanted: State, found: State): string[] {
  const lines: string[] = [];
  for (const path of new Set([...wanted.keys(), ...found.keys()])) {
    const a = wanted.get(path);
    const b = found.get(path);
    if (!a || !b) {
      lines.push(a ? `lost: mailbox ${path}` : `doubled: mailbox ${path} with ${b?.size} messages`);
      continue;
    }
    for (const [id, flags] of a) {
      const there = b.get(id);
      if (!there) lines.push(`lost: ${id} in ${path}`);
      else if (there.join() !== flags.join())
        lines.push(`flags: ${id} in ${path}: ${there.join(" ")}, not ${flags.join(" ")}`);
    }
    for (const id of b.keys()) if (!a.has(id)) lines.push(`doubled: ${id} in ${path}`);
  }
  return lines;
}
