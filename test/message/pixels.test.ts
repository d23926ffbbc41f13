/** Pictures as pixels: each kind of file, and that no broken or hostile one does harm. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { decodePicture } from "../../src/message/pixels/decode.ts";
import { scaleToFit } from "../../src/message/pixels/scale.ts";
import { upright } from "../../src/message/pixels/turn.ts";
import { maxPixels, type Pixels } from "../../src/message/pixels/types.ts";
import {
  gifFile,
  jpegFile,
  leftColour,
  lying,
  png,
  pngChunk,
  pngOf,
  progressiveJpegFile,
  rightColour,
} from "./picture-files.ts";

const at = ({ width, rgba }: Pixels, x: number, y: number) => [
  ...rgba.subarray((y * width + x) * 4, (y * width + x) * 4 + 4),
];
const far = (a: readonly number[], b: readonly number[]) => Math.max(...a.map((n, i) => Math.abs(n - b[i]!)));

describe("PNG", () => {
  const width = 13;
  const height = 11;
  const most = (depth: number) => 2 ** depth - 1;
  const octet = (value: number, depth: number) =>
    depth === 16 ? value >> 8 : Math.round((value * 255) / most(depth));
  const kinds = [
    ...([1, 2, 4, 8, 16] as const).map((depth) => ({ colour: 0 as const, depth, samples: 1 })),
    ...([8, 16] as const).flatMap((depth) => [
      { colour: 2 as const, depth, samples: 3 },
      { colour: 4 as const, depth, samples: 2 },
      { colour: 6 as const, depth, samples: 4 },
    ]),
  ];
  for (const { colour, depth, samples } of kinds)
    for (const interlaced of [false, true])
      test(`colour type ${colour}, ${depth} bits${interlaced ? ", interlaced" : ""}`, () => {
        const pixel = (x: number, y: number) =>
          Array.from({ length: samples }, (_, n) => (x * 7919 + y * 104_729 + n * 31_337) & most(depth));
        const picture = decodePicture(png({ width, height, colour, depth, interlaced, pixel }));
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) {
            const told = pixel(x, y).map((value) => octet(value, depth));
            const [first, second, third, fourth] = told;
            const wanted =
              samples < 3 ? [first, first, first, second ?? 255] : [first, second, third, fourth ?? 255];
            assert.deepEqual(at(picture, x, y), wanted, `${x},${y}`);
          }
      });

  test("a palette, with what of it is transparent; a colour that stands for nothing", () => {
    const palette = pngChunk("PLTE", Buffer.from([...leftColour, ...rightColour]));
    const clear = pngChunk("tRNS", Buffer.from([255, 0]));
    for (const depth of [1, 2, 4, 8] as const) {
      const file = png({
        width,
        height,
        colour: 3,
        depth,
        chunks: [palette, clear],
        pixel: (x) => [x < 6 ? 0 : 1],
      });
      assert.deepEqual(at(decodePicture(file), 0, 5), [...leftColour, 255]);
      assert.deepEqual(at(decodePicture(file), 12, 5), [...rightColour, 0]);
    }
    const key = pngChunk("tRNS", Buffer.from([0, 20, 0, 60, 0, 220]));
    const file = png({
      width,
      height,
      colour: 2,
      chunks: [key],
      pixel: (x) => [...(x < 6 ? leftColour : rightColour)],
    });
    assert.deepEqual([at(decodePicture(file), 0, 0)[3], at(decodePicture(file), 12, 0)[3]], [255, 0]);
  });
});

test("JPEG, progressive as well, and the first picture of a GIF", () => {
  for (const file of [jpegFile, progressiveJpegFile, gifFile]) {
    const picture = decodePicture(file);
    assert.ok(far(at(picture, 3, 4), [...leftColour, 255]) <= 12, `${at(picture, 3, 4)}`);
    assert.ok(far(at(picture, 12, 9), [...rightColour, 255]) <= 12, `${at(picture, 12, 9)}`);
  }
  assert.deepEqual([at(decodePicture(gifFile), 3, 14)[3], at(decodePicture(gifFile), 3, 15)[3]], [255, 0]);
});

test("a picture that lies is put upright, each of the eight ways", () => {
  // Written as 123 over 456, the orientations of Exif are to be seen as these.
  const seen = ["123 456", "321 654", "654 321", "456 123", "14 25 36", "41 52 63", "63 52 41", "36 25 14"];
  const written = [..."123456"].flatMap((n) => [+n, +n, +n, 255]);
  for (const offset of [0, 1])
    for (const [i, rows] of seen.entries()) {
      const rgba = new Uint8Array([...Array(offset).fill(0), ...written]).subarray(offset);
      const picture = upright({ width: 3, height: 2, rgba }, (i + 1) as 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8);
      const shown = Array.from({ length: picture.height }, (_, y) =>
        Array.from({ length: picture.width }, (_, x) => at(picture, x, y)[0]).join(""),
      );
      assert.equal(shown.join(" "), rows, `orientation ${i + 1}`);
    }
  const photograph = decodePicture(lying(jpegFile, 6));
  assert.deepEqual([photograph.width, photograph.height], [12, 16]);
  assert.ok(far(at(photograph, 5, 3), [...leftColour, 255]) <= 12);
  assert.ok(far(at(photograph, 5, 12), [...rightColour, 255]) <= 12);
});

test("a smaller picture has the means of the larger one, of what can be seen of it", () => {
  const rgba = new Uint8Array([10, 20, 30, 255, 30, 40, 50, 255, 99, 99, 99, 0, 8, 8, 8, 255]);
  const small = scaleToFit({ width: 4, height: 1, rgba }, { width: 2, height: 9 });
  assert.deepEqual([...small.rgba], [20, 30, 40, 255, 8, 8, 8, 128]);
  assert.equal(scaleToFit(small, { width: 100, height: 100 }), small, "never larger");
  assert.equal(scaleToFit({ width: 4, height: 1, rgba }, { width: 1, height: 1 }).rgba.length, 4);
});

test("no file has more memory than its size says, and none too large any", () => {
  const zeros = deflateSync(Buffer.alloc(50_000_000));
  const before = process.memoryUsage().arrayBuffers;
  assert.throws(() => decodePicture(pngOf(1, 1, [8, 0, 0, 0, 0], zeros)));
  const side = Math.ceil(Math.sqrt(maxPixels)) + 1;
  assert.throws(() => decodePicture(pngOf(side, side, [1, 0, 0, 0, 0], zeros)));
  assert.throws(() => decodePicture(pngOf(0xffffffff, 0xffffffff, [1, 0, 0, 0, 0], zeros)));
  // A canvas of one pixel, and a picture of four thousand millions in it.
  const gif = Buffer.from(gifFile);
  gif.writeUInt32LE(0x00010001, 6);
  const image = gif.indexOf(0x2c, 13 + 12);
  gif.writeUInt32LE(0xffffffff, image + 5);
  assert.throws(() => decodePicture(gif));
  const jpeg = Buffer.from(jpegFile);
  jpeg.writeUInt32BE(0xffffffff, jpeg.indexOf(Buffer.from("ffc0", "hex")) + 5);
  assert.throws(() => decodePicture(jpeg));
  assert.ok(process.memoryUsage().arrayBuffers - before < 20_000_000);
});

test("what is cut off or changed anywhere ends, with a picture or with an error", () => {
  const pixel = (x: number, y: number) => [x * 9, y * 9, 99, 200];
  const files = [
    png({ width: 20, height: 20, colour: 6, pixel }),
    png({ width: 20, height: 20, colour: 6, interlaced: true, pixel }),
    gifFile,
    jpegFile,
    progressiveJpegFile,
  ];
  const decoded = (file: Buffer) => {
    try {
      const { width, height, rgba } = decodePicture(file);
      assert.equal(rgba.length, width * height * 4);
    } catch (error) {
      assert.ok(error instanceof Error && !(error instanceof assert.AssertionError), String(error));
    }
  };
  for (const file of files) {
    for (let length = 0; length < file.length; length++) decoded(file.subarray(0, length));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const broken = Buffer.from(file);
          // Of its size a few pixels stay: this is about faults, not about patience.
          const head = file[0] === 0x89 ? 24 : file[0] === 0x47 ? 10 : 0;
          for (const [index, octet] of changes) if (index >= head) broken[index] = octet;
          if (file[0] === 0xff && !sameSize(file, broken)) return;
          decoded(broken);
        },
      ),
      { numRuns: 300 },
    );
  }
});

/** The octets from a JPEG's frame header on that say its size and how it is sampled are as they were. */
function sameSize(file: Buffer, broken: Buffer): boolean {
  const frame = Math.max(file.indexOf(Buffer.from("ffc0", "hex")), file.indexOf(Buffer.from("ffc2", "hex")));
  return file.subarray(frame, frame + 19).equals(broken.subarray(frame, frame + 19));
}
