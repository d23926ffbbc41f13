/** Picture files as pixels. Slow and hungry for memory: for a thread of its own, under a limit of time. */
import jpeg from "jpeg-js";
import { pictureInfo } from "../picture.ts";
import { decodeGif } from "./gif.ts";
import { decodePng } from "./png.ts";
import { upright } from "./turn.ts";
import { maxPixels, PictureError, type Pixels } from "./types.ts";

/** Megabytes that decoding a JPEG may take: the coefficients of the largest, its samples and its pixels. */
const jpegMegabytes = 400;

/** Throws an error for a file that is broken, of another kind, or has too many pixels: before they cost anything. */
export function decodePicture(bytes: Buffer): Pixels {
  const info = pictureInfo(bytes);
  if (!info) throw new PictureError("no picture that is known here");
  if (info.width * info.height > maxPixels) throw new PictureError("too many pixels");
  if (info.type === "png") return decodePng(bytes);
  if (info.type === "gif") return decodeGif(bytes);
  const { width, height, data } = jpeg.decode(bytes, {
    useTArray: true,
    maxResolutionInMP: maxPixels / 1e6,
    maxMemoryUsageInMB: jpegMegabytes,
  });
  return upright({ width, height, rgba: data }, info.orientation);
}
