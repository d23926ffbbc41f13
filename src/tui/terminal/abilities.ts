/** What a terminal can do beyond the common, by asking it (DECRQM, DEC STD 070): a terminal that says nothing cannot. */

export interface Abilities {
  /** Shows what stands between CSI ? 2026 h and l at once, and never half of it. */
  readonly syncUpdates: boolean;
  /** Has left and right margins (DECLRMM, DECSLRM): scrolls one pane and leaves those beside it. */
  readonly margins: boolean;
  /** Tells keys without doubt, Esc too, where it is asked to (kitty's keyboard protocol). */
  readonly keys: boolean;
}

export const noAbilities: Abilities = { syncUpdates: false, margins: false, keys: false };

/** Asks for all of them. A terminal that shows a question instead of reading it must be cleared afterwards. */
export const abilitiesQuery = "\x1b[?2026$p\x1b[?69$p\x1b[?u";

/** Has keys told as sequences of their own (1), with what they are with Shift and on a Latin keyboard (4); and as before. */
export const tellKeys = "\x1b[>5u";
export const tellKeysAsBefore = "\x1b[<u";

/** Terminals that are older than the question. */
export function mayAskForAbilities(term: string | undefined): boolean {
  return !/^(?:linux|vt\d|ansi|dumb|eterm)/.test(term ?? "dumb");
}

/** What an answer of the terminal (`[?69;2$y`) adds to what is known; null for an answer to something else. */
export function abilitiesAnswer(known: Abilities, answer: string): Abilities | null {
  if (/^\[\?\d+u$/.test(answer)) return { ...known, keys: true };
  const [, mode, state] = /^\[\?(\d+);(\d)\$y$/.exec(answer) ?? [];
  if (mode === undefined) return null;
  // 1 set, 2 not set; 0 is not known, 3 and 4 cannot be changed.
  const can = state === "1" || state === "2";
  if (mode === "2026") return { ...known, syncUpdates: can };
  return mode === "69" ? { ...known, margins: can } : known;
}

/** Strikes text out (SGR 9). Nothing can be asked for that; the console and GNU screen do not. */
export function strikesOut(term: string | undefined): boolean {
  return !/^(?:linux|vt\d|ansi|dumb|eterm|screen)/.test(term ?? "dumb");
}
