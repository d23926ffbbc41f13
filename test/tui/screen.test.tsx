import assert from "node:assert/strict";
import { test } from "node:test";
import { textWidth } from "../../src/message/width.ts";
import { cursorOf, Screen } from "../../src/tui/components/screen.tsx";
import { startInk } from "../../src/tui/ink.ts";
import { layoutOf } from "../../src/tui/layout.ts";
import type { Pane, ScreenModel } from "../../src/tui/model.ts";
import { ScreenOutput } from "../../src/tui/terminal/output.ts";
import { createTheme, isLight, themeOptions } from "../../src/tui/theme.ts";
import { cellOf, linesOf } from "../screen/pty.ts";
import { Drawing, TerminalStandIn } from "./draw.tsx";
import { sampleScreen } from "./sample.ts";

const theme = createTheme({ colours: "dark", utf8: true });
const sizes: readonly (readonly [columns: number, rows: number])[] = [
  [20, 5],
  [40, 10],
  [80, 24],
  [99, 30],
  [100, 24],
  [139, 40],
  [140, 40],
  [150, 50],
  [300, 100],
  [1, 1],
  [3, 2],
];
const panes: readonly Pane[] = ["folders", "list", "reader"];
const page = {
  title: "Keys",
  entries: [
    { section: "Moving", label: "j, Down", text: "next message" },
    { section: "Moving", label: "k, Up", text: "previous message" },
    { section: "Mail", label: "d", text: "delete: to the trash, can be undone" },
  ],
  scroll: 0,
};
const continuations = [
  { keys: "i", text: "Open the inbox" },
  { keys: "漢", text: "Open a folder by name, which may be long: longer than there is room for" },
];
const prompt = {
  prefix: ":",
  text: "move Arch",
  cursor: 9,
  completions: [
    { text: "move Archive", help: "12,034 messages" },
    { text: "move Archive/2024", help: "" },
  ],
  chosen: 0,
};
const choice = {
  question: "Delete 3 messages for good?",
  choices: [
    { key: "y", label: "yes" },
    { key: "n", label: "no" },
  ],
};

/** The frame as Ink hands it over, each line in its place, without a terminal. */
function frameOf(model: ScreenModel, look = theme): string {
  let frame = "";
  class Recorder extends ScreenOutput {
    override write(text: string): boolean {
      frame = text;
      return true;
    }
  }
  const output = new Recorder(new TerminalStandIn(model.columns, model.rows));
  const ink = startInk(<Screen model={model} theme={look} />, output);
  const lines = frame.split("\n").map((line) =>
    output.slots.places(line).reduce((drawn, { column, text }) => {
      const width = textWidth(bare(drawn));
      assert.ok(width <= column, `${JSON.stringify(drawn)} reaches into the next pane`);
      return drawn + " ".repeat(column - width) + text;
    }, ""),
  );
  ink.unmount();
  return lines.join("\n");
}

const bare = (frame: string) => frame.replace(/\x1b\[[\d;]*m/g, "").replace(/\x1b\]8;[^\x07]*\x07/g, "");

test("a screen is exactly as high as the terminal and never wider, at any size and whatever it shows", () => {
  const shown = [
    ...panes.map((focus) => ({ focus, reading: true, more: {} })),
    ...[{}, { page }, { prompt }, { choice }, { continuations }].map((more) => ({
      focus: "list" as const,
      reading: false,
      more,
    })),
  ];
  for (const [columns, rows] of sizes)
    for (const { focus, reading, more } of shown) {
      const model = { ...sampleScreen({ columns, rows, focus, reading, keyBar: true }), ...more };
      const lines = bare(frameOf(model)).split("\n");
      const what = `${columns}×${rows} ${focus} ${reading} ${Object.keys(more)}`;
      assert.equal(lines.length, rows, what);
      for (const line of lines)
        assert.ok(textWidth(line) <= columns, `${what}: ${JSON.stringify(line)} is too long`);
    }
});

test("panes by width: one below 100 columns, folders beside from 100, the reader beside the list from 140", () => {
  const shown = (columns: number, focus: Pane, reading: boolean, sidebar = true) => {
    const layout = layoutOf({ columns, rows: 24, focus, reading, sidebar, keyBar: false });
    const all = panes.filter((pane) => layout[pane]);
    const total = all.reduce((sum, pane) => sum + (layout[pane]?.width ?? 0), all.length - 1);
    assert.equal(total, columns);
    return all.join(" ");
  };
  assert.equal(shown(80, "list", true), "list");
  assert.equal(shown(80, "reader", true), "reader");
  assert.equal(shown(80, "reader", false), "list");
  assert.equal(shown(80, "folders", false), "folders");
  assert.equal(shown(100, "list", true), "folders list");
  assert.equal(shown(139, "reader", true), "folders reader");
  assert.equal(shown(140, "list", true), "folders list reader");
  assert.equal(shown(140, "list", false), "folders list");
  assert.equal(shown(140, "list", false, false), "list");
  assert.equal(shown(140, "folders", false, false), "folders list");
});

test("80 × 24: columns line up, unread is bold, the bar goes across the row", async () => {
  const drawing = new Drawing(80, 24);
  await drawing.show(sampleScreen({ columns: 80, rows: 24 }));
  const { screen } = drawing.terminal;
  const lines = linesOf(screen);
  assert.equal(lines[0], " N   14:02      Ada Lovelace         Notes on the analytical engine");
  assert.equal(lines[3], "  F  14:02      Blaise Pascal        Re: [calc] Rounding of intermediate result…");
  assert.equal(lines[5], "     09:41      Émilie du Châtelet   └─ Agenda for the spring meeting, second d…");
  assert.equal(lines[23], ` work · Inbox${" ".repeat(50)}3/1234   ● 23 ms`);
  assert.ok(cellOf(screen, 0, 40).bold);
  assert.ok(!cellOf(screen, 3, 40).bold);
  for (let x = 0; x < 80; x++) assert.equal(cellOf(screen, 2, x).background, 4, `column ${x}`);
  assert.equal(cellOf(screen, 1, 0).background, -1);
  drawing.close();
});

