/**
 * Whole screens as text files, at every size the layout tells apart: `npm run golden` writes them anew, and what has
 * changed is then looked at.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { deliverGolden, hostileNames } from "./golden-mail.ts";
import { eventually, type Home, has, makeHome, openScreen, program } from "./postern.ts";
import { type Pty, startPty } from "./pty.ts";

const skip = serverMissing("dovecot");
const folder = resolve("test/screen/golden");
const write = process.env.POSTERN_GOLDEN === "write";

const sizes = [
  [200, 60],
  [150, 50],
  [140, 40],
  [100, 30],
  [80, 24],
  [60, 20],
  [40, 10],
] as const;

const fileOf = (name: string) => resolve(folder, `${name}.txt`);
const section = (title: string, screen: readonly string[]) => `=== ${title} ===\n${screen.join("\n")}\n`;
/** What is in the file; nothing where it is to be written. */
const kept = (name: string) => (write ? "" : readFileSync(fileOf(name), "utf8"));

/** Compares what was seen with the file, or writes it. */
function golden(name: string, seen: readonly (readonly [title: string, screen: readonly string[]])[]): void {
  const text = seen.map(([title, screen]) => section(title, screen)).join("\n");
  if (write) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(fileOf(name), text);
    return;
  }
  assert.equal(text, kept(name), `test/screen/golden/${name}.txt: npm run golden writes it anew`);
}

/** Changes rows and columns one after the other, as stty does, and waits for each: it paints everything. */
async function resize(pty: Pty, columns: number, rows: number): Promise<void> {
  for (const width of [pty.screen.cols, columns]) {
    if (pty.screen.cols === width && pty.screen.rows === rows) continue;
    const from = pty.bytes;
    await pty.resize(width, rows);
    await pty.waitFor(() => pty.raw.includes("\x1b[2J", from));
  }
}

/** A busy machine answers like a slow line, of which is told: looks again until it is as quick as it is. */
async function quick(pty: Pty): Promise<void> {
  const isSlow = () => has(/online \d+ ms/)(pty.text());
  await eventually(async () => {
    if (isSlow()) pty.type("$");
    await pty.settle(500);
    return !isSlow();
  }, "the line is quick");
}

/**
 * The screen at each size, once `shows` does and nothing more comes; what the file `name` has under the same title is
 * waited for, as a busy program may be quiet for a while between a change of size and the next.
 */
async function atSizes(
  pty: Pty,
  name: string,
  shows: (lines: string[]) => boolean,
  at: readonly (readonly [columns: number, rows: number])[] = sizes,
  entitled: (size: string) => string = (size) => size,
): Promise<[string, string[]][]> {
  const seen: [string, string[]][] = [];
  // What was typed before is on the screen: nothing but the change of size paints everything from here on.
  await pty.waitFor(shows);
  await pty.settle(150);
  for (const [columns, rows] of at) {
    await resize(pty, columns, rows);
    await pty.settle(150);
    await pty.waitFor(shows);
    const title = entitled(`${columns}×${rows}`);
    // What does not come is told by the comparison.
    if (!write)
      await pty.waitFor((lines) => kept(name).includes(section(title, lines))).catch(() => undefined);
    seen.push([title, pty.text()]);
  }
  return seen;
}

