import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import fc from "fast-check";
import { listenKeys } from "../../src/tui/terminal/input.ts";
import { type Input, KeyParser } from "../../src/tui/terminal/keys.ts";

const names = (inputs: readonly Input[]) =>
  inputs.map((i) =>
    i.kind === "key" ? i.key : i.kind === "mouse" ? `${i.what}:${i.column},${i.row}` : `${i.kind}:${i.text}`,
  );
const keys = (bytes: string | Uint8Array) => {
  const parser = new KeyParser();
  const found = parser.push(Buffer.from(bytes));
  return names([...found, ...parser.flush()]);
};

const known: readonly [bytes: string, key: string][] = [
  ["j", "j"],
  ["J", "J"],
  ["ä", "ä"],
  ["漢", "漢"],
  ["\u{1f600}", "\u{1f600}"],
  [" ", "Space"],
  ["\r", "Enter"],
  ["\t", "Tab"],
  ["\x7f", "Backspace"],
  ["\x04", "C-d"],
  ["\x00", "C-Space"],
  ["\x1f", "C-_"],
  ["\x1b[A", "Up"],
  ["\x1bOA", "Up"],
  ["\x1b[Z", "S-Tab"],
  ["\x1b[1;5C", "C-Right"],
  ["\x1b[1;3D", "M-Left"],
  ["\x1b[1;2B", "S-Down"],
  ["\x1b[5~", "PgUp"],
  ["\x1b[6~", "PgDn"],
  ["\x1b[3;5~", "C-Delete"],
  ["\x1b[H", "Home"],
  ["\x1b[4~", "End"],
  ["\x1bOP", "F1"],
  ["\x1b[[B", "F2"],
  ["\x1b[15~", "F5"],
  ["\x1b[24~", "F12"],
  ["\x1bx", "M-x"],
  ["\x1b\r", "M-Enter"],
  ["\x1b1", "M-1"],
  ["\x1b[100;5u", "C-d"],
  ["\x1b[27;6;13~", "C-S-Enter"],
  // Told by kitty's protocol: Caps Lock (64), Num Lock (128) and the kind of event say nothing.
  ["\x1b[27u", "Esc"],
  ["\x1b[99;5u", "C-c"],
  ["\x1b[99;69:1u", "C-c"],
  ["\x1b[1;129A", "Up"],
  ["\x1b[97;3u", "M-a"],
  ["\x1b[97:65;4u", "M-A"],
  ["\x1b[97;4u", "M-A"],
  ["\x1b[44:60;4u", "M-<"],
  ["\x1b[57414u", "Enter"],
  ["\x1b[57404u", "5"],
  ["\x1b[57420;5u", "C-Down"],
  ["\x1b[45:95;6u", "C-_"],
  ["\x1b[47;5u", "C-_"],
  ["\x1b[91;5u", "Esc"],
  ["\x1b[105;5u", "Tab"],
  ["\x1b[109;5u", "Enter"],
  ["\x1b[106;5u", "C-j"],
  ["\x1b[13;2u", "Enter"],
  ["\x1b[9;2u", "S-Tab"],
  ["\x1b[1089::99;5u", "C-c"],
  ["\x1b[?1u", "answer:[?1u"],
  ["\x1b[<0;3;4M", "press:2,3"],
  ["\x1b[<65;150;50M", "wheel-down:149,49"],
  ["\x1b[<68;1;1M", "wheel-up:0,0"],
  ["\x1b]11;rgb:ffff/ffff/ffff\x1b\\", "answer:11;rgb:ffff/ffff/ffff"],
  ["\x1b]11;x\x07", "answer:11;x"],
  ["\x1b[?69;2$y", "answer:[?69;2$y"],
  ["\x1b[200~two\r\nlines\x1b[201~", "paste:two\nlines"],
];

test("keys have their names", () => {
  for (const [bytes, key] of known) assert.deepEqual(keys(bytes), [key], JSON.stringify(bytes));
});

test("a key split anywhere between packets is the same key", () => {
  for (const [text, key] of known) {
    const bytes = Buffer.from(text);
    for (let at = 1; at < bytes.length; at++) {
      const parser = new KeyParser();
      const found = [...parser.push(bytes.subarray(0, at)), ...parser.push(bytes.subarray(at))];
      assert.deepEqual(names([...found, ...parser.flush()]), [key], `${JSON.stringify(text)} at ${at}`);
    }
  }
});

