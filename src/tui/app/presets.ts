/** Keymaps for hands that know another program, laid over the default one. Chosen by `keymap` in the config. */
import type { Keymap } from "../../account/settings.ts";
import { boundIn, defaultBindings } from "./default-keys.ts";
import type { Binding, KeyContext } from "./keymap.ts";

type Table = Readonly<Record<string, string>>;
type Preset = Readonly<Partial<Record<KeyContext, Table>>>;

const emacsWriting: Table = { C: "compose", R: "reply", W: "reply-all", F: "forward" };

const emacsMoving: Table = {
  "C-n": "next",
  "C-p": "previous",
  "C-v": "page-down",
  "M-v": "page-up",
};

const aercWriting: Table = {
  "r r": "reply-all",
  "r q": "reply-all",
  "R r": "reply",
  "R q": "reply",
  C: "compose",
};

/** Upper case or lower, as all letters are there. */
const alpineGoing: Table = {
  g: "prompt go ",
  G: "prompt go ",
  l: "focus folders",
  L: "focus folders",
};

/** Empty lines take a default key away. */
const tables: Readonly<Record<Keymap, Preset>> = {
  default: {},
  mutt: {
    list: {
      g: "reply-all",
      R: "go @drafts",
      "=": "first",
      "*": "last",
      "]": "half-page-down",
      "[": "half-page-up",
      z: "page-down",
      Z: "page-up",
      N: "flag toggle seen",
      w: "prompt flag +",
      W: "prompt flag -",
      t: "mark-next",
      "C-t": "prompt unmark ",
      "M-t": "mark-thread",
      "M-v": "fold toggle",
      "M-V": "fold toggle all",
      "C-n": "next-thread",
      "C-p": "previous-thread",
      "C-d": "on-thread delete",
      "C-r": "on-thread flag +seen",
      x: "quit!",
      Space: "open",
    },
    reader: {
      g: "reply-all",
      R: "go @drafts",
      i: "back",
      x: "back",
      N: "flag toggle seen",
      "-": "page-up",
      "^": "first",
    },
    folders: { "=": "first", "*": "last", z: "page-down", Z: "page-up" },
    review: {
      "M-f": "review from",
      "C-o": "review rename",
      "p s": "review sign",
      "p e": "review encrypt",
    },
    any: { "Z Z": "" },
  },
  aerc: {
    list: {
      ...aercWriting,
      v: "mark",
      Space: "mark-next",
      D: "delete",
      "C-Down": "next-folder",
      "C-Up": "previous-folder",
      T: "toggle-threads",
      Tab: "fold toggle",
      t: "",
    },
    reader: {
      ...aercWriting,
      D: "delete",
      "C-j": "focus attachments",
      "C-l": "prompt open-link ",
      "C-y": "prompt copy-link ",
      H: "headers",
    },
    review: { s: "review sign", x: "review encrypt", S: "review subject" },
    any: { "C-n": "next-account", "C-p": "previous-account" },
  },
  alpine: {
    list: {
      C: "compose-or-go-on",
      R: "reply",
      F: "forward",
      B: "prompt bounce --to ",
      n: "next",
      p: "previous",
      N: "next",
      P: "previous",
      v: "open",
      V: "open",
      ">": "open",
      "<": "focus folders",
      Space: "page-down",
      "-": "page-up",
      "*": "flag toggle flagged",
      ";": "prompt mark ",
      w: "prompt-search",
      W: "prompt-search",
      z: "prompt limit ",
      "/": "fold toggle",
      $: "prompt sort ",
      x: "expunge --all",
      D: "delete",
      U: "undo",
      S: "prompt move --to ",
      Q: "quit",
      ...alpineGoing,
    },
    reader: {
      C: "compose-or-go-on",
      R: "reply",
      F: "forward",
      B: "prompt bounce --to ",
      "%": "prompt print ",
      ...alpineGoing,
      n: "next-message",
      p: "previous-message",
      N: "next-message",
      P: "previous-message",
      "<": "back",
      ">": "focus attachments",
      "-": "page-up",
      D: "delete",
      U: "undo",
      S: "prompt move --to ",
      Q: "quit",
    },
    folders: {
      n: "next",
      p: "previous",
      N: "next",
      P: "previous",
      ">": "open",
      "<": "focus list",
      Q: "quit",
      ...alpineGoing,
    },
    page: alpineGoing,
    review: {
      "C-x": "review send",
      "C-j": "review attach",
      "C-o": "review keep",
      "C-c": "review discard",
    },
    any: alpineGoing,
  },
  emacs: {
    list: {
      ...emacsWriting,
      ...emacsMoving,
      "M-<": "first",
      "M->": "last",
      "C-s": "prompt-search",
      m: "mark-next",
      "%": "prompt mark ",
      "T T": "toggle-threads",
      "T h": "fold",
      "T s": "unfold",
      "T H": "fold all",
      "T S": "unfold all",
      "T n": "next-thread",
      "T p": "previous-thread",
      "T #": "mark-thread",
      "C-d": "delete",
    },
    reader: {
      ...emacsWriting,
      ...emacsMoving,
      "M-<": "first",
      "M->": "last",
      n: "next-message",
      p: "previous-message",
    },
    folders: emacsMoving,
    review: {
      ...emacsMoving,
      "C-c C-c": "review send",
      "C-c C-a": "review attach",
      "C-c C-d": "review keep",
      "C-x C-s": "review keep",
      "C-c C-k": "review discard",
    },
    page: { ...emacsMoving, "C-s": "prompt-search" },
    any: {
      "C-x C-c": "quit",
      "C-_": "undo",
      "C-x u": "undo",
      "C-x m": "compose",
      "C-x b": "prompt go ",
    },
  },
};

/** Where `g` is a key by itself, what begins with it in the default keymap begins with this: mutt's for marked messages. */
const insteadOfG: Readonly<Partial<Record<Keymap, string>>> = { mutt: "'", alpine: "'" };

/** What a preset binds; a binding with an empty line takes the default's away. */
export function presetBindings(name: Keymap): Binding[] {
  const prefix = insteadOfG[name];
  const moved = defaultBindings.filter(({ keys }) => prefix !== undefined && keys.startsWith("g "));
  return [
    ...Object.entries(tables[name]).flatMap(([context, table]) => boundIn(context as KeyContext, table)),
    ...moved.flatMap((b) => [
      { ...b, line: "" },
      { ...b, keys: `${prefix}${b.keys.slice(1)}` },
    ]),
  ];
}