describe("golden screens", { skip }, () => {
  let server: Dovecot;
  let home: Home;
  let pty: Pty;
  before(async () => {
    server = await startDovecot({ tls: "none" });
    deliverGolden(server);
    home = makeHome(server.port, "[screen]\nkey-bar = true\n");
    pty = await openScreen(home, { columns: 150, rows: 50 });
    await pty.waitFor((lines) => has("1/61")(lines) && has("● online")(lines) && has("Hostile")(lines));
    await quick(pty);
  });
  after(async () => {
    await pty?.stop();
    await server?.stop();
    home?.remove();
  });

  test("the list", async () => {
    golden("list", await atSizes(pty, "list", has("Findings")));
  });

  test("the list thread after thread", async () => {
    await resize(pty, 150, 50);
    pty.type("zt");
    await pty.waitFor(has(/[▾└]/));
    pty.type("\x07");
    golden("threads", await atSizes(pty, "threads", has("Findings")));
    await resize(pty, 150, 50);
    pty.type("zM");
    await pty.waitFor(has("▸"));
    golden("folded", await atSizes(pty, "folded", has(/Ada|by thread/)));
    pty.type("zRzt");
    await pty.waitFor((lines) => !has("by thread")(lines));
    pty.type("\x07");
  });

  test("folders with the keys", async () => {
    pty.type("y");
    golden("folders", await atSizes(pty, "folders", has("Inbox")));
    pty.type("y");
  });

  test("a command being typed", async () => {
    pty.type(":f");
    golden("prompt", await atSizes(pty, "prompt", has(":f")));
    pty.type("\x03");
  });

  test("the palette", async () => {
    pty.type("\x1bxthr");
    golden("palette", await atSizes(pty, "palette", has("command: thr")));
    pty.type("\x03");
  });

  test("the keys", async () => {
    pty.type("?");
    golden("keys", await atSizes(pty, "keys", has("Message list")));
    pty.type("q");
  });

  test("a message of headings, a list, a table", async () => {
    await resize(pty, 150, 50);
    pty.type("gg\r");
    await pty.waitFor("Operation");
    golden("html", await atSizes(pty, "html", has("From")));
    pty.type("q");
  });

  test("a letter with quotes", async () => {
    await resize(pty, 150, 50);
    pty.type("j\r");
    await pty.waitFor("Dear Charles");
    golden("letter", await atSizes(pty, "letter", has("From")));
    pty.type("q");
  });

  test("hostile texts in the list", async () => {
    await resize(pty, 150, 50);
    pty.type(":go Hostile\r");
    await pty.waitFor("1/12");
    await pty.waitFor(has("ﾊﾝｶｸ"));
    golden("hostile-list", await atSizes(pty, "hostile-list", has("12")));
  });
  test("a hostile message", async () => {
    await resize(pty, 150, 50);
    const hostile: [string, string[]][] = [];
    for (const [i, name] of hostileNames.entries()) {
      if (name === "nothing") continue;
      pty.type(i === 0 ? "\r" : "J");
      await pty.waitFor(`Hostile  ${i + 1}/`);
      await pty.waitFor("the end");
      const shows = has(name === "one long word" ? "xxx" : "end");
      const twice = [
        [100, 30],
        [60, 24],
      ] as const;
      hostile.push(...(await atSizes(pty, "hostile-message", shows, twice, (size) => `${name}, ${size}`)));
      await resize(pty, 150, 50);
    }
    golden("hostile-message", hostile);
  });
});

describe("golden screens of a list that shows how messages begin", { skip }, () => {
  test("at every size", async () => {
    const server = await startDovecot({ tls: "none" });
    deliverGolden(server);
    const home = makeHome(server.port, "[screen]\nkey-bar = false\npreview = true\n");
    const pty = await openScreen(home, { columns: 200, rows: 80 });
    try {
      // The most that any size shows are known after this, and on the screen with the rows.
      await pty.waitFor((lines) => has("1/61")(lines) && has("● online")(lines) && has("Hostile")(lines));
      await quick(pty);
      await pty.waitFor((lines) =>
        lines.slice(0, -1).every((line, y) => y % 2 === 0 || /Dear|HTML only/.test(line)),
      );
      golden("preview", await atSizes(pty, "preview", has("Findings")));
    } finally {
      await pty.stop();
      await server.stop();
      home.remove();
    }
  });
});