test("a burst is delivered key by key, whatever packets it comes in", () => {
  const sequence = fc.array(fc.constantFrom(...known), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(sequence, fc.array(fc.nat(40), { maxLength: 5 }), (list, cuts) => {
      const bytes = Buffer.from(list.map(([b]) => b).join(""));
      const points = [0, ...cuts.filter((c) => c < bytes.length).sort((a, b) => a - b), bytes.length];
      const parser = new KeyParser();
      const found = points.slice(1).flatMap((end, i) => parser.push(bytes.subarray(points[i], end)));
      assert.deepEqual(
        names([...found, ...parser.flush()]),
        list.map(([, key]) => key),
      );
    }),
  );
});

test("Esc alone is Esc, and an arrow whose Esc was given up on is still the arrow", () => {
  const parser = new KeyParser();
  assert.deepEqual(names(parser.push(Buffer.from("\x1b"), 0)), []);
  assert.deepEqual(names(parser.flush(50)), ["Esc"]);
  assert.deepEqual(names(parser.push(Buffer.from("[A"), 300)), ["Up"]);
  assert.deepEqual(names(parser.push(Buffer.from("[A"), 400)), ["[", "A"]);
  assert.deepEqual(keys("\x1b\x1b"), ["Esc", "Esc"]);
  assert.deepEqual(keys("\x1b["), ["M-["]);
});

test("on a slow line Esc and a key after it are two keys, Alt and a key are one, and so is a sequence", () => {
  const after = (ms: number, text: string) => {
    const parser = new KeyParser();
    return names([...parser.push(Buffer.from("\x1b"), 0), ...parser.push(Buffer.from(text), ms)]);
  };
  assert.deepEqual(after(10, "j"), ["M-j"]);
  assert.deepEqual(after(300, "j"), ["Esc", "j"]);
  assert.deepEqual(after(300, "\x1b[A"), ["Esc", "Up"]);
  assert.deepEqual(after(300, "[A"), ["Up"]);
  assert.deepEqual(after(300, "OA"), ["Up"]);
});

test("sequences that are no keys are ignored, and what follows them is not", () => {
  for (const bytes of [
    "\x1b[I",
    "\x1b[>1;10;0c",
    "\x1b[12;40R",
    "\x1b[<0;3;4m",
    "\x1b[<35;3;4M",
    "\x1b[<2;3;4M",
    "\x1bP>|term\x1b\\",
    "\x1b[99~",
    // Super and d, C-d let go, a key that kitty has a number for and nobody a name.
    "\x1b[100;9u",
    "\x1b[1;9A",
    "\x1b[100;5:3u",
    "\x1b[57428u",
    "\x1b[?69;2$z",
  ])
    assert.deepEqual(keys(`${bytes}j`), ["j"], JSON.stringify(bytes));
  assert.deepEqual(keys(Buffer.from([0xff, 0x6a])), ["j"]);
});

test("any bytes are taken without throwing, and nothing waits after a flush", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 6 }), (packets) => {
      const parser = new KeyParser();
      for (const packet of packets) parser.push(packet);
      for (let i = 0; i < 100 && parser.waiting !== "none"; i++) parser.flush();
      assert.equal(parser.waiting, "none");
    }),
  );
});

test("a pasted text is no keys: control characters are left out", () => {
  assert.deepEqual(keys("a\x1b[200~x\x03\ty\x1b[201~b"), ["a", "paste:x\ty", "b"]);
});

class Keyboard extends EventEmitter {
  readonly raw: boolean[] = [];
  setRawMode(raw: boolean) {
    this.raw.push(raw);
  }
  resume() {}
  pause() {}
}

test("the listener waits for the rest of a sequence, and gives the keyboard back", async () => {
  const keyboard = new Keyboard();
  const got: Input[] = [];
  const listener = listenKeys(keyboard, (input) => got.push(input));
  keyboard.emit("data", Buffer.from("\x1b"));
  await new Promise((resolve) => setTimeout(resolve, 5));
  keyboard.emit("data", Buffer.from("[B"));
  keyboard.emit("data", Buffer.from("\x1b"));
  await new Promise((resolve) => setTimeout(resolve, 90));
  assert.deepEqual(names(got), ["Down", "Esc"]);
  listener.pause();
  keyboard.emit("data", Buffer.from("j"));
  assert.equal(got.length, 2);
  assert.deepEqual(keyboard.raw, [true, false]);
});
