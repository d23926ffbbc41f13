import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { eventually, type Home, makeHome, openScreen } from "./postern.ts";
import type { Pty } from "./pty.ts";

const rowOf = (lines: readonly string[], subject: string) =>
  lines.findIndex((line) => line.includes(subject));

describe("labels", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let home: Home;
  let pty: Pty;
  let wire: Wire;
  before(async () => {
    server = await startDovecot({ tls: "none" });
    const subjects = ["Fields", "Meadows", "Woods", "Hedges"];
    server.deliver(
      "INBOX",
      subjects.map((subject, i) => ({ message: sampleMessage({ n: i + 1, subject }), flags: "S" })),
    );
    wire = await Wire.open(server.port, "INBOX");
    await wire.command("UID STORE 1 +FLAGS ($label1 $Forwarded NonJunk garden)");
    await wire.command("UID STORE 2 +FLAGS ($Todo)");
    home = makeHome(server.port);
    pty = await openScreen(home);
  });
  after(async () => {
    wire?.close();
    await pty?.stop();
    await server?.stop();
    home?.remove();
  });
  const flagsOf = async (uid: number) => (await wire.listing()).find((m) => m.uid === uid)?.flags ?? [];

  test("the list shows what people put on messages by its name, coloured by its meaning, and nothing that programs did", async () => {
    await pty.waitFor((lines) => lines.some((line) => line.endsWith("#important #garden Fields")));
    await pty.waitFor((lines) => lines.some((line) => line.endsWith("#Todo Meadows")));
    const colour = (subject: string, label: string) => {
      const y = rowOf(pty.text(), subject);
      return pty.cell(y, pty.text()[y]?.indexOf(label) ?? 0).foreground;
    };
    assert.equal(colour("Fields", "#important"), 9);
    assert.equal(colour("Fields", "#garden"), 6);
    assert.equal(colour("Fields", "Fields"), -1);
    assert.equal(colour("Meadows", "#Todo"), 11);
  });

  test("a label is put on and taken away, completed from those in use, and undone", async () => {
    pty.type("Y");
    await pty.waitFor(":flag toggle");
    pty.type("gar\t");
    await pty.waitFor(":flag toggle garden");
    pty.type("\r");
    await pty.waitFor((lines) => lines.some((line) => line.includes("#garden Hedges")));
    await eventually(async () => (await flagsOf(4)).includes("garden"), "on the server");
    pty.type("u");
    await pty.waitFor((lines) => !lines.some((line) => line.includes("#garden Hedges")));
    await eventually(async () => !(await flagsOf(4)).includes("garden"), "gone on the server");
    // By the name it is known by, all marked at once.
    pty.type("Vj:flag +impor");
    await pty.waitFor("$label1");
    pty.type("\t\r");
    await pty.waitFor((lines) => lines.filter((line) => line.includes("#important")).length === 3);
    await eventually(
      async () => (await flagsOf(3)).includes("$label1") && (await flagsOf(4)).includes("$label1"),
      "on both",
    );
  });

  test("an open message tells its labels, as they are now", async () => {
    pty.type("gg\r");
    await pty.waitFor((lines) => lines.some((line) => /Labels +important$/.test(line)));
    pty.type(":flag +garden\r");
    await pty.waitFor((lines) =>
      lines.some((line) => /Labels +(?:important, garden|garden, important)$/.test(line)),
    );
    pty.type("uq");
    await pty.waitFor((lines) => rowOf(lines, "Woods") >= 0);
    await eventually(async () => !(await flagsOf(4)).includes("garden"), "taken back");
  });

  test("labels are searched for", async () => {
    pty.type("\x07/label:$label1\r");
    await pty.waitFor((lines) => lines.filter((line) => /^\/.*#important/.test(line)).length === 3);
    pty.type("\x07");
    await pty.waitFor((lines) => !lines.some((line) => line.startsWith("/")));
    pty.type(":limit label:garden\r");
    await pty.waitFor((lines) => rowOf(lines, "Fields") >= 0 && rowOf(lines, "Hedges") < 0);
    pty.type("\\");
    await pty.waitFor((lines) => rowOf(lines, "Hedges") >= 0);
  });
});
