/** The thread that makes of a picture's file what a terminal takes: decoded, scaled, in few colours. An entry of the bundle. */
import { parentPort } from "node:worker_threads";
import { deflateSync } from "node:zlib";
import { decodePicture } from "../../message/pixels/decode.ts";
import { scaleToFit } from "../../message/pixels/scale.ts";
import { sixels } from "./sixel/encode.ts";
import { indexed } from "./sixel/palette.ts";

/** A file, and what is to be made of it. */
export interface PictureOrder {
  readonly bytes: Uint8Array;
  /** Pixels that it takes at most. */
  readonly most: { readonly width: number; readonly height: number };
  /** As sixels: how many colours there are, and the height of a cell in pixels; null for pixels as they are. */
  readonly sixel: { readonly colours: number; readonly cellHeight: number } | null;
}

/** A picture as a terminal takes it. */
export type Drawn =
  | {
      readonly kind: "sixel";
      readonly whole: string;
      /** The part of it in each row of cells. */
      readonly rows: readonly string[];
    }
  /** RGBA, by zlib. */
  | { readonly kind: "pixels"; readonly width: number; readonly height: number; readonly data: Uint8Array };

export function drawPicture({ bytes, most, sixel }: PictureOrder): Drawn {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const picture = scaleToFit(decodePicture(file), most);
  if (!sixel) {
    const { width, height, rgba } = picture;
    return { kind: "pixels", width, height, data: new Uint8Array(deflateSync(rgba)) };
  }
  const few = indexed(picture, sixel.colours);
  const rows: string[] = [];
  for (let y = 0; y < few.height; y += sixel.cellHeight)
    rows.push(sixels(few, y, Math.min(few.height, y + sixel.cellHeight)));
  return { kind: "sixel", whole: sixels(few, 0, few.height), rows };
}

parentPort?.on("message", (order: PictureOrder) => {
  let drawn: Drawn | false = false;
  try {
    drawn = drawPicture(order);
  } catch {
    // A broken file: the words that stand for it stay.
  }
  parentPort?.postMessage(drawn);
});
