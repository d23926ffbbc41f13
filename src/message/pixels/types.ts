/** A picture as pixels, and why one has none. */

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Four octets a pixel, by rows: red, green, blue, and how opaque it is. */
  readonly rgba: Uint8Array;
}

/** The file is broken, or not of a kind that is read here. */
export class PictureError extends Error {}

/** Pixels of the largest picture that is decoded: photographs of today have 12 million. It takes four octets each. */
export const maxPixels = 16_000_000;
