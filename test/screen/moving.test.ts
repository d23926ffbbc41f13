// The keys that only move, in the list and in a message; panes shown and hidden; leaving by C-c.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { barOf, type Home, has, lacks, makeHome, openScreen, sizes } from "./postern.ts";
import type { Pty } from "./pty.ts";

const all = 200;
const unread = [150, 40];

for (const size of sizes)
  describe(`moving at ${size.columns}×${size.rows}`, { skip: serverMissing("dovecot") }, () => {
    let server: Dovecot;
    let home: Home;
    let pty: Pty;
    before(async () => {
      server = await startDovecot({ tls: "none" });
      server.deliver(
        "INBOX",
        Array.from({ length: all }, (_, i) => ({
          message: sampleMessage({
            n: i + 1,
            body: Array.from({ length: 200 }, (_, line) => `Line ${line + 1} of ${i + 1}.`).join("\n"),
          }),
          flags: unread.includes(i + 1) ? "" : "S",
        })),
      );
      server.deliver("Lists/garden", [{ message: sampleMessage({ n: 999, subject: "Tulips" }), flags: "S" }]);
      home = makeHome(server.port);
      pty = await openScreen(home, size);
      await pty.waitFor(has(/INBOX {2}1\/200 .*● online/));
      await pty.waitFor("Sample message 200");
    });
    after(async () => {
      await pty?.stop();
      await server?.stop();
      home?.remove();
    });
    const place = () => Number(/INBOX {2}(\d+)\/200/.exec(pty.text().join("\n"))?.[1]);
    /** Types and resolves to how many rows the cursor has gone down; it is on the message that the place says. */
    const moves = async (keys: string) => {
      const before = place();
      pty.type(keys);
      await pty.waitFor(() => place() !== before && place() > 0);
      await pty.waitFor(() => new RegExp(`Sample message ${all + 1 - place()}(?!\\d)`).test(barOf(pty)));
      return place() - before;
    };

    test("rows, half pages, pages and ends of the list", async () => {
      const page = size.rows - 3;
      for (const [down, up, rows] of [
        ["j", "k", 1],
        ["\x1b[B", "\x1b[A", 1],
        ["\x1bOB", "\x1bOA", 1],
        ["\x04", "\x15", Math.floor(page / 2)],
      ] as const) {
        assert.equal(await moves(down), rows, JSON.stringify(down));
        assert.equal(await moves(up), -rows, JSON.stringify(up));
      }
      for (const [down, up] of [
        ["\x1b[6~", "\x1b[5~"],
        ["\x06", "\x02"],
      ] as const) {
        const rows = await moves(down);
        assert.ok(rows === page || rows === page - 1, `${rows}`);
        assert.equal(await moves(up), -rows);
      }
      for (const [last, first] of [
        ["G", "gg"],
        ["\x1b[F", "\x1b[H"],
        ["\x1b[4~", "\x1b[1~"],
      ] as const) {
        assert.equal(await moves(last), all - 1, JSON.stringify(last));
        assert.equal(await moves(first), 1 - all, JSON.stringify(first));
      }
    });

    test("from unread to unread", async () => {
      pty.type("\t");
      await pty.waitFor(() => place() === all + 1 - 150);
      pty.type("\t");
      await pty.waitFor(() => place() === all + 1 - 40);
      pty.type("\x1b[Z");
      await pty.waitFor(() => place() === all + 1 - 150);
      pty.type("gg");
      await pty.waitFor(() => place() === 1);
    });

    test("in a message by lines, half pages and pages, to its ends and to the next one", async () => {
      const top = () => Number(/Line (\d+) of 200/.exec(pty.text().join("\n"))?.[1]);
      pty.type("\x1b[C");
      await pty.waitFor("Line 1 of 200.");
      // Past the header, which scrolls along.
      pty.type("20j");
      await pty.waitFor(() => top() > 10);
      const goes = async (keys: string) => {
        const before = top();
        pty.type(keys);
        await pty.waitFor(() => top() !== before && top() > 0);
        await pty.settle(60);
        return top() - before;
      };
      assert.equal(await goes("j"), 1);
      assert.equal(await goes("k"), -1);
      const half = await goes("\x04");
      assert.ok(half > 5 && (await goes("\x15")) === -half, `${half}`);
      const page = await goes(" ");
      assert.ok(page > half && (await goes("\x7f")) === -page, `${page}`);
      assert.equal(await goes("\x06"), page);
      assert.equal(await goes("\x02"), -page);
      pty.type("G");
      await pty.waitFor("Line 200 of 200.");
      pty.type("gg");
      await pty.waitFor("Line 1 of 200.");
      pty.type("J");
      await pty.waitFor("Line 1 of 199.");
      pty.type("\t");
      await pty.waitFor("Line 1 of 150.");
      pty.type("\x1b[D");
      await pty.waitFor(lacks("Line 1 of 150."));
      await pty.waitFor(() => place() === all + 1 - 150);
      pty.type("gg");
      await pty.waitFor(() => place() === 1);
    });

    test("from folder to folder, and into the folders and out of them", async () => {
      pty.type("J");
      await pty.waitFor(has(/Drafts {2}no messages/));
      pty.type("K");
      await pty.waitFor(() => place() > 0);
      pty.type("\x1b[D");
      await pty.waitFor(has(/Enter open.*list/));
      pty.type("G");
      await pty.waitFor(() => /garden/.test(pty.text().find((line) => line.includes("garden")) ?? ""));
      pty.type("gg\x1b[C");
      await pty.waitFor(() => place() > 0);
      await pty.waitFor(has(/d +delete/));
    });

    test("B hides the folders and shows them, C-l paints all anew", async () => {
      const beside = size.columns >= 100;
      await pty.waitFor((lines) => has(/^ ?Archive/)(lines) === beside);
      pty.type("B");
      await pty.waitFor(lacks(/^ ?Archive/));
      pty.type("B");
      await pty.waitFor((lines) => has(/^ ?Archive/)(lines) === beside);
      const before = pty.text();
      await new Promise<void>((written) =>
        pty.screen.write("\x1b[5;5Hsomebody's words\x1b[2;1H\x1b[K", written),
      );
      assert.ok(has("somebody's words")(pty.text()));
      pty.type("\x0c");
      await pty.waitFor(lacks("somebody's words"));
      await pty.waitFor((lines) => lines.join("\n") === before.join("\n"));
    });

    test("C-c says how to leave, and twice leaves", async () => {
      pty.type("\x03");
      await pty.waitFor("C-c again quits");
      await pty.settle();
      pty.type("j");
      await pty.waitFor(() => /Sample message 199/.test(barOf(pty)));
      pty.type("\x03\x03");
      assert.equal(await pty.exit, 0);
    });
  });
