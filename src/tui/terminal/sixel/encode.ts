/** Sixels (DEC STD 070 §9.9, VT340 programmer's reference, chapter 14): six rows of pixels to a line, one colour at a time. */
import type { Indexed } from "./palette.ts";

/** What introduces a picture whose unpainted pixels leave the screen as it is. */
const introducer = "\x1bP0;1q";
const terminator = "\x1b\\";
const band = 6;
/** From this many equal sixels on, a count is shorter. */
const counted = 4;
const percent = (value: number) => Math.round((value * 100) / 255);

/** The rows of pixels from `top` up to `bottom` as a picture of their own, in the colours they have. */
export function sixels(picture: Indexed, top: number, bottom: number): string {
  const { width, palette } = picture;
  const used = usedIn(picture, top, bottom);
  let out = `${introducer}"1;1;${width};${bottom - top}`;
  for (const number of used) {
    const [red, green, blue] = palette[number - 1]!;
    out += `#${number - 1};2;${percent(red)};${percent(green)};${percent(blue)}`;
  }
  const rows = new Uint8Array((palette.length + 1) * width);
  for (let y = top; y < bottom; y += band) {
    if (y > top) out += "-";
    out += bandOf(picture, y, Math.min(bottom, y + band), rows);
  }
  return out + terminator;
}

/** Numbers of the colours in these rows, in order. */
function usedIn({ width, palette, numbers }: Indexed, top: number, bottom: number): number[] {
  const seen = new Uint8Array(palette.length + 1);
  for (let at = top * width; at < bottom * width; at++) seen[numbers[at]!] = 1;
  return palette.flatMap((_, i) => (seen[i + 1] ? i + 1 : []));
}

/** One line of sixels; `rows` is room for the sixels of each colour, all 0, and is left so. */
function bandOf(picture: Indexed, top: number, bottom: number, rows: Uint8Array): string {
  const { width, numbers } = picture;
  for (let y = top; y < bottom; y++)
    for (let x = 0; x < width; x++) {
      const number = numbers[y * width + x]!;
      if (number > 0) rows[number * width + x]! |= 1 << (y - top);
    }
  let out = "";
  for (const number of usedIn(picture, top, bottom)) {
    const row = rows.subarray(number * width, (number + 1) * width);
    out += `${out === "" ? "" : "$"}#${number - 1}${runs(row)}`;
    row.fill(0);
  }
  return out;
}

/** A row of sixels, with counts where many are equal; what is empty at its end is left out. */
function runs(row: Uint8Array): string {
  let end = row.length;
  while (end > 0 && row[end - 1] === 0) end--;
  let out = "";
  for (let x = 0; x < end; ) {
    let next = x + 1;
    while (next < end && row[next] === row[x]) next++;
    const sixel = String.fromCharCode(63 + row[x]!);
    out += next - x >= counted ? `!${next - x}${sixel}` : sixel.repeat(next - x);
    x = next;
  }
  return out;
}
