/**
 * Lines of text that stand in a frame as one character each. What Ink lays out is where a line begins; what it says
 * goes by it, since measuring and cutting every line anew would cost more than all the rest of a frame.
 */

import { toAscii } from "./ascii.ts";

/** Supplementary private use area A: no text of a message is ever read as one of these, it goes another way. */
const firstSlot = 0xf0000;
const lastSlot = 0xffffd;
const slotCharacter = /[\u{f0000}-\u{ffffd}]/gu;

/** A line in a frame, and the column where it begins. */
export interface SlotPlace {
  readonly column: number;
  readonly text: string;
}

export class Slots {
  readonly #texts: string[] = [];
  readonly #free: number[] = [];
  readonly #changed: () => void;
  /** The terminal shows no more than ASCII. */
  ascii = false;

  /** `changed` is called when a line says something else than before. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** A slot for a line, empty; 65,000 at a time are more than any screen has lines. */
  take(): number {
    const slot = this.#free.pop() ?? this.#texts.length;
    this.#texts[slot] = "";
    return Math.min(slot, lastSlot - firstSlot);
  }

  release(slot: number): void {
    this.#free.push(slot);
  }

  set(slot: number, text: string): void {
    const shown = this.ascii ? toAscii(text) : text;
    if (this.#texts[slot] === shown) return;
    this.#texts[slot] = shown;
    this.#changed();
  }

  /** What stands in the frame for a line. */
  character(slot: number): string {
    return String.fromCodePoint(firstSlot + slot);
  }

  /** The lines that a line of a frame stands for, from the left; empty where it is text itself. */
  places(line: string): SlotPlace[] {
    const places: SlotPlace[] = [];
    // Each of these characters is two units long and one column wide; all the others are blanks.
    for (const { index, 0: character } of line.matchAll(slotCharacter)) {
      const text = this.#texts[(character.codePointAt(0) ?? firstSlot) - firstSlot] ?? "";
      places.push({ column: index - places.length, text });
    }
    return places;
  }
}