/** A screen with the styles of its cells: below each line that has some, from which column on which holds. */
function withStyles(pty: Pty): string[] {
  return pty.text().flatMap((line, y) => {
    const styles: string[] = [];
    for (let x = 0; x < pty.screen.cols; x++) {
      const { text, bold, dim, italic, underline, inverse, foreground, background } = pty.cell(y, x);
      const before = styles[x - 1] ?? "";
      // Of a blank only what can be seen is told: it may have kept what was on before it.
      if (text === " " && !underline && !inverse && background < 0) {
        styles.push(/underline|inverse|ground/.test(before) ? "" : before);
        continue;
      }
      const marks = Object.entries({ bold, dim, italic, underline, inverse }).flatMap(([name, on]) =>
        on ? name : [],
      );
      if (foreground >= 0) marks.push(`text ${foreground}`);
      if (background >= 0) marks.push(`ground ${background}`);
      styles.push(marks.join(" "));
    }
    const runs = styles.flatMap((style, x) =>
      style === (styles[x - 1] ?? "") ? [] : `${x}: ${style === "" ? "plain" : style}`,
    );
    return runs.length === 0 ? [line] : [line, `    {${runs.join(", ")}}`];
  });
}

describe("golden looks", { skip }, () => {
  let server: Dovecot;
  before(async () => {
    server = await startDovecot({ tls: "none" });
    deliverGolden(server);
  });
  after(() => server?.stop());

  const question = "\x1b]11;?\x07";
  const white = "\x1b]11;rgb:ffff/ffff/ffff\x1b\\";
  /** `answer` is what the terminal says of its background, `as` whose file it must look like. */
  interface Look {
    readonly settings?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly answer?: string;
    readonly as?: string;
  }
  const looks: Readonly<Record<string, Look>> = {
    dark: { settings: 'theme = "dark"', answer: white },
    light: { settings: 'theme = "light"' },
    "16 colours": { env: { TERM: "linux" } },
    NO_COLOR: { env: { NO_COLOR: "1" }, answer: white },
    "a dumb terminal": { env: { TERM: "dumb" } },
    "no UTF-8": { env: { LC_ALL: "C", LANG: "C" } },
    "a white background": { answer: white, as: "light" },
    "paper, told in short and ended by BEL": { answer: "\x1b]11;rgb:fd/f6/e3\x07", as: "light" },
    "a black background": { answer: "\x1b]11;rgb:0000/0000/0000\x1b\\", as: "dark" },
    "an answer that tells nothing": { answer: "\x1b]11;white\x1b\\", as: "dark" },
    "a background that nobody tells": { as: "dark" },
  };
  for (const [name, { settings = "", env = {}, answer, as = name }] of Object.entries(looks))
    test(name, async () => {
      const home = makeHome(server.port, `[screen]\nkey-bar = false\n${settings}\n`);
      const pty = await startPty(program, [], {
        columns: 100,
        rows: 16,
        env: { ...home.env, ...env },
        cwd: home.dir,
      });
      try {
        await pty.waitFor((lines) => has("1/61")(lines) && has("online")(lines) && has("Hostile")(lines));
        // Who has been told, or shows no colours, does not ask; nor is a terminal asked that would show the question.
        assert.equal(pty.raw.includes(question), settings === "" && !("TERM" in env || "NO_COLOR" in env));
        if (answer) pty.type(answer);
        await quick(pty);
        pty.type("jtjj");
        await pty.waitFor(has(/4\/61 {2}1 marked/));
        const file = `looks-${as.replaceAll(" ", "-")}`;
        /** As it is once it is as in the file, or does not become so. */
        const look = async (title: string): Promise<[string, string[]]> => {
          await pty.settle(150);
          const alike = () => kept(file).includes(section(title, withStyles(pty)));
          if (!write) await pty.waitFor(alike).catch(() => undefined);
          return [title, withStyles(pty)];
        };
        const list = await look("the list");
        pty.type("\x07gg\r");
        await pty.waitFor(has("Findings"));
        await pty.waitFor(has("Of three trials"));
        golden(file, [list, await look("a message")]);
        if (name === "no UTF-8") assert.doesNotMatch(pty.raw.toString("latin1"), /[^\x00-\x7f]/);
        const [, shown] = list;
        const plain = name === "NO_COLOR" || name === "a dumb terminal";
        if (plain) assert.doesNotMatch(shown.join("\n"), /\{[^}]*(?:text|ground) \d/);
      } finally {
        await pty.stop();
        home.remove();
      }
    });
});
