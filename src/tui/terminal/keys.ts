/**
 * Bytes from a keyboard as named keys: `j`, `J`, `Space`, `Enter`, `Esc`, `Tab`, `S-Tab`, `Backspace`, `Up`, `PgDn`,
 * `F5`, `C-d`, `M-x`, `C-Right`, and pasted text. Modifiers are written in the order `C-` `M-` `S-`.
 */

export type Input =
  | { readonly kind: "key"; readonly key: string }
  /** A mouse button went down, or its wheel turned a notch; the cell is counted from 0. */
  | {
      readonly kind: "mouse";
      readonly what: "press" | "wheel-up" | "wheel-down";
      readonly column: number;
      readonly row: number;
    }
  /** The terminal's answer to a query: an OSC string without its brackets; `_` and an APC string; a report `[6;…t`, `[?…$y`, `[?…c`, `[?…S` or `[?…u`. */
  | { readonly kind: "answer"; readonly text: string }
  /** Bracketed paste: line ends are LF, other control characters but Tab are left out. */
  | { readonly kind: "paste"; readonly text: string };

/** Pastes are cut to this many UTF-16 units. */
export const maxPaste = 1 << 20;
/** A sequence longer than this is not a key. */
const maxSequence = 256;
/** Alt and its key come in one packet, or nearly: a key that comes later than this after an Esc is a key of its own. */
const altMs = 50;
/** What follows an Esc that was already given up on is still taken for its rest for this long. */
const lateMs = 1000;

const letters: Readonly<Record<string, string>> = {
  A: "Up", B: "Down", C: "Right", D: "Left", E: "Begin", F: "End", H: "Home",
  P: "F1", Q: "F2", R: "F3", S: "F4", Z: "S-Tab",
}; // biome-ignore format: a table
const tildes: Readonly<Record<string, string>> = {
  1: "Home", 2: "Insert", 3: "Delete", 4: "End", 5: "PgUp", 6: "PgDn", 7: "Home", 8: "End",
  11: "F1", 12: "F2", 13: "F3", 14: "F4", 15: "F5", 17: "F6", 18: "F7", 19: "F8", 20: "F9", 21: "F10", 23: "F11", 24: "F12",
}; // biome-ignore format: a table
const controls: Readonly<Record<string, string>> = {
  "\r": "Enter", "\n": "Enter", "\t": "Tab", "\x7f": "Backspace", "\b": "Backspace", " ": "Space", "\x1b": "Esc", "\0": "C-Space",
}; // biome-ignore format: a table

/** Keys beside the others, by the numbers that kitty's protocol has for them. */
const keypad: Readonly<Record<number, string>> = {
  ...Object.fromEntries([..."0123456789./*-+"].map((key, i) => [57399 + i, key])),
  57414: "Enter", 57415: "=", 57416: ",", 57417: "Left", 57418: "Right", 57419: "Up", 57420: "Down", 57421: "PgUp",
  57422: "PgDn", 57423: "Home", 57424: "End", 57425: "Insert", 57426: "Delete", 57427: "Begin",
}; // biome-ignore format: a table

