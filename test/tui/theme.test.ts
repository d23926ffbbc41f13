import assert from "node:assert/strict";
import { test } from "node:test";
import { createTheme, type StyleName, styles } from "../../src/tui/theme.ts";

/** The 16 colours as terminals have them. */
const palettes: Readonly<Record<string, string>> = {
  xterm:
    "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff",
  "the Linux console":
    "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa 555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
};

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** Index of the colour that SGR parameters set, null for the terminal's own. */
function colourOf(sgr: string, kind: "text" | "ground"): number | null {
  for (const parameter of sgr.split(";").map(Number)) {
    const base = kind === "text" ? 30 : 40;
    if (parameter >= base && parameter <= base + 7) return parameter - base;
    if (parameter >= base + 60 && parameter <= base + 67) return parameter - base - 60 + 8;
  }
  return null;
}

for (const [name, list] of Object.entries(palettes)) {
  const palette = list.split(" ");
  for (const [at, theme] of (["dark", "light"] as const).entries())
    test(`every colour of the ${theme} theme can be read with the palette of ${name}: 4.5 to 1 or more`, () => {
      const ratios = Object.entries(styles).map(([style, sgrs]) => {
        const sgr = sgrs[at] ?? "";
        const text = colourOf(sgr, "text");
        const ground = colourOf(sgr, "ground");
        const own = theme === "dark" ? ["ffffff", "000000"] : ["000000", "ffffff"];
        const ratio = contrast(
          text === null ? own[0]! : palette[text]!,
          ground === null ? own[1]! : palette[ground]!,
        );
        return { style, ratio };
      });
      assert.deepEqual(
        ratios.filter(({ ratio }) => ratio < 4.5),
        [],
      );
    });
}

test("without colour no colour is used, and what must be told apart is by weight, underline or inverse", () => {
  const theme = createTheme({ colours: "mono", utf8: true });
  for (const name of Object.keys(styles) as StyleName[])
    assert.doesNotMatch(
      theme.style(name, "x"),
      /\x1b\[(?:[\d;]*;)?(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|38|48)[;m]/,
      name,
    );
  for (const name of [
    "bar.focused",
    "bar.unfocused",
    "list.unread",
    "list.marked",
    "link",
    "status.error",
  ] as const)
    assert.notEqual(theme.style(name, "x"), "x", name);
});

test("a person's own styles win over the theme's, and mean nothing without colour", () => {
  const own = { light: { link: "38;5;208", code: "" }, dark: { link: "1" } };
  const theme = createTheme({ colours: "light", utf8: true, own });
  assert.equal(theme.style("link", "x"), "\x1b[38;5;208mx\x1b[0m");
  assert.equal(theme.style("code", "x"), "x");
  assert.equal(theme.style("good", "x"), "\x1b[34mx\x1b[0m");
  assert.equal(createTheme({ colours: "dark", utf8: true, own }).style("link", "x"), "\x1b[1mx\x1b[0m");
  const mono = createTheme({ colours: "mono", utf8: true, own });
  assert.equal(mono.style("link", "x"), "\x1b[4mx\x1b[0m");
});
