import assert from "node:assert/strict";
import { test } from "node:test";
import { Lines } from "../../src/tui/components/lines.tsx";
import { startInk } from "../../src/tui/ink.ts";
import { ScreenOutput } from "../../src/tui/terminal/output.ts";
import { linesOf } from "../screen/pty.ts";
import { TerminalStandIn } from "./draw.tsx";

test("lines that change cost no new frame, and hostile widths shift nothing", async () => {
  const terminal = new TerminalStandIn(40, 3);
  let frames = 0;
  class Counting extends ScreenOutput {
    override write(text: string): boolean {
      frames++;
      return super.write(text);
    }
  }
  const output = new Counting(terminal, { backColourErase: true });
  output.enter();
  const lines = (...text: string[]) => <Lines lines={text} width={40} height={text.length} />;
  const ink = startInk(lines("one", "two", "three"), output);
  await terminal.drawn();
  assert.deepEqual(linesOf(terminal.screen), ["one", "two", "three"]);
  const before = frames;
  for (let i = 0; i < 20; i++) {
    ink.rerender(lines("one", `two ${i}`, "a\u200cb\u{f0000}c"));
    await terminal.drawn();
  }
  assert.deepEqual(linesOf(terminal.screen), ["one", "two 19", "a\u200cb\u{f0000}c"]);
  assert.equal(frames, before);
  ink.rerender(lines("one", "two"));
  await terminal.drawn();
  assert.deepEqual(linesOf(terminal.screen), ["one", "two", ""]);
  ink.unmount();
  output.leave();
});
