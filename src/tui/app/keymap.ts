/**
 * Keys as data: which command line each key sequence stands for, and where. The help screen, the key bar and the
 * man page are made from this table; `[keys]` of the config adds to it.
 */

import type { KeySettings } from "../../account/config.ts";
import { type Keymap, keyPlaces } from "../../account/settings.ts";
import type { Folder } from "../../mail/index.ts";
import { presetBindings } from "./presets.ts";

/** Where keys go; `any` holds everywhere that no other binding does. */
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

/** The contexts that the help tells of, in its order, and whose keys a person may set: all but the page's own. */
export const helpContexts: readonly KeyContext[] = [
  "list",
  "reader",
  "attachments",
  "folders",
  "review",
  "any",
];

export interface Binding {
  readonly context: KeyContext;
  /** Keys in order, separated by spaces: `g g`, `C-d`, `Enter`. */
  readonly keys: string;
  /** What `:` would be given. */
  readonly line: string;
}

/** The bindings of one context. */
function boundIn(context: KeyContext, table: Readonly<Record<string, string>>): Binding[] {
  return Object.entries(table).map(([keys, line]) => ({ context, keys, line }));
}

const messages: Readonly<Record<string, string>> = {
  d: "delete",
  u: "undo",
  "C-r": "redo",
  a: "archive",
  A: "on-thread archive",
  "g D": "on-thread delete",
  "g M": "on-thread flag +seen",
  F: "flag toggle flagged",
  Y: "prompt flag toggle ",
  M: "flag toggle seen",
  s: "prompt move --to ",
  C: "prompt copy --to ",
  r: "reply",
  R: "reply-all",
  L: "reply-list",
  f: "forward",
  b: "prompt bounce --to ",
  E: "edit-as-new",
  "!": "toggle-junk",
};

/** Row by row and page by page, over what covers the panes. */
const pages: Readonly<Record<string, string>> = {
  j: "next",
  Down: "next",
  k: "previous",
  Up: "previous",
  Space: "page-down",
  PgDn: "page-down",
  "C-f": "page-down",
  PgUp: "page-up",
  "C-b": "page-up",
};

export const defaultBindings: readonly Binding[] = [
  ...boundIn("list", {
    j: "next",
    Down: "next",
    k: "previous",
    Up: "previous",
    "C-d": "half-page-down",
    "C-u": "half-page-up",
    PgDn: "page-down",
    "C-f": "page-down",
    PgUp: "page-up",
    "C-b": "page-up",
    "g g": "first",
    Home: "first",
    G: "last",
    End: "last",
    Enter: "open",
    Right: "open",
    Tab: "next-unread",
    "S-Tab": "previous-unread",
    t: "mark",
    Space: "mark-next",
    V: "visual",
    T: "prompt mark ",
    "M-t": "prompt unmark ",
    o: "prompt sort ",
    O: "sort reverse",
    "|": "prompt pipe ",
    ...messages,
    "z t": "toggle-threads",
    "z a": "fold toggle",
    "z c": "fold",
    "z o": "unfold",
    "z M": "fold all",
    "z R": "unfold all",
    "z j": "next-thread",
    "z k": "previous-thread",
    "g T": "mark-thread",
    "g v": "mark-again",
    X: "expunge --all",
    J: "next-folder",
    K: "previous-folder",
    "/": "prompt-search",
    n: "next-hit",
    N: "previous-hit",
    l: "prompt limit ",
    "\\": "limit",
    Esc: "clear",
    Left: "focus folders",
    y: "focus folders",
    q: "quit",
  }),
  ...boundIn("folders", {
    j: "next",
    Down: "next",
    k: "previous",
    Up: "previous",
    PgDn: "page-down",
    PgUp: "page-up",
    "g g": "first",
    Home: "first",
    G: "last",
    End: "last",
    Enter: "open",
    Right: "open",
    Space: "open",
    Esc: "focus list",
    y: "focus list",
    q: "focus list",
  }),
  ...boundIn("reader", {
    j: "next",
    Down: "next",
    k: "previous",
    Up: "previous",
    Space: "page-down",
    PgDn: "page-down",
    "C-f": "page-down",
    "C-d": "half-page-down",
    Backspace: "page-up",
    PgUp: "page-up",
    "C-b": "page-up",
    "C-u": "half-page-up",
    "g g": "first",
    Home: "first",
    G: "last",
    End: "last",
    J: "next-message",
    K: "previous-message",
    Tab: "next-unread",
    "S-Tab": "previous-unread",
    v: "focus attachments",
    "/": "prompt-search",
    n: "next-hit",
    N: "previous-hit",
    o: "prompt open-link ",
    y: "prompt copy-link ",
    h: "headers",
    e: "raw",
    "z q": "toggle-quotes",
    "z h": "form",
    "z c": "prompt charset ",
    "z i": "pictures",
    "z d": "decrypt",
    "z u": "unsubscribe",
    "z y": "accept",
    "z m": "tentative",
    "z n": "decline",
    "z r": "receipt",
    "|": "prompt pipe ",
    p: "prompt print ",
    ...messages,
    q: "back",
    Esc: "back",
    Left: "back",
  }),
  ...boundIn("attachments", {
    j: "next",
    Down: "next",
    k: "previous",
    Up: "previous",
    s: "prompt-save",
    Enter: "open-attachment",
    "|": "prompt pipe ",
    v: "focus reader",
    q: "focus reader",
    Esc: "focus reader",
    Left: "focus reader",
  }),
  ...boundIn("review", {
    y: "review send",
    e: "review edit",
    ...pages,
    Enter: "review change",
    t: "review to",
    c: "review cc",
    b: "review bcc",
    s: "review subject",
    f: "review from",
    r: "review reply-to",
    a: "review attach",
    d: "review detach",
    D: "review detach",
    R: "review rename",
    S: "review sign",
    E: "review encrypt",
    l: "review later",
    p: "review keep",
    P: "review keep",
    q: "review keep",
    Esc: "review keep",
    n: "review discard",
  }),
  ...boundIn("page", {
    ...pages,
    "g g": "first",
    Home: "first",
    G: "last",
    End: "last",
    "/": "prompt-search",
    Enter: "type",
    q: "back",
    Esc: "back",
    Left: "back",
    "?": "back",
  }),
  ...boundIn("any", {
    "g i": "go @inbox",
    "g s": "go @sent",
    "g d": "go @drafts",
    "g t": "go @trash",
    "g a": "go @archive",
    "g j": "go @junk",
    "g u": "go @unified",
    "}": "next-account",
    "{": "previous-account",
    ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`M-${i + 1}`, `account ${i + 1}`])),
    c: "prompt go ",
    m: "compose",
    "@": "prompt contacts ",
    B: "toggle-folders",
    $: "sync",
    ":": "prompt",
    "M-x": "palette",
    "?": "help",
    "C-g": "cancel",
    "C-l": "redraw",
    "C-z": "suspend",
    "C-c": "interrupt",
    "Z Z": "quit!",
  }),
];

