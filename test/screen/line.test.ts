import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import {
  barOf,
  eventually,
  type Home,
  openScreen,
  type Relay,
  type Relayed,
  startRelayed,
} from "./postern.ts";

const skip = serverMissing("dovecot");
/** A key is answered at once: far below what a person notices, with room for a busy machine. */
const atOnceMs = 300;

const saying = (text: string) => (lines: string[]) => lines.some((line) => line.includes(text));

describe("a line that breaks", { skip }, () => {
  let relayed: Relayed;
  let server: Dovecot;
  let relay: Relay;
  let home: Home;
  let wire: Wire;
  before(async () => {
    relayed = await startRelayed(30);
    ({ server, relay, home } = relayed);
    wire = await Wire.open(server.port, "INBOX");
  });
  after(async () => {
    wire?.close();
    await relayed?.stop();
  });

  test("with the server gone the screen works on, and what was done there reaches it later", async () => {
    const pty = await openScreen(home);
    try {
      await pty.waitFor("● online");
      await pty.waitFor("Sample message 30");
      await relay.cut();
      await pty.waitFor("○ off line");
      pty.type("j");
      await pty.waitFor(() => barOf(pty).includes("message 29"), atOnceMs);
      pty.type("F");
      await pty.waitFor(() => /F .*message 29/.test(barOf(pty)), atOnceMs);
      await pty.waitFor("↑1");
      pty.type("jd");
      await pty.waitFor((lines) => !saying("message 28")(lines), atOnceMs);
      await pty.waitFor("↑2");
      assert.deepEqual(await wire.search("FLAGGED"), []);
      await relay.mend();
      await pty.waitFor("● online");
      await eventually(async () => (await wire.search("FLAGGED")).join() === "29", "the flag is there");
      await eventually(async () => (await wire.search("UID 28")).length === 0, "the message has gone");
      await pty.waitFor((lines) => !saying("↑")(lines));
      assert.match(barOf(pty), /message 27/);
    } finally {
      await pty.stop();
      if (pty.raw.length === 0) await relay.mend();
    }
  });

  test("a line that swallows everything holds up neither keys nor quitting", async () => {
    const pty = await openScreen(home);
    try {
      await pty.waitFor("● online");
      await pty.waitFor("Sample message 30");
      await pty.settle();
      relay.silent = true;
      pty.type("F");
      await pty.waitFor("↑1");
      await pty.waitFor(() => /F .*message 30/.test(barOf(pty)), atOnceMs);
      pty.type("j");
      await pty.waitFor(() => barOf(pty).includes("message 29"), atOnceMs);
      const asked = Date.now();
      pty.type("q");
      await pty.waitFor("1 change waits");
      pty.type("y");
      assert.equal(await pty.exit, 0);
      assert.ok(Date.now() - asked < 4_000, `quitting took ${Date.now() - asked} ms`);
    } finally {
      relay.silent = false;
      await pty.stop();
    }
  });

  test("started with the server away, what is known is listed at once, and the change of before goes out", async () => {
    await relay.cut();
    const pty = await openScreen(home);
    try {
      await pty.waitFor("Sample message 30");
      // Why there is no line may be told first, in its place, for six seconds.
      await pty.waitFor("○ off line");
      assert.match(pty.text().join("\n"), /↑1/);
      pty.type("jM");
      await pty.waitFor("↑2");
      await relay.mend();
      await pty.waitFor("● online");
      await eventually(async () => (await wire.search("FLAGGED UID 30")).length === 1, "flagged before");
      await eventually(async () => (await wire.search("UNSEEN")).join() === "29", "marked while away");
      await wire.append("INBOX", sampleMessage({ n: 77, subject: "After the break" }));
      await pty.waitFor("After the break");
    } finally {
      await pty.stop();
    }
  });
});