test("150 × 50: folders, list and reader side by side, the separators unbroken", async () => {
  const drawing = new Drawing(150, 50);
  await drawing.show(sampleScreen({ columns: 150, rows: 50, reading: true }));
  const lines = linesOf(drawing.terminal.screen);
  assert.match(lines[0] ?? "", /^ Inbox {16}12 │ N {3}14:02 .*│ From {5}Ada Lovelace <ada@engine\.example>$/);
  const layout = layoutOf({
    columns: 150,
    rows: 50,
    focus: "list",
    reading: true,
    sidebar: true,
    keyBar: false,
  });
  const first = layout.folders?.width ?? 0;
  const second = first + 1 + (layout.list?.width ?? 0);
  for (let y = 0; y < 49; y++) {
    assert.equal(cellOf(drawing.terminal.screen, y, first).text, "│", `row ${y}`);
    assert.equal(cellOf(drawing.terminal.screen, y, second).text, "│", `row ${y}`);
  }
  drawing.close();
});

test("without colour, weight and inverse say the same", () => {
  const mono = createTheme(themeOptions({ NO_COLOR: "1", LANG: "C.UTF-8" }));
  const frame = frameOf(sampleScreen({ columns: 80, rows: 24, reading: true, focus: "list" }), mono);
  const colours = [...frame.matchAll(/\x1b\[([\d;]*)m/g)]
    .flatMap(([, sgr = ""]) => sgr.split(";"))
    .filter((code) => Number(code) >= 30);
  assert.deepEqual(colours, []);
  assert.match(frame, /\x1b\[7m/);
});

test("in a locale without UTF-8 the screen's own signs are ASCII", () => {
  const plain = createTheme(themeOptions({ LANG: "C" }));
  const frame = bare(frameOf(sampleScreen({ columns: 150, rows: 50, reading: true }), plain));
  assert.doesNotMatch(frame, /[│─…└•]/);
  assert.match(frame, /\|/);
});

test("the arrow cursor marks the row without a bar", () => {
  const lines = bare(frameOf(sampleScreen({ columns: 80, rows: 24, style: "arrow" }))).split("\n");
  assert.equal(lines.filter((line) => line.startsWith(">")).length, 1);
  assert.ok(lines[2]?.startsWith(">"));
});

test("an empty list says why, in the middle", () => {
  const model = sampleScreen({ columns: 80, rows: 24 });
  const lines = bare(frameOf({ ...model, list: { ...model.list, rows: [], empty: "Loading…" } })).split("\n");
  assert.equal(lines[11]?.trim(), "Loading…");
});

test("the cursor stands in the prompt where the next character goes, however long the text", () => {
  const model = sampleScreen({ columns: 30, rows: 10 });
  const at = (text: string, cursor = text.length) =>
    cursorOf({ ...model, prompt: { ...prompt, text, cursor } }, theme);
  assert.equal(cursorOf(model, theme), null);
  assert.deepEqual(at("move"), { row: 9, column: 5 });
  assert.deepEqual(at("move", 1), { row: 9, column: 2 });
  assert.deepEqual(at("漢字"), { row: 9, column: 5 });
  const long = at("x".repeat(100));
  assert.ok(long && long.column < 30 && long.column > 10);
});

test("completions stand above the prompt, the chosen one in the bar", async () => {
  const drawing = new Drawing(80, 24);
  await drawing.show({ ...sampleScreen({ columns: 80, rows: 24 }), prompt });
  const lines = linesOf(drawing.terminal.screen);
  assert.equal(lines[21], " move Archive       12,034 messages");
  assert.equal(lines[22], " move Archive/2024");
  assert.equal(lines[23], ":move Arch");
  assert.equal(cellOf(drawing.terminal.screen, 21, 60).background, 4);
  drawing.close();
});

test("an error takes the status line's left side, and keeps the right as far as there is room", () => {
  const model = sampleScreen({ columns: 80, rows: 24 });
  const status = { ...model.status, error: "MAILBOX-GONE: the folder was deleted on the server" };
  const lines = bare(frameOf({ ...model, status })).split("\n");
  assert.match(lines[23] ?? "", /^ MAILBOX-GONE: the folder was deleted on the server +3\/1234 {3}● 23 ms$/);
});

test("links are links to a terminal that knows them, and only web and mail addresses are", () => {
  assert.equal(theme.link("https://a.example/x", "t"), "\x1b]8;;https://a.example/x\x07t\x1b]8;;\x07");
  for (const target of ["javascript:alert(1)", "file:///etc/passwd", "https://a\x1b]0;x\x07", "https://a b"])
    assert.equal(theme.link(target, "t"), "t");
});

test("what a terminal answers about its background is understood", () => {
  assert.equal(isLight("11;rgb:ffff/ffff/ffff"), true);
  assert.equal(isLight("11;rgb:1e/1e/2e"), false);
  assert.equal(isLight("11;rgba:fdf6/e3e3/d5d5/ffff"), true);
  assert.equal(isLight("11;rgb:0/0/0"), false);
  assert.equal(isLight("10;rgb:ffff/ffff/ffff"), null);
  assert.equal(isLight("11;?"), null);
});
