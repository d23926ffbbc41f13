/** Photographs upright: cameras write pixels as the sensor lay, and beside them how it lay (Exif 2.32, tag 274). */
import type { Pixels } from "./types.ts";

/** 1 to 8, as Exif counts them: where the first row and the first column belong. 1 is upright. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** Whether width and height change places. */
export const liesOnItsSide = (orientation: Orientation): boolean => orientation >= 5;

/** The picture as it is to be seen. */
export function upright(picture: Pixels, orientation: Orientation): Pixels {
  if (orientation === 1) return picture;
  const side = liesOnItsSide(orientation);
  const width = side ? picture.height : picture.width;
  const height = side ? picture.width : picture.height;
  const pixels = wordsOf(picture);
  const turned = new Uint32Array(width * height);
  // Whether what is seen runs against the rows and against the columns of what was written.
  const mirrored = [2, 3, 7, 8].includes(orientation);
  const flipped = [3, 4, 6, 7].includes(orientation);
  let to = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const across = side ? y : x;
      const down = side ? x : y;
      const column = mirrored ? picture.width - 1 - across : across;
      const row = flipped ? picture.height - 1 - down : down;
      turned[to++] = pixels[row * picture.width + column]!;
    }
  return { width, height, rgba: new Uint8Array(turned.buffer) };
}

/** Each pixel as one number. */
function wordsOf({ rgba }: Pixels): Uint32Array {
  const aligned = rgba.byteOffset % 4 === 0 ? rgba : rgba.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}
