/**
 * Keys as data: which command line each key sequence stands for, and where. The help screen, the key bar and the
 * man page are made from these; `[keys]` of the config adds to them.
 */

import type { KeySettings } from "../../account/config.ts";
import { type Keymap, keyPlaces } from "../../account/settings.ts";
import type { Folder } from "../../mail/index.ts";
import { boundIn, defaultBindings } from "./default-keys.ts";
import { presetBindings } from "./presets.ts";

/** Where keys go; `any` holds everywhere. */
export type KeyContext = "folders" | "list" | "reader" | "attachments" | "review" | "page" | "any";

/** What the help calls each context. */
export const contextTitles: Readonly<Record<KeyContext, string>> = {
  list: "Message list",
  reader: "Message",
  attachments: "Attachments",
  folders: "Folders",
  review: "A message that is written",
  page: "Help and messages",
  any: "Everywhere",
};

/** The contexts that the help tells of, in its order. */
export const helpContexts: readonly KeyContext[] = [...keyPlaces, "any"];

export interface Binding {
  readonly context: KeyContext;
  /** Keys in order, separated by spaces: `g g`, `C-d`, `Enter`. */
  readonly keys: string;
  /** What `:` would be given. */
  readonly line: string;
}

/** Where the keys of an open folder hold. */
const inFolder: readonly KeyContext[] = ["list", "reader", "attachments"];

/** Where a person's own keys for everywhere come before what is bound there. */
const coveredByAny = helpContexts.filter((context) => context !== "page");

const begins = (keys: string, sequence: string) => sequence.startsWith(`${keys} `);
/** Of two such sequences only one can be had: who types the shorter one has begun the longer one. */
const clash = (one: string, other: string) => one === other || begins(one, other) || begins(other, one);

/**
 * The keys that hold while `folder` is open: the default table, a preset over it, and the person's own over both, the
 * most particular of these first. Own keys for a folder win over own keys for a place, these over own keys for
 * everywhere, which hold in every context but the page.
 *
 * What is told here holds: no binding of a context is behind another one, and those of `any` hold in all of them. One
 * for everywhere that some context has another for stands with each of the others.
 */
export function bindingsOf(
  keymap: Keymap,
  own: readonly KeySettings[],
  folder: Pick<Folder, "name" | "role"> | null = null,
): readonly Binding[] {
  const names = folder ? [folder.name, ...(folder.role ? [`@${folder.role}`] : [])] : [];
  const layers = [
    ...own.flatMap((settings) => [
      ...names.map((name) =>
        inFolder.flatMap((context) =>
          boundIn(context, Object.hasOwn(settings.in, name) ? settings.in[name]! : {}),
        ),
      ),
      keyPlaces.flatMap((context) => boundIn(context, settings[context] ?? {})),
      coveredByAny.flatMap((context) => boundIn(context, settings.any)),
    ]),
    presetBindings(keymap),
    defaultBindings,
  ];
  const found: Binding[] = [];
  for (const layer of layers) {
    const same = ({ context }: Binding, bindings: readonly Binding[]) =>
      bindings.filter((other) => other.context === context);
    // An empty line takes this very key away, and frees what begins with it.
    const taken = (b: Binding) =>
      same(b, found).some((h) => (h.line === "" ? h.keys === b.keys : clash(h.keys, b.keys))) ||
      // A key that stands for something by itself is not waited behind.
      same(b, layer).some((short) => short.line !== "" && begins(short.keys, b.keys));
    found.push(...layer.filter((binding) => !taken(binding)));
  }
  return spread(found).filter(({ line }) => line !== "");
}

/** Leaves in `any` what holds in every context, and puts what does not into those where it does. */
function spread(bindings: readonly Binding[]): Binding[] {
  const any = bindings.filter(({ context }) => context === "any");
  const own = (context: KeyContext) => bindings.filter((b) => b.context === context);
  const holds = (b: Binding, context: KeyContext) =>
    own(context).every(({ keys, line }) =>
      keys === b.keys ? line === b.line : line === "" || !clash(keys, b.keys),
    );
  const everywhere = any.filter((b) => keyPlaces.every((context) => holds(b, context)));
  const told = (b: Binding) => everywhere.some(({ keys, line }) => keys === b.keys && line === b.line);
  return [
    ...keyPlaces.flatMap((context) => {
      const here = own(context).filter((b) => !told(b));
      const known = new Set(here.map(({ keys }) => keys));
      const also = any.filter((b) => !told(b) && holds(b, context) && !known.has(b.keys));
      return [...here, ...also.map((b) => ({ ...b, context }))];
    }),
    ...everywhere,
  ];
}

/** Of what `bindingsOf` tells, the keys that hold in a context. */
export function held(bindings: readonly Binding[], context: KeyContext): Binding[] {
  return bindings.filter((b) => b.context === context || b.context === "any");
}

/** The keys that do this there; null where none do. */
export function keysTo(bindings: readonly Binding[], line: string, context: KeyContext): string | null {
  const bound = held(bindings, context).find((b) => b.line === line);
  return bound?.keys.replaceAll(" ", "") ?? null;
}

/** What is told of one context: each line with all its keys there. */
export function keysByLine(
  bindings: readonly Binding[],
  context: KeyContext,
): { readonly line: string; readonly keys: string[] }[] {
  const byLine = new Map<string, string[]>();
  for (const { keys, line } of bindings.filter((b) => b.context === context))
    byLine.set(line, [...(byLine.get(line) ?? []), keys]);
  return [...byLine].map(([line, keys]) => ({ line, keys }));
}

export type KeyResult =
  | { readonly kind: "line"; readonly line: string; readonly count: number | null }
  /** More keys are needed; these were typed. */
  | { readonly kind: "pending"; readonly keys: string }
  | { readonly kind: "none"; readonly keys: string };

/** Collects keys into sequences, with a count before them (`5 j`). */
export class KeyReader {
  readonly #bindings: () => readonly Binding[];
  #keys: string[] = [];
  #count = "";

  constructor(bindings: () => readonly Binding[]) {
    this.#bindings = bindings;
  }

  /** What was typed and not yet used, for the status line. */
  get pending(): string {
    return this.#count + this.#keys.join(" ");
  }

  reset(): void {
    this.#keys = [];
    this.#count = "";
  }

  /** Bindings that what was typed may still become, with the keys that are missing. */
  continuations(context: KeyContext): Binding[] {
    if (this.#keys.length === 0) return [];
    const typed = this.#keys.join(" ");
    return held(this.#bindings(), context)
      .filter(({ keys }) => begins(typed, keys))
      .map((b) => ({ ...b, keys: b.keys.slice(typed.length + 1) }));
  }

  press(key: string, context: KeyContext): KeyResult {
    if (key === "Esc" && this.pending !== "") {
      // It ends what was begun, and does nothing else.
      this.reset();
      return { kind: "none", keys: key };
    }
    if (this.#keys.length === 0 && /^[0-9]$/.test(key) && (key !== "0" || this.#count !== "")) {
      this.#count = (this.#count + key).slice(0, 9);
      return { kind: "pending", keys: this.pending };
    }
    this.#keys.push(key);
    const typed = this.#keys.join(" ");
    const shown = this.pending;
    const count = this.#count === "" ? null : Number(this.#count);
    const bindings = held(this.#bindings(), context);
    const exact = bindings.find(({ keys }) => keys === typed);
    if (!exact && bindings.some(({ keys }) => begins(typed, keys))) return { kind: "pending", keys: shown };
    this.reset();
    return exact ? { kind: "line", line: exact.line, count } : { kind: "none", keys: shown };
  }
}
