/** A small reader of sixels, for tests: what a terminal would paint. */

export interface Painted {
  readonly width: number;
  readonly height: number;
  /** Colours that were defined. */
  readonly colours: number;
  /** Red, green and blue in percent; null where nothing was painted. */
  at(x: number, y: number): readonly number[] | null;
}

const string = /\x1bP[\d;]*q([^\x1b]*)\x1b\\/g;

/** The pictures in what was sent, each with where the cursor was put before it. */
export function sixelsIn(sent: string): { row: number; column: number; picture: Painted }[] {
  return [...sent.matchAll(string)].map((found) => {
    const [, row = "0", column = "0"] = /\x1b\[(\d+);(\d+)H$/.exec(sent.slice(0, found.index)) ?? [];
    return { row: Number(row), column: Number(column), picture: readSixels(found[1]!) };
  });
}

export function readSixels(data: string): Painted {
  const colours = new Map<number, readonly number[]>();
  const pixels = new Map<string, readonly number[]>();
  let [x, y, colour, width, height] = [0, 0, 0, 0, 0];
  const whole = /"(\d+);(\d+);(\d+);(\d+)|#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)([?-~])|([?-~])|([$-])/gy;
  let end = 0;
  for (const found of data.matchAll(whole)) {
    end = found.index + found[0].length;
    const [, , , wide, high, number, red, green, blue, chosen, count, repeated, single, move] = found;
    if (wide) [width, height] = [Number(wide), Number(high)];
    else if (number) colours.set(Number(number), [red, green, blue].map(Number));
    else if (chosen) colour = Number(chosen);
    else if (move) [x, y] = [0, move === "-" ? y + 6 : y];
    else {
      const sixel = (repeated ?? single!).charCodeAt(0) - 63;
      for (let n = Number(count ?? 1); n > 0; n--, x++)
        for (let bit = 0; bit < 6; bit++)
          if (sixel & (1 << bit)) {
            const painted = colours.get(colour);
            if (!painted || x >= width || y + bit >= height)
              throw new Error(`stray sixel at ${x},${y + bit}`);
            pixels.set(`${x},${y + bit}`, painted);
          }
    }
  }
  if (end !== data.length) throw new Error(`not sixels: ${data.slice(end, end + 20)}`);
  return { width, height, colours: colours.size, at: (x, y) => pixels.get(`${x},${y}`) ?? null };
}
