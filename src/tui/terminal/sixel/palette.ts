/** A picture in few colours: those it has where they are few enough, else the means of what median cut makes of them. */
import type { Pixels } from "../../../message/pixels/types.ts";

/** A picture as colour numbers. */
export interface Indexed {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue from 0 to 255. Colour number n is `palette[n - 1]`. */
  readonly palette: readonly (readonly [number, number, number])[];
  /** A number for each pixel, by rows; 0 where the screen shows through. */
  readonly numbers: Uint8Array;
}

/** Colours that have a number: it is an octet, and 0 is none. */
const mostColours = 255;
/** Up to this many, what a colour is off is given on to its neighbours; more look well without, and are fewer octets. */
const diffusedUpTo = 64;
/** Pixels less opaque than this are left out: a sixel is painted or not. */
const opaqueFrom = 128;

/** Bits of a colour that are told apart where it is put into a box. */
const bits = 5;
const cell = (red: number, green: number, blue: number) =>
  ((red >> (8 - bits)) << (2 * bits)) | ((green >> (8 - bits)) << bits) | (blue >> (8 - bits));

export function indexed(picture: Pixels, colours: number): Indexed {
  const most = Math.max(2, Math.min(mostColours, colours));
  return ownColours(picture, most) ?? fewerColours(picture, most);
}

/** The picture in the colours it has; null if those are too many. */
function ownColours({ width, height, rgba }: Pixels, most: number): Indexed | null {
  const known = new Map<number, number>();
  const numbers = new Uint8Array(width * height);
  const palette: [number, number, number][] = [];
  for (let i = 0, at = 0; i < numbers.length; i++, at += 4) {
    if (rgba[at + 3]! < opaqueFrom) continue;
    const colour = (rgba[at]! << 16) | (rgba[at + 1]! << 8) | rgba[at + 2]!;
    let number = known.get(colour);
    if (number === undefined) {
      if (palette.length === most) return null;
      palette.push([rgba[at]!, rgba[at + 1]!, rgba[at + 2]!]);
      number = palette.length;
      known.set(colour, number);
    }
    numbers[i] = number;
  }
  return { width, height, palette, numbers };
}

/** The colours of a cell of the cube: how many pixels, and their sums. */
interface Shade {
  readonly cell: number;
  count: number;
  readonly sums: [number, number, number];
}

function fewerColours(picture: Pixels, most: number): Indexed {
  const boxes = cut(shadesOf(picture), most);
  const palette = boxes.map((box): [number, number, number] => {
    const count = box.reduce((sum, shade) => sum + shade.count, 0);
    return [0, 1, 2].map((n) => Math.round(box.reduce((sum, { sums }) => sum + sums[n]!, 0) / count)) as [
      number,
      number,
      number,
    ];
  });
  const numberOf = new Int16Array(1 << (3 * bits)).fill(-1);
  for (const [i, box] of boxes.entries()) for (const shade of box) numberOf[shade.cell] = i + 1;
  return paint(picture, palette, numberOf, most <= diffusedUpTo);
}

function shadesOf({ rgba }: Pixels): Shade[] {
  const shades = new Map<number, Shade>();
  for (let at = 0; at < rgba.length; at += 4) {
    if (rgba[at + 3]! < opaqueFrom) continue;
    const key = cell(rgba[at]!, rgba[at + 1]!, rgba[at + 2]!);
    let shade = shades.get(key);
    if (!shade) {
      shade = { cell: key, count: 0, sums: [0, 0, 0] };
      shades.set(key, shade);
    }
    shade.count++;
    for (let n = 0; n < 3; n++) shade.sums[n]! += rgba[at + n]!;
  }
  return [...shades.values()];
}

/** Cuts the box whose colours differ most, at the mean of the channel in which they do, until there are enough. */
function cut(shades: readonly Shade[], most: number): (readonly Shade[])[] {
  const boxes = [spread(shades)];
  while (boxes.length < most) {
    let widest = 0;
    for (const [i, box] of boxes.entries()) if (box.error > boxes[widest]!.error) widest = i;
    const { shades: whole, channel, mean, error } = boxes[widest]!;
    if (error <= 0) break;
    const isLow = ({ sums, count }: Shade) => sums[channel]! / count <= mean;
    const low = whole.filter(isLow);
    const high = whole.filter((shade) => !isLow(shade));
    if (low.length === 0 || high.length === 0) {
      boxes[widest] = { ...boxes[widest]!, error: 0 };
      continue;
    }
    boxes[widest] = spread(low);
    boxes.push(spread(high));
  }
  return boxes.map((box) => box.shades);
}

/** A box with the channel in which its colours differ most: their mean there, and the sum of squares around it. */
function spread(shades: readonly Shade[]): {
  shades: readonly Shade[];
  channel: number;
  mean: number;
  error: number;
} {
  let widest = { channel: 0, mean: 0, error: -1 };
  for (let channel = 0; channel < 3; channel++) {
    let count = 0;
    let sum = 0;
    for (const shade of shades) {
      count += shade.count;
      sum += shade.sums[channel]!;
    }
    const mean = sum / count;
    let error = 0;
    for (const shade of shades) error += shade.count * (shade.sums[channel]! / shade.count - mean) ** 2;
    if (error > widest.error) widest = { channel, mean, error };
  }
  return { shades, ...widest };
}

/** The number of the nearest colour. */
function nearest(palette: Indexed["palette"], red: number, green: number, blue: number): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < palette.length; i++) {
    const [r, g, b] = palette[i]!;
    const off = (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2;
    if (off < least) {
      least = off;
      best = i;
    }
  }
  return best + 1;
}

/** Gives each pixel its colour; with `diffuse` what that is off goes to the pixels beside and below (Floyd and Steinberg). */
function paint(
  { width, height, rgba }: Pixels,
  palette: Indexed["palette"],
  numberOf: Int16Array,
  diffuse: boolean,
): Indexed {
  const numbers = new Uint8Array(width * height);
  // One pixel of margin on both sides.
  let here = new Float32Array((width + 2) * 3);
  let below = new Float32Array((width + 2) * 3);
  const wanted = [0, 0, 0];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      if (rgba[at + 3]! < opaqueFrom) continue;
      for (let n = 0; n < 3; n++)
        wanted[n] = Math.max(0, Math.min(255, Math.round(rgba[at + n]! + here[(x + 1) * 3 + n]!)));
      const key = cell(wanted[0]!, wanted[1]!, wanted[2]!);
      if (numberOf[key]! < 0) numberOf[key] = nearest(palette, wanted[0]!, wanted[1]!, wanted[2]!);
      const number = numberOf[key]!;
      numbers[y * width + x] = number;
      if (!diffuse) continue;
      const colour = palette[number - 1]!;
      for (let n = 0; n < 3; n++) {
        const off = (wanted[n]! - colour[n]!) / 16;
        here[(x + 2) * 3 + n]! += off * 7;
        below[x * 3 + n]! += off * 3;
        below[(x + 1) * 3 + n]! += off * 5;
        below[(x + 2) * 3 + n]! += off;
      }
    }
    [here, below] = [below, here];
    below.fill(0);
  }
  return { width, height, palette, numbers };
}
