// Nothing waits: keys are answered while work goes on, C-g ends it, and quitting waits for nothing.
import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import {
  barOf,
  eventually,
  type Home,
  has,
  lacks,
  makeHome,
  openScreen,
  type Relay,
  startRelay,
  unanswered,
} from "./postern.ts";
import type { Pty } from "./pty.ts";

interface Rig {
  readonly server: Dovecot;
  readonly relay: Relay;
  readonly home: Home;
  open(): Promise<Pty>;
}

/** Runs `body` with what `deliver` delivers, behind a line that can be held up. */
async function withRig(deliver: (server: Dovecot) => void, body: (rig: Rig) => Promise<void>): Promise<void> {
  const server = await startDovecot({ tls: "none" });
  const relay = await startRelay(server.port);
  const home = makeHome(relay.port);
  const screens: Pty[] = [];
  try {
    deliver(server);
    const open = async () => {
      const pty = await openScreen(home);
      screens.push(pty);
      return pty;
    };
    await body({ server, relay, home, open });
  } finally {
    for (const pty of screens) await pty.stop();
    await relay.stop();
    await server.stop();
    home.remove();
  }
}

const some = (messages: number) => (server: Dovecot) =>
  server.deliver(
    "INBOX",
    Array.from({ length: messages }, (_, i) => ({ message: sampleMessage({ n: i + 1 }), flags: "S" })),
  );

/** A message with a file, too old to be fetched whole without being asked for. */
const withFile = (octets: number) => (server: Dovecot) =>
  server.deliver("INBOX", [
    {
      message: sampleMessage({ n: 1, attachmentBytes: octets, attachmentName: "large.bin" }),
      flags: "S",
      date: new Date(Date.UTC(2022, 1, 3)),
    },
  ]);

/** What stands in the midst of that file as it comes over the line. */
async function midst(server: Dovecot): Promise<RegExp> {
  const wire = await Wire.open(server.port, "INBOX");
  const part = await wire.command("UID FETCH 1 BODY.PEEK[2]");
  wire.close();
  const [line = ""] = part.slice(part.length >> 1).match(/[A-Za-z0-9]{20}/) ?? [];
  return new RegExp(line);
}

/** Opens the message with that file and saves it; the line is held up when half of it has come. */
async function savingHalf({ server, relay, open }: Rig): Promise<Pty> {
  const pty = await open();
  await pty.waitFor(has(/INBOX {2}1\/1 .*● online/));
  pty.type("\r");
  await pty.waitFor("This is sample message 1.");
  await pty.settle();
  relay.heldAt = await midst(server);
  pty.type("vs");
  await pty.waitFor("save to: large.bin");
  pty.type("\r");
  await pty.waitFor(has(/saving… C-g stops it/));
  return pty;
}

/** Where the cursor is in the list, and how many it has; null where the status line says something else. */
function place(pty: Pty): { at: number; of: number } | null {
  const [, at = "", of = ""] = /INBOX {2}([\d\u2009]+)\/([\d\u2009]+)/.exec(pty.text().join("\n")) ?? [];
  const number = (text: string) => Number(text.replaceAll("\u2009", ""));
  return at === "" ? null : { at: number(at), of: number(of) };
}

