/** `[colours]`: how the screen's parts look, in words; as SGR parameters (ECMA-48 §8.3.117), which terminals take. */
import { Section } from "./section.ts";
import { type ColourName, colourSettings } from "./settings.ts";

/** SGR parameters by what they are for; empty for plain text. */
export type Colours = Readonly<Partial<Record<ColourName, string>>>;

/** What holds on each kind of background. */
export type OwnColours = Readonly<Record<"dark" | "light", Colours>>;

const attributes: Readonly<Record<string, number>> = {
  bold: 1,
  dim: 2,
  italic: 3,
  underline: 4,
  inverse: 7,
  strike: 9,
};
const hues = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/** One colour's parameters; `ground` is 10 for a background. Null for a word that is none. */
function colour(word: string, ground: 0 | 10): string | null {
  const bright = word.startsWith("bright-");
  const hue = hues.indexOf(bright ? word.slice("bright-".length) : word);
  if (hue >= 0) return String((bright ? 90 : 30) + ground + hue);
  if (word === "default") return String(39 + ground);
  if (/^\d{1,3}$/.test(word) && Number(word) < 256) return `${38 + ground};5;${Number(word)}`;
  const [, ...rgb] = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(word) ?? [];
  return rgb.length === 3
    ? [38 + ground, 2, ...rgb.map((part) => Number.parseInt(part, 16))].join(";")
    : null;
}

/** `bold bright-red on 236` as SGR parameters, `plain` as none; null where a word means nothing. */
function sgrOf(text: string): string | null {
  const words = text.trim().split(/\s+/);
  if (words.join() === "plain") return "";
  const on = words.indexOf("on");
  const before = on < 0 ? words : words.slice(0, on);
  const parameters = before.map((word) =>
    Object.hasOwn(attributes, word) ? String(attributes[word]) : colour(word, 0),
  );
  if (on >= 0) parameters.push(words.length === on + 2 ? colour(words[on + 1] ?? "", 10) : null);
  return parameters.includes(null) ? null : parameters.join(";");
}

const names = Object.keys(colourSettings) as ColourName[];
const groups = [...new Set(names.map((name) => name.split(".")[0] ?? ""))];

/**
 * Reads `[colours]`: `heading = "bold"`, and in a table of its own `[colours.list]` `unread = "bold"`; over these, with
 * the same tables below them, `[colours.light]` and `[colours.dark]`. Throws AccountError "CONFIG".
 */
export function readColours(path: string, table: unknown): OwnColours {
  const all = new Section(path, "colours", table);
  all.only([...groups, "light", "dark"]);
  const everywhere = looks(all);
  const on = (background: "light" | "dark") => {
    const section = new Section(path, `colours.${background}`, all.table[background] ?? {});
    section.only(groups);
    return { ...everywhere, ...looks(section) };
  };
  return { light: on("light"), dark: on("dark") };
}

function looks(all: Section): Colours {
  const found: Partial<Record<ColourName, string>> = {};
  const take = (section: Section, key: string, name: ColourName) => {
    const text = section.text(key);
    if (text === null) return;
    const sgr = sgrOf(text);
    if (sgr === null)
      throw section.wrong(
        `has a "${key}" that is no look`,
        'write bold, dim, italic, underline, inverse, strike, a colour, and "on" with another: "bold bright-red on 236"',
      );
    found[name] = sgr;
  };
  for (const group of groups) {
    const own = names.filter((name) => name.startsWith(`${group}.`));
    if (own.length === 0) take(all, group, group as ColourName);
    else if (all.table[group] !== undefined) {
      const section = new Section(all.path, `${all.name}.${group}`, all.table[group]);
      section.only(own.map((name) => name.slice(group.length + 1)));
      for (const name of own) take(section, name.slice(group.length + 1), name);
    }
  }
  return found;
}
