/** Pictures made smaller: each pixel is the mean of those it stands for. */
import type { Pixels } from "./types.ts";

/** The picture as large as fits, in its own proportions; never larger than it is. */
export function scaleToFit(
  picture: Pixels,
  most: { readonly width: number; readonly height: number },
): Pixels {
  const by = Math.min(1, most.width / picture.width, most.height / picture.height);
  const width = Math.max(1, Math.min(most.width, Math.round(picture.width * by)));
  const height = Math.max(1, Math.min(most.height, Math.round(picture.height * by)));
  if (width === picture.width && height === picture.height) return picture;
  const rgba = new Uint8Array(width * height * 4);
  let to = 0;
  for (let y = 0; y < height; y++) {
    const top = Math.floor((y * picture.height) / height);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * picture.height) / height));
    for (let x = 0; x < width; x++, to += 4) {
      const left = Math.floor((x * picture.width) / width);
      const right = Math.max(left + 1, Math.floor(((x + 1) * picture.width) / width));
      meanOf(picture, { left, right, top, bottom }, rgba, to);
    }
  }
  return { width, height, rgba };
}

interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Colours count as much as they can be seen. */
function meanOf(picture: Pixels, { left, right, top, bottom }: Area, out: Uint8Array, to: number): void {
  const { rgba, width } = picture;
  let red = 0;
  let green = 0;
  let blue = 0;
  let opaque = 0;
  for (let y = top; y < bottom; y++)
    for (let at = (y * width + left) * 4, end = at + (right - left) * 4; at < end; at += 4) {
      const weight = rgba[at + 3]!;
      red += rgba[at]! * weight;
      green += rgba[at + 1]! * weight;
      blue += rgba[at + 2]! * weight;
      opaque += weight;
    }
  if (opaque === 0) return;
  out[to] = Math.round(red / opaque);
  out[to + 1] = Math.round(green / opaque);
  out[to + 2] = Math.round(blue / opaque);
  out[to + 3] = Math.round(opaque / ((right - left) * (bottom - top)));
}
