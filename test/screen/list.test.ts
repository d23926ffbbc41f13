import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { barOf, type Home, makeHome, openScreen, type Relay, sizes, startRelay } from "./postern.ts";
import type { Pty } from "./pty.ts";

const date = new Date(Date.UTC(2022, 1, 3));

interface Rig {
  readonly server: Dovecot;
  readonly home: Home;
  readonly relay: Relay;
  /** The program as it starts, with what was delivered. */
  open(): Promise<Pty>;
}

/** Runs `body` with forty messages behind a line that can be held up, and a home with these settings. */
async function withRig(settings: string, body: (rig: Rig) => Promise<void>): Promise<void> {
  const server = await startDovecot({ tls: "none" });
  const relay = await startRelay(server.port);
  const home = makeHome(relay.port, settings);
  let pty: Pty | null = null;
  try {
    server.deliver(
      "INBOX",
      // Too old to be fetched whole without being asked for.
      Array.from({ length: 40 }, (_, i) => ({ message: sampleMessage({ n: i + 1 }), flags: "S", date })),
    );
    const open = async () => {
      pty = await openScreen(home);
      return pty;
    };
    await body({ server, home, relay, open });
  } finally {
    await (pty as Pty | null)?.stop();
    await relay.stop();
    await server.stop();
    home.remove();
  }
}

describe("the list", { skip: serverMissing("dovecot") }, () => {
  test("that fills up for the first time has the cursor at its top, whichever message comes first", () =>
    withRig("", async ({ relay, open }) => {
      relay.heldAt = /\* 7 FETCH/;
      const pty = await open();
      await pty.waitFor(() => /Sample message 6(?!\d)/.test(barOf(pty)));
      relay.heldAt = null;
      await pty.waitFor((lines) => lines.some((line) => line.includes("INBOX  1/40")));
      await pty.waitFor(() => /Sample message 40/.test(barOf(pty)));
    }));

  test("that fills up while somebody moves keeps the cursor on its message", () =>
    withRig("", async ({ relay, open }) => {
      relay.heldAt = /\* 7 FETCH/;
      const pty = await open();
      await pty.waitFor(() => /Sample message 6(?!\d)/.test(barOf(pty)));
      pty.type("j");
      await pty.waitFor(() => /Sample message 5(?!\d)/.test(barOf(pty)));
      relay.heldAt = null;
      await pty.waitFor("INBOX  36/40");
      assert.match(barOf(pty), /Sample message 5(?!\d)/);
    }));

  test("shows how messages begin where that is wanted, asking for those in view alone", () =>
    withRig("[screen]\npreview = true\n", async ({ relay, open }) => {
      const pty = await open();
      const begins = (lines: string[]) => lines.filter((line) => /^ {5}This is sample/.test(line)).length;
      const asked = () => relay.said.match(/FETCH \S+ \(UID PREVIEW\)/g);
      await pty.waitFor((lines) => begins(lines) === 10 && /This is sample message 40/.test(lines[1] ?? ""));
      assert.deepEqual(asked(), ["FETCH 31:40 (UID PREVIEW)"]);
      await pty.settle();
      const from = pty.bytes;
      pty.type("j");
      await pty.waitFor(() => /Sample message 39/.test(barOf(pty)));
      await pty.settle();
      // The bar does not cover how a message begins: a cursor that moves costs what it costs without.
      assert.ok(pty.bytes - from < 300, `${pty.bytes - from} octets`);
      pty.type("\x06");
      await pty.waitFor((lines) => begins(lines) === 10 && /This is sample message 30/.test(lines[1] ?? ""));
      assert.deepEqual(asked()?.slice(1), ["FETCH 21:30 (UID PREVIEW)"]);
      pty.type("gg");
      await pty.waitFor((lines) => begins(lines) === 10 && /This is sample message 40/.test(lines[1] ?? ""));
      assert.equal(asked()?.length, 2);
    }));

  test("has two lines of keys below it, or with key-bar = false their room", () =>
    withRig("", async ({ open }) => {
      const pty = await open();
      const listed = (lines: string[]) => lines.filter((line) => line.includes("Sample message")).length;
      await pty.waitFor((lines) => listed(lines) === sizes[0].rows - 3 && /\bdelete\b/.test(lines.at(-2)!));
    }).then(() =>
      withRig("[screen]\nkey-bar = false\n", async ({ open }) => {
        const pty = await open();
        const listed = (lines: string[]) => lines.filter((line) => line.includes("Sample message")).length;
        await pty.waitFor(
          (lines) => listed(lines) === sizes[0].rows - 1 && /INBOX {2}1\/40/.test(lines.at(-1)!),
        );
      }),
    ));
});

describe("a screen that is heard", { skip: serverMissing("dovecot") }, () => {
  test("has a row of words for each message, the terminal's cursor on it, and says nothing twice", () =>
    withRig("[screen]\nscreen-reader = true\n", async ({ server, open }) => {
      server.deliver("INBOX", [{ message: sampleMessage({ n: 41, subject: "Roses" }), date, flags: "F" }]);
      server.deliver("Lists/garden", [sampleMessage({ n: 1 })]);
      const pty = await open();
      const at = () => pty.screen.buffer.active.cursorY;
      const onRow = (row: number) => () => at() === row;
      await pty.resize(120, 24);
      await pty.waitFor(
        (lines) =>
          /^unread, flagged, Ada Sample: Roses, Feb 2022, size \d+$/.test(lines[0] ?? "") &&
          /^Ada Sample: Sample message 40, Feb 2022, size \d+$/.test(lines[1] ?? "") &&
          lines.at(-1) === "INBOX, 41 messages, online",
      );
      await pty.waitFor(onRow(0));
      await pty.settle();
      let from = pty.bytes;
      pty.type("jj");
      await pty.waitFor(onRow(2));
      await pty.settle();
      // The cursor goes there, and that is all.
      assert.ok(pty.bytes - from <= 20, JSON.stringify(pty.raw.subarray(from).toString("latin1")));
      from = pty.bytes;
      pty.type("F");
      await pty.waitFor((lines) => /^flagged, Ada Sample: Sample message 39,/.test(lines[2] ?? ""));
      assert.doesNotMatch(pty.raw.subarray(from).toString("latin1"), /message 40|Roses/);
      pty.type("kk\r");
      await pty.waitFor((lines) => /This is sample message 41/.test(lines.join("\n")));
      await pty.waitFor(onRow(0));
      pty.type("qy");
      await pty.waitFor(
        (lines) => lines.includes("Inbox, open") && lines.includes("garden, level 2, 1 unread"),
      );
      await pty.waitFor(() => pty.text()[at()] === "Inbox, open");
      pty.type("y:");
      await pty.waitFor(() => pty.text()[at()] === ":");
      pty.type("\x07");
      await pty.waitFor(onRow(0));
      const shown = pty.text().join("\n");
      assert.doesNotMatch(shown, /[│─▾▸•●]| {2}/);
      assert.doesNotMatch(pty.raw.toString("latin1"), /\x1b\[[\d;]*[1-9]m/);
    }));
});
