/** Pictures as sixels: their colours, their parts, and the thread that makes them. */
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Pixels } from "../../src/message/pixels/types.ts";
import { Painter } from "../../src/tui/terminal/painter.ts";
import { drawPicture } from "../../src/tui/terminal/picture-thread.ts";
import { sixels } from "../../src/tui/terminal/sixel/encode.ts";
import { indexed } from "../../src/tui/terminal/sixel/palette.ts";
import { jpegFile, leftColour, png, pngOf, rightColour } from "../message/picture-files.ts";
import { readSixels, sixelsIn } from "./sixel-reader.ts";

function pixels(width: number, height: number, colour: (x: number, y: number) => readonly number[]): Pixels {
  const rgba = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [red = 0, green = 0, blue = 0, opaque = 255] = colour(x, y);
      rgba.set([red, green, blue, opaque], (y * width + x) * 4);
    }
  return { width, height, rgba };
}
const percent = (colour: readonly number[]) => colour.map((n) => Math.round((n * 100) / 255));
const only = (sent: string) => sixelsIn(sent)[0]!.picture;

test("a picture of few colours is painted in just these, and what is transparent not at all", () => {
  const picture = pixels(20, 15, (x, y) => (y === 7 ? [0, 0, 0, 0] : x < 9 ? leftColour : rightColour));
  const painted = only(sixels(indexed(picture, 16), 0, 15));
  assert.deepEqual([painted.width, painted.height, painted.colours], [20, 15, 2]);
  for (let y = 0; y < 15; y++)
    for (let x = 0; x < 20; x++)
      assert.deepEqual(
        painted.at(x, y),
        y === 7 ? null : percent(x < 9 ? leftColour : rightColour),
        `${x},${y}`,
      );
});

test("one of many colours has no more than the terminal, and looks like itself", () => {
  const picture = pixels(128, 96, (x, y) => [2 * x, (y * 255) / 95, 255 - x - y]);
  // What a pixel is off in the mean, in percent of a channel: fewer colours are spread over neighbours.
  for (const [colours, off] of [
    [256, 4],
    [64, 9],
    [16, 14],
    [2, 40],
  ] as const) {
    const painted = only(sixels(indexed(picture, colours), 0, 96));
    assert.ok(
      painted.colours <= Math.min(255, colours) && painted.colours > colours / 2,
      `${painted.colours}`,
    );
    let sum = 0;
    for (let y = 0; y < 96; y++)
      for (let x = 0; x < 128; x++) {
        const [red = 0, green = 0, blue = 0] = painted.at(x, y) ?? assert.fail(`nothing at ${x},${y}`);
        const [r = 0, g = 0, b = 0] = percent([
          ...picture.rgba.subarray((y * 128 + x) * 4, (y * 128 + x) * 4 + 3),
        ]);
        sum += Math.abs(red - r) + Math.abs(green - g) + Math.abs(blue - b);
      }
    const mean = sum / (96 * 128 * 3);
    assert.ok(mean < off, `${colours} colours: ${mean.toFixed(1)} % off`);
    // The mean of a part is right where it is spread.
    if (colours !== 16) continue;
    for (const channel of [0, 1, 2]) {
      let shown = 0;
      let wanted = 0;
      for (let y = 32; y < 64; y++)
        for (let x = 32; x < 64; x++) {
          shown += painted.at(x, y)![channel]!;
          wanted += (picture.rgba[(y * 128 + x) * 4 + channel]! * 100) / 255;
        }
      assert.ok(
        Math.abs(shown - wanted) / 1024 < 4,
        `channel ${channel}: ${shown / 1024} for ${wanted / 1024}`,
      );
    }
  }
});

test("the rows of cells together are the whole, and each is a picture of its own", () => {
  const file = png({ width: 90, height: 70, colour: 2, pixel: (x, y) => [2 * x, 3 * y, x + y] });
  const drawn = drawPicture({
    bytes: file,
    most: { width: 500, height: 80 },
    sixel: { colours: 64, cellHeight: 17 },
  });
  assert.ok(drawn.kind === "sixel");
  const whole = only(drawn.whole);
  const rows = drawn.rows.map(only);
  assert.deepEqual(
    rows.map(({ height }) => height),
    [17, 17, 17, 17, 2],
  );
  for (let y = 0; y < 70; y++)
    for (let x = 0; x < 90; x++)
      assert.deepEqual(rows[Math.floor(y / 17)]!.at(x, y % 17), whole.at(x, y), `${x},${y}`);
});

test("the reader of these tests takes no other octets", () => {
  assert.throws(() => readSixels("#0;2;1;2;3#0~\x07"));
  assert.throws(() => readSixels('"1;1;1;6#0~'));
});

describe("the thread", () => {
  const script = pathToFileURL(resolve("dist/picture-thread.js"));
  const order = (bytes: Buffer) => ({
    bytes,
    most: { width: 100, height: 100 },
    sixel: { colours: 256, cellHeight: 16 },
  });
  /** The thread itself keeps nobody waiting. */
  const awaited = async <T>(work: Promise<T>): Promise<T> => {
    const alive = setInterval(() => undefined, 1_000);
    return work.finally(() => clearInterval(alive));
  };

  test("makes of a file what would be made of it here, and goes on after a broken one", async () => {
    const painter = new Painter(script);
    const bomb = pngOf(60_000, 60_000, [8, 2, 0, 0, 0], Buffer.alloc(10));
    const all = await awaited(
      Promise.all(
        [jpegFile, bomb, Buffer.from("no picture"), jpegFile].map((file) => painter.draw(order(file))),
      ),
    );
    assert.deepEqual(all, [drawPicture(order(jpegFile)), null, null, drawPicture(order(jpegFile))]);
    const pixelsOf = await awaited(painter.draw({ ...order(jpegFile), sixel: null }));
    assert.ok(pixelsOf?.kind === "pixels" && pixelsOf.width === 16 && pixelsOf.height === 12);
    const left = AbortSignal.abort();
    assert.equal(await awaited(painter.draw(order(jpegFile), left)), null);
  });

  test("is stopped where it takes too long, and where it dies another takes its place", async () => {
    const thread = (code: string) =>
      new URL(
        `data:text/javascript,import{parentPort as p}from"node:worker_threads";${encodeURIComponent(code)}`,
      );
    const stuck = new Painter(thread('p.on("message",()=>{for(;;);})'), 300);
    assert.equal(await awaited(stuck.draw(order(jpegFile))), null);
    const dying = new Painter(
      thread(
        'p.on("message",({bytes})=>bytes.length>2?process.exit(1):p.postMessage({kind:"sixel",whole:"",rows:[]}))',
      ),
    );
    const [first, second] = await awaited(
      Promise.all([dying.draw(order(jpegFile)), dying.draw(order(Buffer.alloc(1)))]),
    );
    assert.deepEqual([first, second?.kind], [null, "sixel"]);
  });
});
