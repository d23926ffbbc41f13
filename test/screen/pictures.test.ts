/** Pictures in the reader: by each protocol that a terminal may speak, and words where there is none. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { deflateSync, inflateSync } from "node:zlib";
import { jpegFile, leftColour, lying, png, pngOf, rightColour } from "../message/picture-files.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sixelsIn } from "../tui/sixel-reader.ts";
import { eventually, type Home, makeHome, openScreen } from "./postern.ts";
import type { Pty } from "./pty.ts";

const lines = (...text: string[]) => Buffer.from(`${text.join("\r\n")}\r\n`, "latin1");

const withPicture = (subject: string, picture: Buffer, type = "png") =>
  lines(
    "From: Ada <ada@example.org>",
    `Subject: ${subject}`,
    "Content-Type: multipart/related; boundary=b",
    "",
    "--b",
    "Content-Type: text/html",
    "",
    "<p>Above it.</p><p><img src='cid:p1' alt='a diagram'></p><p>Below it.</p><img src='http://127.0.0.1:9/track.png' width=300 height=300>",
    "--b",
    `Content-Type: image/${type}; name=diagram.${type}`,
    "Content-ID: <p1>",
    "Content-Disposition: inline",
    "Content-Transfer-Encoding: base64",
    "",
    picture.toString("base64").replace(/.{76}/g, "$&\r\n"),
    "--b--",
  );

describe("pictures that a message brings along", {
  concurrency: false,
  skip: serverMissing("dovecot"),
}, () => {
  let server: Dovecot;
  let home: Home;
  const twoColours = (width: number, height: number) =>
    png({ width, height, colour: 2, pixel: (x) => [...(x < width / 2 ? leftColour : rightColour)] });
  const picture = twoColours(80, 96);
  before(async () => {
    server = await startDovecot({ tls: "none" });
    // As many pixels as are decoded at all, in few octets.
    const large = pngOf(4000, 4000, [8, 2, 0, 0, 0], deflateSync(Buffer.alloc(4000 * (1 + 4000 * 3))));
    server.deliver("INBOX", [
      withPicture("A poster", large),
      withPicture("A portrait", lying(jpegFile, 6), "jpeg"),
      withPicture("A photograph", jpegFile, "jpeg"),
      withPicture("A tower", twoColours(80, 800)),
      // A file of a few octets that says of itself that it has 3600 million pixels; one that says a size, and no more.
      withPicture("A bomb", pngOf(60_000, 60_000, [8, 2, 0, 0, 0], Buffer.alloc(99))),
      withPicture("A wreck", jpegFile.subarray(0, 300), "jpeg"),
      withPicture("A diagram", picture),
    ]);
    home = makeHome(server.port);
  });
  after(async () => {
    await server?.stop();
    home?.remove();
  });
  const subjects = ["A poster", "A portrait", "A photograph", "A tower", "A bomb", "A wreck", "A diagram"];
  const question = "\x1b_Gi=3141,";
  const opened = async (answer: string, below = 0): Promise<Pty> => {
    const pty = await openScreen(home);
    try {
      await pty.waitFor((shown) => subjects.every((subject) => shown.some((line) => line.includes(subject))));
      await eventually(async () => pty.raw.includes(question), "asked");
      // Its answer, and the message: the newest is the diagram.
      pty.type(answer);
      pty.type(`${"j".repeat(below)}\r`);
      await pty.waitFor("Above it.");
      return pty;
    } catch (error) {
      await pty.stop();
      throw error;
    }
  };

  test("a terminal that says nothing gets words with size and octets", async () => {
    const pty = await opened("");
    try {
      await pty.waitFor((shown) => shown.some((line) => /\[image a diagram \d+ B\]/.test(line)));
      pty.type("zi");
      await pty.waitFor("has not said that it can show pictures");
      assert.ok(!pty.raw.includes("a=t"));
    } finally {
      await pty.stop();
    }
  });

  test("one that speaks the kitty protocol gets the PNG as it is, on blank lines of its size, and loses it with the message", async () => {
    const pty = await opened("\x1b_Gi=3141;OK\x1b\\\x1b[6;16;8t");
    try {
      const sent = () => pty.raw.toString("latin1");
      await eventually(async () => /a=p,i=1,p=1,c=10,r=6/.test(sent()), "placed");
      const data = [...sent().matchAll(/\x1b_G(?:a=t|m=)[^;]*;([^\x1b]*)\x1b/g)]
        .map(([, part]) => part)
        .join("");
      assert.deepEqual(Buffer.from(data, "base64"), picture);
      await pty.settle();
      const text = pty.text().map((line) => line.trim());
      const at = text.findIndex((line) => line.startsWith("[image a diagram"));
      assert.deepEqual(text.slice(at + 1, at + 9), ["", "", "", "", "", "", "", "Below it."]);
      pty.type("zi");
      await eventually(async () => /a=d,d=i,i=1/.test(sent()), "taken off");
      await pty.waitFor((shown) => shown.some((line, y) => line.includes("Below it.") && y < at + 8));
      pty.type("ziq");
      await pty.waitFor("A diagram");
      assert.equal(sent().match(/a=t,/g)?.length, 1, "sent once");
    } finally {
      await pty.stop();
    }
  });

  test("one that speaks that of iTerm2 gets the file", async () => {
    const pty = await opened("\x1b]1337;ReportCellSize=16;8\x07");
    try {
      const file = `size=${picture.length};width=10;height=6;doNotMoveCursor=1:${picture.toString("base64")}\x07`;
      await eventually(async () => pty.raw.includes(file), "sent");
    } finally {
      await pty.stop();
    }
  });

  const sixel = "\x1b[6;16;8t\x1b[?62;4;22c";
  const colour = ([red, green, blue]: readonly [number, number, number]) =>
    [red, green, blue].map((n) => Math.round((n * 100) / 255));
  const sixelsOf = (pty: Pty) => sixelsIn(pty.raw.toString("latin1"));

  test("one that has sixels is asked for their limits, and gets the picture in its colours, on the cells that are left for it", async () => {
    const pty = await opened(sixel);
    try {
      await eventually(async () => sixelsOf(pty).length > 0, "painted");
      assert.ok(pty.raw.includes("\x1b[?1;1;0S\x1b[?2;1;0S"));
      await pty.waitFor((shown) => shown.some((line) => line.includes("Below it.")));
      const at = pty.text().findIndex((line) => line.trim().startsWith("[image a diagram"));
      const [{ row, column, picture: painted } = assert.fail("nothing")] = sixelsOf(pty);
      // Rows from 1; the picture begins below its words.
      assert.deepEqual([row, column], [at + 2, 2]);
      assert.deepEqual([painted.width, painted.height, painted.colours], [80, 96, 2]);
      for (const y of [0, 50, 95]) {
        assert.deepEqual(painted.at(0, y), colour(leftColour));
        assert.deepEqual(painted.at(79, y), colour(rightColour));
      }
      const before = pty.raw.length;
      pty.type("zi");
      await pty.waitFor((shown) => shown.some((line, y) => line.includes("Below it.") && y < at + 8));
      // The rows that were under it are written again, though they were blank and are.
      const after = pty.raw.subarray(before).toString("latin1");
      assert.ok(!after.includes("\x1bP"), "not painted again");
    } finally {
      await pty.stop();
    }
  });

  test("of one taller than the screen what is in view is painted, row by row, in the terminal's cells", async () => {
    const pty = await opened(`\x1b[?1;0;16S\x1b[?2;0;80;320S\x1b[6;20;10t\x1b[?62;4;22c`, 3);
    try {
      await eventually(async () => sixelsOf(pty).length > 0, "painted");
      // No larger than the terminal takes: 320 of 800 pixels in height; less, as it has whole cells in width.
      const shown = sixelsOf(pty);
      const top = shown[0]?.row ?? assert.fail("nothing");
      assert.ok(shown.length < 15, `${shown.length} rows`);
      for (const [i, { row, picture: part }] of shown.entries()) {
        assert.deepEqual([row, part.width, part.height], [top + i, 30, 20]);
        assert.deepEqual(part.at(0, 19), colour(leftColour));
        assert.deepEqual(part.at(29, 0), colour(rightColour));
      }
      pty.type(" ");
      await pty.waitFor((text) => text.some((line) => line.includes("Below it.")));
      await eventually(async () => sixelsOf(pty).length > shown.length, "painted again");
      // A page further it is in view whole, and one picture.
      const [{ row, picture: whole } = assert.fail("nothing")] = sixelsOf(pty).slice(shown.length);
      assert.ok(row < top);
      assert.deepEqual([whole.width, whole.height], [30, 300]);
    } finally {
      await pty.stop();
    }
  });

  test("a terminal that speaks kitty's gets a JPEG as pixels", async () => {
    const pty = await opened("\x1b_Gi=3141;OK\x1b\\\x1b[6;16;8t", 4);
    try {
      const sent = () => pty.raw.toString("latin1");
      await eventually(async () => /a=p,i=\d+,p=1,c=2,r=1/.test(sent()), "placed");
      const [, data = ""] = /\x1b_Ga=t,f=32,s=16,v=12,o=z,i=\d+,q=2,m=0;([^\x1b]*)\x1b/.exec(sent()) ?? [];
      const pixels = inflateSync(Buffer.from(data, "base64"));
      assert.equal(pixels.length, 16 * 12 * 4);
      for (const [n, octet] of [...leftColour, 255].entries()) assert.ok(Math.abs(pixels[n]! - octet) < 12);
    } finally {
      await pty.stop();
    }
  });

  test("a photograph that was taken on its side stands upright", async () => {
    const pty = await opened("\x1b_Gi=3141;OK\x1b\\\x1b[6;8;4t", 5);
    try {
      const sent = () => pty.raw.toString("latin1");
      // 16 × 12 pixels lie in the file: 12 × 16 are to be seen, on cells of 4 × 8.
      await eventually(async () => /a=p,i=\d+,p=1,c=3,r=2/.test(sent()), "placed");
      const [, data = ""] = /\x1b_Ga=t,f=32,s=12,v=16,o=z,i=\d+,q=2,m=0;([^\x1b]*)\x1b/.exec(sent()) ?? [];
      const pixels = inflateSync(Buffer.from(data, "base64"));
      assert.equal(pixels.length, 12 * 16 * 4);
      for (const [n, octet] of leftColour.entries()) assert.ok(Math.abs(pixels[n]! - octet) < 12, "above");
      for (const [n, octet] of rightColour.entries())
        assert.ok(Math.abs(pixels[pixels.length - 4 + n]! - octet) < 12, "below");
    } finally {
      await pty.stop();
    }
  });

  test("while a large picture is decoded keys are answered, one after another", async () => {
    const pty = await opened(sixel, 6);
    try {
      pty.type(":zz");
      await pty.waitFor((shown) => shown.includes(":zz"));
      let answered = 0;
      for (; sixelsOf(pty).length === 0; answered++) {
        pty.type(answered % 2 === 0 ? "z" : "\x7f");
        await pty.waitFor((shown) => shown.includes(answered % 2 === 0 ? ":zzz" : ":zz"));
      }
      assert.ok(answered >= 10, `${answered} keys were answered before the picture was there`);
    } finally {
      await pty.stop();
    }
  });

  test("a bomb and a wreck stay words, and keys are answered", async () => {
    for (const below of [1, 2]) {
      const pty = await opened(sixel, below);
      try {
        // Those that failed leave no room behind: the text closes up.
        await pty.waitFor((shown) => {
          const at = shown.findIndex((line) => line.includes("[image a diagram"));
          return at > 0 && shown.slice(at, at + 3).some((line) => line.includes("Below it."));
        });
        pty.type("q");
        await pty.waitFor("A diagram");
        assert.equal(sixelsOf(pty).length, 0);
      } finally {
        await pty.stop();
      }
    }
  });

  test('with images = "off" nothing is asked', async () => {
    const quiet = makeHome(server.port, '[screen]\nimages = "off"');
    const pty = await openScreen(quiet);
    try {
      await pty.waitFor("● online");
      assert.ok(!pty.raw.includes(question));
    } finally {
      await pty.stop();
      quiet.remove();
    }
  });
});