describe("while work goes on", { skip: serverMissing("dovecot") }, () => {
  test("a folder is not said to be empty before the server has told, and a search ends with the limit taken off", async () => {
    const deliver = (server: Dovecot) => {
      some(5)(server);
      server.deliver("Work", [{ message: sampleMessage({ n: 6 }) }]);
    };
    await withRig(deliver, async ({ relay, open }) => {
      const pty = await open();
      await pty.waitFor(has(/INBOX {2}1\/5 .*● online/));
      await pty.settle();
      await unanswered(relay, async () => {
        pty.type(":go Work\r");
        await pty.waitFor(has("Loading…"));
        assert.ok(lacks("no messages")(pty.text()));
        pty.type("gi");
        await pty.waitFor(has("INBOX  1/5"));
        pty.type("lsubject:3\r");
        await pty.waitFor(has("searching…"));
        pty.type("\\");
        await pty.waitFor(lacks("searching…"));
        await pty.waitFor(has("/5"));
      });
      pty.type(":go Work\r");
      await pty.waitFor(has("Work  1/1"));
    });
  });

  test("a message that is deleted closes, and the next key is for another, before the server has answered", async () => {
    await withRig(some(5), async ({ server, relay, open }) => {
      const pty = await open();
      await pty.waitFor(has(/INBOX {2}1\/5 .*● online/));
      pty.type("\r");
      await pty.waitFor("This is sample message 5");
      await pty.settle();
      await unanswered(relay, async () => {
        pty.type("d");
        await pty.waitFor(() => barOf(pty).includes("Sample message 4"));
        pty.type("d");
        await pty.waitFor(() => barOf(pty).includes("Sample message 3"));
        pty.type("\r");
        await pty.waitFor(has("Subject  Sample message 3"));
      });
      // What is open by then stays open.
      await pty.waitFor("This is sample message 3");
      const wire = await Wire.open(server.port, "Trash");
      await eventually(async () => (await wire.search("ALL")).length === 2, "both are in the Trash");
      wire.close();
      await pty.settle();
      assert.ok(has("This is sample message 3")(pty.text()));
    });
  });

  test("each key is answered before a large folder is there, and the whole of it comes", () => {
    const all = 40_000;
    return withRig(some(all), async ({ open }) => {
      const pty = await open();
      await pty.waitFor((lines) => has(/Sample message/)(lines) && (place(pty)?.of ?? 0) > 50);
      let answered = 0;
      while ((place(pty)?.of ?? 0) < all && answered < 200) {
        // Rows come in above too, so that only the row under the cursor tells.
        const before = barOf(pty);
        pty.type(answered % 20 < 10 ? "j" : "k");
        await pty.waitFor(() => barOf(pty) !== before && barOf(pty) !== "");
        answered++;
      }
      assert.ok(answered > 10, `${answered} keys were answered before the folder was there`);
      await pty.waitFor(() => place(pty)?.of === all);
    });
  });

  test("how far it has come is told, keys move, and quitting ends it", () =>
    withRig(some(3_000), async ({ relay, open }) => {
      relay.heldAt = /\* 700 FETCH/;
      const pty = await open();
      await pty.waitFor(has(/reading headers \d+ % {2}● online/));
      const before = barOf(pty);
      pty.type("j");
      await pty.waitFor(() => barOf(pty) !== before);
      pty.type("q");
      assert.equal(await pty.exit, 0);
      assert.equal(pty.screen.buffer.active.type, "normal");
    }));

  test("a search that does not end is told of and ended by C-g; so are marks by a query; the next one is done", () =>
    withRig(some(30), async ({ relay, open }) => {
      const pty = await open();
      await pty.waitFor(has(/INBOX {2}1\/30 .*● online/));
      await pty.settle();
      relay.heldAt = /\*|\+|OK/;
      pty.type("/body:sample\r");
      await pty.waitFor(has(/searching… C-g stops it/));
      pty.type("j");
      await pty.waitFor(() => barOf(pty).includes("message 29"));
      pty.type("\x07");
      await pty.waitFor("the search was stopped");
      await pty.waitFor(lacks("C-g stops it"));
      pty.type("Tbody:sample\r");
      await pty.waitFor(has(/searching… C-g stops it/));
      pty.type("\x07");
      await pty.waitFor(lacks("C-g stops it"));
      relay.heldAt = null;
      await pty.waitFor(has("● online"));
      await pty.settle();
      assert.match(barOf(pty), /message 29/);
      assert.ok(lacks(/\d+ marked|^ *\/|\d found/)(pty.text()), pty.text().join("\n"));
      pty.type('/subject:"message 12"\r');
      await pty.waitFor(() => barOf(pty).includes("message 12"));
      pty.type("q");
      assert.equal(await pty.exit, 0);
    }));

  test("a file that does not come is ended by C-g, and nothing of it is left", () => {
    const octets = 3_000_000;
    return withRig(withFile(octets), async (rig) => {
      const { relay, home } = rig;
      const pty = await savingHalf(rig);
      pty.type("\x07");
      await pty.waitFor("stopped: nothing was written");
      assert.equal(existsSync(join(home.dir, "large.bin")), false);
      relay.heldAt = null;
      pty.type("s\r");
      await pty.waitFor("saved ");
      assert.equal(statSync(join(home.dir, "large.bin")).size, octets);
      // Nothing but the screen is on the screen.
      assert.doesNotMatch(pty.text().join("\n"), /warning/i);
      pty.type("qqq");
      assert.equal(await pty.exit, 0);
    });
  });

  test("a file whose line breaks is told of, and nothing of it is left; the screen goes on", () => {
    const octets = 3_000_000;
    return withRig(withFile(octets), async (rig) => {
      const { relay, home } = rig;
      const pty = await savingHalf(rig);
      await relay.cut();
      await pty.waitFor(lacks("C-g stops it"));
      await pty.waitFor(has("○ off line"));
      assert.equal(existsSync(join(home.dir, "large.bin")), false);
      relay.heldAt = null;
      await relay.mend();
      await pty.waitFor(has("● online"));
      pty.type("s\r");
      await pty.waitFor("saved ");
      assert.equal(statSync(join(home.dir, "large.bin")).size, octets);
    });
  });

  test("a slow line is told of by how long it takes, and no longer once it is quick", () =>
    withRig(some(5), async ({ relay, open }) => {
      relay.delayMs = 350;
      const pty = await open();
      await pty.waitFor(has(/INBOX {2}1\/5 .*● online \d+ ms$/));
      const [, ms = ""] = /● online (\d+) ms/.exec(pty.text().join("\n")) ?? [];
      assert.ok(Number(ms) >= 350 && Number(ms) % 50 === 0, ms);
      pty.type("j");
      await pty.waitFor(has("INBOX  2/5"));
      relay.delayMs = 0;
      pty.type("$");
      await pty.waitFor(has(/● online$/));
    }));

  test("Esc is a no where changes still wait, and the screen stays", () =>
    withRig(some(5), async ({ relay, open }) => {
      const pty = await open();
      await pty.waitFor(has(/INBOX {2}1\/5 .*● online/));
      await pty.settle();
      relay.silent = true;
      pty.type("F");
      await pty.waitFor("↑1");
      pty.type("q");
      await pty.waitFor("1 change waits");
      pty.type("\x1b");
      await pty.waitFor(lacks("1 change waits"));
      pty.type("j");
      await pty.waitFor("INBOX  2/5");
      pty.type("ZZ");
      assert.equal(await pty.exit, 0);
    }));
});