/** Where the keys of an open folder hold. */
const inFolder: readonly KeyContext[] = ["list", "reader", "attachments"];

/**
 * The keys that hold while `folder` is open: the default table, a preset over it, and the person's own over both, the
 * most particular of these first. Own keys for a folder win over own keys for a place, these over own keys for
 * everywhere, which hold in every context but the page.
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
      helpContexts.flatMap((context) => boundIn(context, settings.any)),
    ]),
    presetBindings(keymap),
    defaultBindings,
  ];
  const held: Binding[] = [];
  for (const layer of layers) {
    // A key that stands for something by itself is not waited behind.
    const taken = (b: Binding) =>
      held.some((h) => h.context === b.context && (b.keys === h.keys || b.keys.startsWith(`${h.keys} `)));
    held.push(...layer.filter((binding) => !taken(binding)));
  }
  // An empty command line takes a key's meaning away.
  return held.filter(({ line }) => line !== "");
}

/** The keys that do this there; null where none do. */
export function keysTo(bindings: readonly Binding[], line: string, context: KeyContext): string | null {
  const bound = bindings.find((b) => (b.context === context || b.context === "any") && b.line === line);
  return bound?.keys.replaceAll(" ", "") ?? null;
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
    const typed = `${this.#keys.join(" ")} `;
    const found = new Map<string, Binding>();
    for (const where of [context, "any"] as const)
      for (const b of this.#bindings())
        if (b.context === where && b.keys.startsWith(typed) && !found.has(b.keys))
          found.set(b.keys, { ...b, keys: b.keys.slice(typed.length) });
    return [...found.values()];
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
    const bindings = this.#bindings();
    for (const where of [context, "any"] as const) {
      const exact = bindings.find((b) => b.context === where && b.keys === typed);
      if (exact) {
        this.reset();
        return { kind: "line", line: exact.line, count };
      }
      if (bindings.some((b) => b.context === where && b.keys.startsWith(`${typed} `))) {
        // A prefix in the nearer context may still be completed by a binding of "any".
        return { kind: "pending", keys: shown };
      }
    }
    this.reset();
    return { kind: "none", keys: shown };
  }
}
