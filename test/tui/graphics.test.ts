/** Pictures: what the terminal says, how many cells they take, and that the cells around them stay right. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  cellsOf,
  furtherQuery,
  graphicsAnswer,
  graphicsQuery,
  mustBeDrawn,
  noGraphics,
  type Placement,
  protocolFor,
  type TerminalImage,
} from "../../src/tui/terminal/graphics.ts";
import { KeyParser } from "../../src/tui/terminal/keys.ts";
import { ScreenOutput, type ShownPicture } from "../../src/tui/terminal/output.ts";
import { TerminalStandIn } from "./draw.tsx";

const image: TerminalImage = {
  id: 7,
  type: "png",
  width: 80,
  height: 160,
  orientation: 1,
  bytes: Buffer.alloc(5_000, 1),
};

test("answers of the terminal are told from keys, also where they come in pieces, and from other answers", () => {
  const parser = new KeyParser();
  const answers =
    "\x1b_Gi=3141;OK\x1b\\\x1b]1337;ReportCellSize=17.5;8.0;2.0\x1b\\\x1b[?1;0;64S\x1b[?2;0;800;600S\x1b[6;18;9t\x1b[?62;4;22cj";
  const found = [...answers].flatMap((c) => parser.push(Buffer.from(c)));
  assert.deepEqual(
    found.map((input) => (input.kind === "answer" ? input.text : input)),
    [
      "_Gi=3141;OK",
      "1337;ReportCellSize=17.5;8.0;2.0",
      "[?1;0;64S",
      "[?2;0;800;600S",
      "[6;18;9t",
      "[?62;4;22c",
      { kind: "key", key: "j" },
    ],
  );
  const alt = new KeyParser();
  assert.deepEqual(
    [...alt.push(Buffer.from("\x1b_x")), ...alt.flush()].map((i) => i.kind),
    ["key", "key"],
  );
  let known = noGraphics;
  for (const input of found) if (input.kind === "answer") known = graphicsAnswer(known, input.text) ?? known;
  assert.deepEqual(known, {
    kitty: true,
    iterm: true,
    sixel: true,
    colours: 64,
    largest: { width: 800, height: 600 },
    cell: { width: 9, height: 18 },
    cellTold: true,
  });
  // The 4 of a VT132 says which terminal it is; an item that a terminal does not know it says nothing of.
  assert.equal(graphicsAnswer(noGraphics, "[?4;6c")?.sixel, false);
  assert.equal(graphicsAnswer(noGraphics, "[?1;2c")?.sixel, false);
  assert.equal(graphicsAnswer(noGraphics, "[?1;3;0S"), null);
  assert.equal(graphicsAnswer(noGraphics, "_Gi=3141;ENOTSUPPORTED")?.kitty, false);
  assert.equal(graphicsAnswer(noGraphics, "11;rgb:ff/ff/ff"), null);
  assert.deepEqual(graphicsAnswer(noGraphics, "[6;0;0t")?.cell, noGraphics.cell);
});

test("those with sixels are asked how many and how large, once", () => {
  const now = { ...noGraphics, sixel: true };
  assert.equal(furtherQuery(noGraphics, now), "\x1b[?1;1;0S\x1b[?2;1;0S");
  assert.equal(furtherQuery(now, { ...now, colours: 16 }) + furtherQuery(noGraphics, noGraphics), "");
});

test("each terminal is asked what it does not show to the person", () => {
  assert.match(graphicsQuery("xterm-256color"), /^\x1b_G.*1337.*\x1b\[16t\x1b\[c$/s);
  assert.doesNotMatch(graphicsQuery("tmux-256color"), /\x1b[_\]]/);
  assert.match(graphicsQuery("screen"), /\x1b\[16t\x1b\[c$/);
  for (const term of ["linux", "dumb", undefined]) assert.equal(graphicsQuery(term), "");
});

test("a picture goes by a protocol that takes its kind, in cells of its own size or as many as there are", () => {
  assert.equal(protocolFor({ ...noGraphics, kitty: true }, "png"), "kitty");
  assert.equal(protocolFor({ ...noGraphics, kitty: true, sixel: true }, "jpeg"), "kitty");
  assert.deepEqual([mustBeDrawn("kitty", "jpeg"), mustBeDrawn("kitty", "png")], [true, false]);
  assert.equal(protocolFor({ ...noGraphics, sixel: true }, "png"), null, "of a size that it does not tell");
  assert.equal(protocolFor({ ...noGraphics, sixel: true, cellTold: true }, "png"), "sixel");
  assert.equal(protocolFor({ ...noGraphics, kitty: true, iterm: true }, "jpeg"), "iterm");
  assert.deepEqual(cellsOf(image, noGraphics, { columns: 78, rows: 24 }), { columns: 10, rows: 10 });
  assert.deepEqual(cellsOf(image, noGraphics, { columns: 78, rows: 5 }), { columns: 5, rows: 5 });
  assert.deepEqual(cellsOf({ width: 9000, height: 1 }, noGraphics, { columns: 78, rows: 5 }), {
    columns: 78,
    rows: 1,
  });
});

describe("on the screen", () => {
  const screen = () => {
    const terminal = new TerminalStandIn(40, 10);
    const sent: string[] = [];
    const write = terminal.write.bind(terminal);
    terminal.write = (data) => {
      sent.push(data);
      return write(data);
    };
    const output = new ScreenOutput(terminal, { backColourErase: true });
    output.enter();
    return {
      terminal,
      output,
      /** Draws a frame with a picture, or with none; what was sent for it. */
      async show(frame: readonly string[], pictures: readonly ShownPicture[]): Promise<string> {
        sent.length = 0;
        output.setPictures(pictures);
        output.write(frame.join("\n"));
        await terminal.drawn();
        return sent.join("");
      },
    };
  };
  const place = (row: number, more: Partial<Placement> = {}): Placement => ({
    image,
    row,
    column: 1,
    rows: 3,
    columns: 5,
    above: 0,
    below: 0,
    ...more,
  });
  const frame = (first: number) =>
    Array.from({ length: 10 }, (_, i) => `line ${first + i} of many, long enough`);

  test("kitty: the picture is sent once, placed anew where it moves, cut where it is half in view, and forgotten at the end", async () => {
    const { output, terminal, show } = screen();
    const kitty = (placement: Placement) => [{ protocol: "kitty", placement }] as const;
    const first = await show(frame(1), kitty(place(2)));
    const data = [...first.matchAll(/\x1b_G[^;]*;([^\x1b]*)\x1b\\/g)].map(([, chunk]) => chunk).join("");
    assert.deepEqual(Buffer.from(data, "base64"), image.bytes);
    assert.match(first, /\x1b7\x1b\[3;2H\x1b_Ga=p,i=7,p=1,c=5,r=3,C=1,q=2\x1b\\\x1b8$/);
    assert.equal(await show(frame(1), kitty(place(2))), "");
    const moved = await show(frame(2), kitty(place(1)));
    assert.doesNotMatch(moved, /a=t|\x1b\[\d*[ST]/, "not sent again, and no scrolling that would move it");
    assert.match(moved, /^\x1b_Ga=d,d=i,i=7,q=2\x1b\\/);
    assert.match(await show(frame(4), kitty(place(0, { rows: 2, above: 1 }))), /r=2,y=53,h=107,/);
    assert.match(await show(frame(5), []), /a=d,d=i,i=7/);
    assert.deepEqual(
      Array.from({ length: 10 }, (_, y) => terminal.screen.buffer.active.getLine(y)?.translateToString(true)),
      frame(5),
    );
    await show(frame(5), kitty(place(2)));
    const before = output.bytesWritten;
    output.leave();
    assert.ok(output.bytesWritten > before);
  });

  test("iTerm2: the file is sent where it goes, and what it covered is written again when it leaves", async () => {
    const { show } = screen();
    const iterm = (placement: Placement) => [{ protocol: "iterm", placement }] as const;
    const blank = frame(1).map((line, y) => (y >= 2 && y < 5 ? "" : line));
    const first = await show(blank, iterm(place(2)));
    assert.match(
      first,
      /\x1b7\x1b\[3;2H\x1b\]1337;File=inline=1;size=5000;width=5;height=3;doNotMoveCursor=1:/,
    );
    const gone = await show(blank, []);
    // Three rows of cells that hold nothing new are written nonetheless.
    for (const row of [3, 4, 5]) assert.match(gone, new RegExp(`\\x1b\\[${row}(?:;2)?H|\\n|\\x1b\\[B`));
    assert.ok(gone.length > 10);
  });

  test("sixels: one picture where all is in view, else its rows; what they covered is written again", async () => {
    const { show } = screen();
    const drawn = {
      size: "",
      picture: { kind: "sixel", whole: "WHOLE", rows: ["ONE", "TWO", "THREE"] },
    } as const;
    const sixel = (placement: Placement) =>
      [{ protocol: "sixel", placement: { ...placement, image: { ...image, drawn } } }] as const;
    const blank = frame(1).map((line, y) => (y >= 2 && y < 5 ? "" : line));
    assert.match(await show(blank, sixel(place(2))), /\x1b7\x1b\[3;2HWHOLE\x1b8$/);
    assert.equal(await show(blank, sixel(place(2))), "");
    const cut = await show(blank, sixel(place(2, { rows: 2, above: 1 })));
    assert.match(cut, /\x1b7\x1b\[3;2HTWO\x1b8\x1b7\x1b\[4;2HTHREE\x1b8$/);
    // The row that the picture had more is cleared, though the frame is the same.
    assert.match(cut.slice(0, cut.indexOf("TWO")), /\x1b\[3;2H\x1b\[K\x1b\[B\x1b\[K\x1b\[B\x1b\[K/);
    assert.doesNotMatch(cut, /WHOLE|ONE/);
  });

  test("after the screen was painted anew, all pictures are sent again", async () => {
    const { output, terminal, show } = screen();
    await show(frame(1), [{ protocol: "kitty", placement: place(2) }]);
    output.repaint();
    const again = await show(frame(1), [{ protocol: "kitty", placement: place(2) }]);
    assert.match(again, /a=t/);
    terminal.screen.dispose();
  });
});
