import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { childrenOf, type Home, has, makeHome, openScreen, program } from "./postern.ts";
import { type Pty, startPty } from "./pty.ts";

const skip = serverMissing("dovecot");

/** The state that sequences sent so far have left the terminal in. */
function left(pty: Pty) {
  const { modes, buffer } = pty.screen;
  const raw = pty.raw.toString("latin1");
  return {
    alternate: buffer.active.type === "alternate",
    cursorHidden: raw.lastIndexOf("\x1b[?25l") > raw.lastIndexOf("\x1b[?25h"),
    wraps: modes.wraparoundMode,
    bracketedPaste: modes.bracketedPasteMode,
  };
}
const sane = { alternate: false, cursorHidden: false, wraps: true, bracketedPaste: false };

describe("the terminal", { skip }, () => {
  let server: Dovecot;
  let home: Home;
  before(async () => {
    server = await startDovecot({ tls: "none" });
    server.deliver(
      "INBOX",
      Array.from({ length: 60 }, (_, i) => sampleMessage({ n: i + 1, body: `Line of message ${i + 1}.\n` })),
    );
    home = makeHome(server.port);
  });
  after(async () => {
    await server?.stop();
    home?.remove();
  });

  /**
   * Runs the program below a shell that tells the line's settings before and after; `end` ends the program. Returns
   * what stands between these two on the main screen.
   */
  async function around(
    end: (pty: Pty, pid: number) => void,
    env: Readonly<Record<string, string>> = {},
  ): Promise<string[]> {
    const script = `stty -g; '${program}'; echo "status $?"; stty -g; read x`;
    const pty = await startPty("/bin/sh", ["-c", script], { env: { ...home.env, ...env }, cwd: home.dir });
    try {
      await pty.waitFor("● online");
      const [pid = 0] = childrenOf(pty.pid);
      assert.equal(left(pty).alternate, true);
      end(pty, pid);
      await pty.waitFor((lines) => lines.filter((line) => /^[0-9a-f]+:/.test(line)).length === 2);
      assert.deepEqual(left(pty), sane);
      const lines = pty.text();
      const [first, second] = lines.flatMap((line, y) => (/^[0-9a-f]+:/.test(line) ? y : []));
      // The settings take two rows.
      assert.deepEqual(lines.slice(second, second! + 2), lines.slice(first, first! + 2));
      assert.equal(has("Sample message")(lines), false);
      return lines.slice(first! + 2, second);
    } finally {
      await pty.stop();
    }
  }

  test("is given back on quitting", async () => {
    assert.deepEqual(await around((pty) => pty.type("q")), ["status 0"]);
  });

  for (const [signal, number] of [
    ["SIGTERM", 15],
    ["SIGHUP", 1],
    ["SIGINT", 2],
  ] as const) {
    test(`is given back on ${signal}`, async () => {
      // A shell may say of a job what has ended it.
      assert.equal((await around((_, pid) => process.kill(pid, signal))).at(-1), `status ${128 + number}`);
    });
  }

  for (const [fault, how] of [
    ["an error that nobody catches", "setImmediate(() => { throw error(); })"],
    ["a promise that nobody waits for", "Promise.reject(error())"],
    ["an error that is none", "setImmediate(() => { throw error().message; })"],
  ] as const)
    test(`is given back after ${fault}, and what it was is told`, async () => {
      const faulty = join(home.dir, "faulty.cjs");
      // What it says may be what a server has said.
      const error = 'const error = () => new Error("a fault \\x1b[?25l\\x1b[31mof our own\\u202e");';
      writeFileSync(faulty, `${error}\nprocess.on("SIGUSR2", () => { ${how}; });\n`);
      const told = await around((_, pid) => process.kill(pid, "SIGUSR2"), {
        NODE_OPTIONS: `--require ${faulty}`,
      });
      assert.match(told[0] ?? "", /^(?:Error: )?a fault of our own$/);
      assert.equal(told.at(-1), "status 70");
    });

  test("is given back when C-z suspends, and taken again by fg", async () => {
    // The shell's own line editor must not be taken for ours.
    writeFileSync(join(home.dir, "inputrc"), "set enable-bracketed-paste off\n");
    const pty = await startPty("/bin/bash", ["--norc", "--noprofile", "-i"], {
      env: { ...home.env, PS1: "ready> ", INPUTRC: join(home.dir, "inputrc") },
      cwd: home.dir,
    });
    try {
      await pty.waitFor("ready>");
      pty.type(`${program}\r`);
      await pty.waitFor("● online");
      pty.type("\x1a");
      await pty.waitFor("Stopped");
      assert.deepEqual(left(pty), sane);
      pty.type("fg\r");
      await pty.waitFor("INBOX  1/60");
      pty.type("j");
      await pty.waitFor("INBOX  2/60");
      assert.equal(left(pty).alternate, true);
      pty.type("q");
      await pty.waitFor((lines) => lines.some((line) => line.includes("ready>")));
    } finally {
      await pty.stop();
    }
  });

  test("may change its size at any time, in the list and in a message", async () => {
    const pty = await openScreen(home);
    const sizes = [
      [150, 50],
      [40, 10],
      [80, 24],
    ] as const;
    try {
      await pty.waitFor("● online");
      await pty.waitFor("Sample message 60");
      for (const opened of [false, true]) {
        if (opened) pty.type("\r");
        for (const [columns, rows] of sizes) {
          await pty.resize(columns, rows);
          // Below the status line stand the two of the key bar, where the screen is high enough for them.
          const status = rows - (rows < 14 ? 1 : 3);
          await pty.waitFor((lines) => lines.length === rows && (lines[status] ?? "").includes("online"));
          await pty.waitFor(opened ? "Line of message 60." : "Sample message 60");
          // The folders may still be on their way from the server.
          const shows = (what: string) => (lines: string[]) => lines.some((line) => line.includes(what));
          await pty.waitFor((lines) => shows("Inbox ")(lines) === columns >= 100);
          await pty.waitFor((lines) => shows("Sample message 59")(lines) === (!opened || columns >= 140));
        }
      }
    } finally {
      await pty.stop();
    }
  });

  test("is lent as it was to the editor and to the pager, and taken again after them", async () => {
    server.deliver("INBOX", [
      sampleMessage({ n: 61, subject: "With a list", attachmentBytes: 10, attachmentName: "list.bin" }),
    ]);
    const at = (name: string) => join(home.dir, name);
    // What these are given is what the shell had.
    writeFileSync(at("lent"), `stty -g < /dev/tty > "$HOME/$1"; echo "the $1 is here"; read x < /dev/tty\n`);
    writeFileSync(at("mailcap"), "application/octet-stream; cat %s; copiousoutput\n");
    const script = `stty -g > before; '${program}'; stty -g > after; echo done; read x`;
    const pty = await startPty("/bin/sh", ["-c", script], {
      env: {
        ...home.env,
        VISUAL: "",
        EDITOR: 'sh "$HOME/lent" editor',
        PAGER: 'sh "$HOME/lent" pager',
        MAILCAPS: at("mailcap"),
      },
      cwd: home.dir,
    });
    const settings = (name: string) => readFileSync(at(name), "utf8");
    const lent = async (name: string) => {
      await pty.waitFor(`the ${name} is here`);
      assert.deepEqual(left(pty), sane);
      assert.equal(settings(name), settings("before"));
      pty.type("\n");
    };
    try {
      await pty.waitFor("With a list");
      await pty.waitFor("● online");
      pty.type("m");
      await pty.waitFor("To:");
      pty.type("ann@example.org\r");
      await pty.waitFor("Subject:");
      pty.type("Lent\r");
      await lent("editor");
      await pty.waitFor("Your message");
      assert.equal(left(pty).alternate, true);
      pty.type("n");
      await pty.waitFor("for good?");
      pty.type("y");
      await pty.waitFor(has(/^.*With a list/));
      pty.type("gg\r");
      await pty.waitFor("list.bin");
      pty.type("v");
      await pty.waitFor(has(/ s +save/));
      pty.type("\r");
      await lent("pager");
      await pty.waitFor("list.bin");
      assert.equal(left(pty).alternate, true);
      pty.type("qqq");
      await pty.waitFor("done");
      assert.deepEqual(left(pty), sane);
      assert.equal(settings("after"), settings("before"));
    } finally {
      await pty.stop();
    }
  });
});