const csi = /^\x1b\[([\x30-\x3f]*)([\x20-\x2f]*)([\x40-\x7e])/;
const csiBegun = /^\x1b\[[\x30-\x3f]*[\x20-\x2f]*$/;
/** SGR mouse reports (CSI ? 1006 h). */
const mouse = /^\x1b\[<(\d{1,4});(\d{1,5});(\d{1,5})([Mm])/;
const linuxFunction = /^\x1b\[\[([A-E])/;
/** Answers of the terminal: OSC, DCS and kitty's APC strings. With anything else behind it, `ESC ]` is Alt and a bracket. */
const stringBegun = /^\x1b(?:\]\d|P[\d>!$+]|_G)/;
const string = /^\x1b[\]P_][^\x07\x1b]*(?:\x07|\x1b\\)/;
/**
 * The size of a cell in pixels (CSI 16 t), how a mode is set (DECRPM), what it is (DA1), its graphics (XTSMGRAPHICS), and how
 * its keys are told (kitty).
 */
const terminalReport = /^\x1b(\[6;\d{1,5};\d{1,5}t|\[\?\d{1,5};\d\$y|\[\?[\d;]{1,99}[cS]|\[\?\d{1,5}u)/;
const pasteBegin = "\x1b[200~";
const pasteEnd = "\x1b[201~";

/** Takes bytes in pieces of any size; what is not complete yet waits for the next piece, or for `flush`. */
export class KeyParser {
  readonly #decoder = new TextDecoder();
  #rest = "";
  #paste: string | null = null;
  #givenUpAt = Number.NEGATIVE_INFINITY;
  /** When the octets that wait have come. */
  #cameAt = Number.NEGATIVE_INFINITY;

  /** `escape`: bytes wait that may be a key of their own. `paste`: a paste has not ended. `none`: nothing waits. */
  get waiting(): "none" | "escape" | "paste" {
    if (this.#paste !== null) return "paste";
    return this.#rest === "" ? "none" : "escape";
  }

  /** What these bytes complete. `now` in milliseconds. */
  push(bytes: Uint8Array, now = Date.now()): Input[] {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (text === "") return [];
    // The rest of an arrow key whose Esc came alone on a slow line: nobody types `[A` in one packet.
    if (
      this.#rest === "" &&
      now - this.#givenUpAt < lateMs &&
      /^(?:\[[\d;]*[A-HPQRSZ~]|O[A-DFHP-S])/.test(text)
    )
      text = `\x1b${text}`;
    this.#givenUpAt = Number.NEGATIVE_INFINITY;
    const apart = this.#rest === "\x1b" && this.#paste === null && now - this.#cameAt > altMs;
    const before = apart && !/^[[\]OP_]/.test(text) ? this.#read(true) : [];
    this.#rest += text;
    this.#cameAt = now;
    return [...before, ...this.#read(false)];
  }

  /** Nothing more has come for a while: what waits is taken as it is. */
  flush(now = Date.now()): Input[] {
    if (this.#rest === "\x1b" && this.#paste === null) this.#givenUpAt = now;
    const found = this.#read(true);
    if (this.#paste === null) return found;
    const text = this.#paste + this.#rest;
    this.#paste = null;
    this.#rest = "";
    return [...found, { kind: "paste", text: pasted(text) }];
  }

  #read(final: boolean): Input[] {
    const found: Input[] = [];
    for (;;) {
      if (this.#paste !== null) {
        if (!this.#readPaste(found)) return found;
      } else if (this.#rest.startsWith(pasteBegin)) {
        this.#rest = this.#rest.slice(pasteBegin.length);
        this.#paste = "";
      } else {
        const length = this.#readKey(found, final);
        if (length === 0) return found;
        this.#rest = this.#rest.slice(length);
      }
    }
  }

  /** True where the paste ended and there may be more. */
  #readPaste(found: Input[]): boolean {
    const end = this.#rest.indexOf(pasteEnd);
    const text = (this.#paste ?? "") + (end < 0 ? this.#rest : this.#rest.slice(0, end));
    if (end < 0) {
      // The end mark may be split over packets: its beginning stays behind.
      const keep =
        text.lastIndexOf("\x1b", text.length) >= text.length - pasteEnd.length + 1
          ? text.lastIndexOf("\x1b")
          : text.length;
      this.#paste = text.slice(0, Math.min(keep, maxPaste));
      this.#rest = text.slice(keep);
      return false;
    }
    found.push({ kind: "paste", text: pasted(text) });
    this.#paste = null;
    this.#rest = this.#rest.slice(end + pasteEnd.length);
    return true;
  }

  /** Reads one key at the start of what waits; the units it took, or 0 where it is not complete. */
  #readKey(found: Input[], final: boolean): number {
    const rest = this.#rest;
    if (rest === "") return 0;
    const push = (key: string | null) => {
      if (key !== null) found.push({ kind: "key", key });
    };
    if (rest[0] !== "\x1b") {
      const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
      push(keyOf(character));
      return character.length;
    }
    const linux = linuxFunction.exec(rest);
    if (linux) {
      push(`F${"ABCDE".indexOf(linux[1]!) + 1}`);
      return linux[0].length;
    }
    const report = mouse.exec(rest);
    if (report) {
      found.push(...mouseInput(report));
      return report[0].length;
    }
    const told = terminalReport.exec(rest);
    if (told) {
      found.push({ kind: "answer", text: told[1]! });
      return told[0].length;
    }
    const sequence = csi.exec(rest);
    if (sequence && rest !== "\x1b[[") {
      push(keyOfCsi(sequence[1]!, sequence[2]!, sequence[3]!));
      return sequence[0].length;
    }
    if (rest.startsWith("\x1bO") && rest.length > 2 && letters[rest[2]!]) {
      push(letters[rest[2]!]!);
      return 3;
    }
    const answer = string.exec(rest);
    if (answer && stringBegun.test(rest)) {
      const [whole] = answer;
      const text = whole.slice(whole.startsWith("\x1b_") ? 1 : 2).replace(/(?:\x07|\x1b\\)$/, "");
      if (!whole.startsWith("\x1bP")) found.push({ kind: "answer", text });
      return whole.length;
    }

    const begun = rest === "\x1b" || rest === "\x1b[[" || rest === "\x1bO" || csiBegun.test(rest);
    const stringOpen = stringBegun.test(rest) || /^\x1b[\]P_]$/.test(rest);
    if (!final && (begun || stringOpen) && rest.length < maxSequence * (stringOpen ? 16 : 1)) return 0;
    // Neither complete nor going to be: an unfinished sequence is dropped, anything else is Esc or Alt with a key.
    if (stringBegun.test(rest) || (csiBegun.test(rest) && rest.length > 2)) return rest.length;
    const next = rest.slice(1);
    if (next === "" || next[0] === "\x1b") {
      push("Esc");
      return 1;
    }
    if (rest.startsWith("\x1b[") && !csiBegun.test(rest)) return 2;
    const character = String.fromCodePoint(next.codePointAt(0) ?? 0);
    const key = keyOf(character);
    push(key === null ? null : withModifiers(key, 2));
    return 1 + character.length;
  }
}

/** Only what is used: the left button going down, and the wheel. */
function mouseInput([, code = "", x = "", y = "", final]: RegExpExecArray): Input[] {
  const button = Number(code) & ~0b11100;
  const what = button === 0 ? "press" : button === 64 ? "wheel-up" : button === 65 ? "wheel-down" : null;
  if (what === null || final === "m") return [];
  return [{ kind: "mouse", what, column: Math.max(0, Number(x) - 1), row: Math.max(0, Number(y) - 1) }];
}

/** The name of a character's key; null for those that are none. */
function keyOf(character: string): string | null {
  const named = controls[character];
  if (named) return named;
  const code = character.codePointAt(0) ?? 0;
  if (code >= 1 && code <= 26) return `C-${String.fromCharCode(code + 96)}`;
  if (code >= 28 && code <= 31) return `C-${String.fromCharCode(code + 64)}`;
  if (code >= 0x80 && code < 0xa0) return null;
  return character === "\ufffd" ? null : character;
}

function keyOfCsi(parameters: string, intermediates: string, final: string): string | null {
  if (intermediates !== "" || !/^[\d;:]*$/.test(parameters)) return null;
  const given = parameters.split(";").map((p) => p.split(":").map(Number));
  const [first = [], second = [], third = []] = given;
  const modifiers = Math.max(0, (second[0] || 1) - 1);
  // Super, Hyper and Meta are the desktop's; a key that is let go says so.
  if (modifiers & 0b111000 || second[1] === 3) return null;
  const number = first[0] ?? 0;
  if (final === "~" && number === 27) return keyOfCode([third[0] ?? 0], modifiers);
  if (final === "~") return named(tildes[String(number)], modifiers);
  if (final === "u") return keyOfCode(first, modifiers);
  // Focus reports, mouse reports and answers to queries end in other letters, or carry other numbers before these.
  if (number > 1) return null;
  return named(letters[final], modifiers);
}

function named(key: string | undefined, modifiers: number): string | null {
  return key === undefined ? null : withModifiers(key, modifiers);
}

/** The code point with Shift, where a letter's is not told. */
function upper(code: number): number {
  return code > 0x10ffff ? code : (String.fromCodePoint(code).toUpperCase().codePointAt(0) ?? code);
}

/** What these are called where Control makes them one and the same octet. */
const sameKeys: Readonly<Record<string, string>> = {
  "[": "Esc",
  i: "Tab",
  m: "Enter",
  h: "Backspace",
  "/": "_",
};

/**
 * A key told by its code point (`CSI u`, modifyOtherKeys), or by three of them (kitty's protocol): the key's own, the one it has
 * with Shift, and the one that stands there on a Latin keyboard.
 */
function keyOfCode([own = 0, shifted = 0, latin = 0]: readonly number[], modifiers: number): string | null {
  const control = (modifiers & 4) !== 0;
  if (own >= 57344 && own <= 63743) return named(keypad[own], modifiers);
  const typed = modifiers & 1 ? shifted || upper(own) : own;
  const code = control && typed > 0x7f && latin > 0 ? latin : typed;
  if (code < 1 || code > 0x10ffff) return null;
  const key = keyOf(String.fromCodePoint(code));
  if (key === null) return null;
  // Shift held with one of these is mostly a slip; elsewhere it is not told at all.
  if (key === "Enter" || key === "Space" || key === "Backspace" || key === "Esc")
    return withModifiers(key, control ? modifiers : modifiers & ~1);
  if (key.length > 1 && key.codePointAt(0)! <= 0xffff) return withModifiers(key, modifiers);
  // A character already says whether Shift was held; with Control nobody tells the cases apart.
  const same = control ? sameKeys[key] : undefined;
  if (same !== undefined) return withModifiers(same, same === "_" ? modifiers & ~1 : modifiers & ~5);
  return withModifiers(control ? key.toLowerCase() : key, modifiers & ~1);
}

function withModifiers(key: string, modifiers: number): string {
  const [, control = "", shift = "", base = key] = /^(C-)?(S-)?(.+)$/s.exec(key) ?? [];
  const c = control || modifiers & 4 ? "C-" : "";
  const m = modifiers & 2 ? "M-" : "";
  const s = shift || modifiers & 1 ? "S-" : "";
  return c + m + s + base;
}

function pasted(text: string): string {
  return text
    .slice(0, maxPaste)
    .replace(/\r\n?/g, "\n")
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}
