/** Keymaps for hands that know another program, laid over the default one. Chosen by `keymap` in the config. */
import type { Keymap } from "../../account/settings.ts";
import type { Binding, KeyContext } from "./keymap.ts";

type Table = Readonly<Record<string, string>>;
type Preset = Readonly<Partial<Record<KeyContext, Table>>>;

/** Empty lines take a default key away. */
const tables: Readonly<Record<Keymap, Preset>> = {
  default: {},
  mutt: {
    list: {
      "=": "first",
      "*": "last",
      "]": "half-page-down",
      "[": "half-page-up",
      z: "page-down",
      Z: "page-up",
      N: "flag toggle seen",
      w: "prompt flag +",
      W: "prompt flag -",
      "C-t": "prompt unmark ",
      x: "quit!",
      Space: "open",
    },
    reader: {
      i: "back",
      x: "back",
      N: "flag toggle seen",
      "-": "page-up",
      "^": "first",
      $: "last",
    },
    folders: { "=": "first", "*": "last", z: "page-down", Z: "page-up" },
    any: { "Z Z": "" },
  },
  aerc: {
    list: {
      v: "mark",
      Space: "mark-next",
      D: "delete",
      "C-Down": "next-folder",
      "C-Up": "previous-folder",
      t: "",
    },
    reader: {
      D: "delete",
      "C-j": "focus attachments",
      "C-l": "prompt open-link ",
      "C-y": "prompt copy-link ",
      H: "headers",
    },
  },
  alpine: {
    list: {
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
      $: "prompt sort ",
      x: "expunge --all",
      D: "delete",
      U: "undo",
      S: "prompt move --to ",
      Q: "quit",
      g: "prompt go ",
    },
    reader: {
      g: "prompt go ",
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
    },
    any: { l: "focus folders", L: "focus folders", "M-x": "prompt" },
  },
  emacs: {
    list: {
      "C-n": "next",
      "C-p": "previous",
      "C-v": "page-down",
      "M-v": "page-up",
      "M-<": "first",
      "M->": "last",
      "C-s": "prompt-search",
      m: "mark-next",
      "C-d": "delete",
    },
    reader: {
      "C-n": "next",
      "C-p": "previous",
      "C-v": "page-down",
      "M-v": "page-up",
      "M-<": "first",
      "M->": "last",
      n: "next-message",
      p: "previous-message",
    },
    folders: { "C-n": "next", "C-p": "previous", "C-v": "page-down", "M-v": "page-up" },
    page: { "C-n": "next", "C-p": "previous", "C-v": "page-down", "M-v": "page-up", "C-s": "prompt-search" },
    any: { "M-x": "prompt", "C-x C-c": "quit", "C-_": "undo", "C-x u": "undo", "C-x b": "prompt go " },
  },
};

/** What a preset binds; a binding with an empty line takes the default's away. */
export function presetBindings(name: Keymap): Binding[] {
  return Object.entries(tables[name]).flatMap(([context, table]) =>
    Object.entries(table).map(([keys, line]) => ({ context: context as KeyContext, keys, line })),
  );
}
