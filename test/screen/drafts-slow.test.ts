// Drafts that are changed, sent or discarded while they are still on their way to a slow server.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import {
  eventually,
  type Home,
  has,
  lacks,
  makeHome,
  openScreen,
  type Relay,
  startRelay,
} from "./postern.ts";
import type { Pty } from "./pty.ts";

describe("a draft on its way to a slow server", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let relay: Relay;
  let home: Home;
  let pty: Pty;
  let wire: Wire;
  before(async () => {
    server = await startDovecot({ tls: "none" });
    server.deliver("INBOX", [{ message: sampleMessage({ n: 1 }), flags: "S" }]);
    relay = await startRelay(server.port);
    const made = makeHome(relay.port);
    home = { ...made, env: { ...made.env, VISUAL: "", EDITOR: "true" } };
    pty = await openScreen(home);
    await pty.waitFor(has(/INBOX {2}1\/1 .*● online/));
    await pty.settle();
    wire = await Wire.open(server.port, "Drafts");
    relay.delayMs = 400;
  });
  after(async () => {
    wire?.close();
    await pty?.stop();
    await relay?.stop();
    await server?.stop();
    home?.remove();
  });
  const files = () =>
    readdirSync(join(home.dir, "state/postern/test/drafts")).filter((name) => !name.startsWith("."));
  const begin = async (subject: string) => {
    pty.type("m");
    await pty.waitFor(has(/^To:/));
    pty.type("ann@example.org\r");
    await pty.waitFor(has(/^Subject:/));
    pty.type(`${subject}\r`);
    await pty.waitFor(has("Your message"));
  };
  const goOn = async () => {
    pty.type(":draft\r");
    await pty.waitFor(has(/^ ?Drafts {3}Enter/));
    pty.type("\r");
    await pty.waitFor(has("Your message"));
  };
  const upload = () => relay.said.match(/(?:APPEND|REPLACE) /g)?.length ?? 0;

  test("that is discarded before it is there leaves nothing there, and nothing here", async () => {
    await begin("On second thoughts");
    pty.type("p");
    await pty.waitFor(lacks("Your message"));
    await eventually(async () => upload() === 1, "on its way");
    await goOn();
    pty.type("n");
    await pty.waitFor(has("for good?"));
    pty.type("y");
    await pty.waitFor(lacks("Your message"));
    // It was there, and has gone again.
    await eventually(async () => /UID (?:STORE|EXPUNGE|MOVE) /.test(relay.said), "taken away again");
    await eventually(async () => (await wire.search("ALL")).length === 0, "nothing is left there");
    await eventually(async () => files().length === 0, "nothing is left here");
  });

  test("that is changed and kept again is there once, as it is now", async () => {
    const before = upload();
    await begin("First words");
    pty.type("p");
    await pty.waitFor(lacks("Your message"));
    await eventually(async () => upload() === before + 1, "on its way");
    await goOn();
    pty.type("s");
    await pty.waitFor(has(/^Subject: First words/));
    pty.type("\x15Last words\r");
    await pty.waitFor(has(/Subject +Last words/));
    pty.type("p");
    await pty.waitFor(lacks("Your message"));
    await eventually(async () => upload() === before + 2, "the second one too");
    await eventually(
      async () => (await wire.search("SUBJECT Last")).length === 1 && (await wire.search("ALL")).length === 1,
      "the newer one alone",
    );
  });

  test("when the program ends is kept here, and what was half sent is taken away by the next one", async () => {
    const before = upload();
    await begin("Cut off");
    relay.delayMs = 2_000;
    pty.type("p");
    await pty.waitFor(lacks("Your message"));
    await eventually(async () => upload() === before + 1, "on its way");
    process.kill(pty.pid, "SIGKILL");
    await pty.exit;
    const half = files().filter((name) => name.endsWith(".mime"));
    assert.notDeepEqual(half, []);
    relay.delayMs = 0;
    pty = await openScreen(home);
    await pty.waitFor(has(/INBOX {2}1\/1 .*● online/));
    pty.type(":draft\r");
    await pty.waitFor(has("ann@example.org: Cut off"));
    assert.deepEqual(
      files().filter((name) => half.includes(name)),
      [],
    );
  });
});
