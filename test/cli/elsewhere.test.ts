// Messages that go to a folder of another account: two servers that know nothing of one another, and nothing lost between.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { eventually, type Relay, startRelay } from "../screen/postern.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { Home } from "./postern.ts";

describe("copy and move to another account", { skip: serverMissing("dovecot") }, () => {
  let here: Dovecot;
  let there: Dovecot;
  /** From a line that can be held up. */
  let relay: Relay;
  let home: Home;
  let inbox: Wire;
  let trash: Wire;
  let kept: Wire;
  const sources = [1, 2, 3, 4, 5, 6].map((n) => sampleMessage({ n, attachmentBytes: n === 2 ? 500_000 : 0 }));
  const date = new Date(Date.UTC(2024, 3, 5, 6, 7, 8));

  before(async () => {
    here = await startDovecot({ tls: "none" });
    there = await startDovecot({ tls: "none" });
    here.deliver(
      "INBOX",
      sources.map((message) => ({ message, date, flags: "FS" })),
    );
    there.deliver("Kept", []);
    const heavy = (n: number) =>
      sampleMessage({
        n,
        attachmentBytes: 1_500_000,
        ...(n === 15 ? { body: "here it ends\n".repeat(500) } : {}),
      });
    here.deliver("Heavy", [11, 12, 13, 14, 15, 16].map(heavy));
    relay = await startRelay(here.port);
    home = new Home("");
    const account = (name: string, port: number) =>
      `[accounts.${name}]\naddress = "user@example.org"\nimap = "imap+insecure://user@127.0.0.1:${port}"\npassword-command = "echo password"\n`;
    home.write(
      "config.toml",
      `${account("here", here.port)}${account("there", there.port)}${account("held", relay.port)}`,
    );
    inbox = await Wire.open(here.port, "INBOX");
    await inbox.command("CREATE Trash");
    trash = await Wire.open(here.port, "Trash");
    kept = await Wire.open(there.port, "Kept");
  });
  after(async () => {
    for (const wire of [inbox, trash, kept]) wire?.close();
    await relay?.stop();
    await here?.stop();
    await there?.stop();
    home?.remove();
  });

  const run = async (status: number, ...args: string[]) => {
    const ran = await home.run(args);
    assert.equal(ran.status, status, `${args.join(" ")}: ${ran.out}${ran.err}`);
    return ran;
  };
  const flagged = async (wire: Wire) => (await wire.listing()).map(({ flags }) => flags);

  it("a copy has every octet, the flags and the time of arrival; what was copied stays", async () => {
    const { out } = await run(0, "copy", "1:2", "--to", "there:Kept");
    assert.equal(out, "copied 2 messages to there:Kept\n");
    const copies = [await kept.search("ALL"), await kept.source(1), await kept.source(2)];
    assert.deepEqual(copies, [[1, 2], ...sources.slice(0, 2)]);
    assert.deepEqual(await flagged(kept), Array(2).fill(["\\Flagged", "\\Seen"]));
    assert.match(await kept.command("UID FETCH 1:2 INTERNALDATE"), /05-Apr-2024 06:07:08 \+0000/);
    assert.equal((await inbox.search("ALL")).length, 6);
  });

  it("what is moved is there first, then in the Trash here, from where undo brings it back", async () => {
    const { out } = await run(0, "move", "3", "--to", "there:Brought", "--create");
    assert.equal(out, "moved 1 message to there:Brought, from INBOX to Trash\n");
    const brought = await Wire.open(there.port, "Brought");
    assert.deepEqual(await brought.source(1), sources[2]);
    brought.close();
    assert.deepEqual(await inbox.search("ALL"), [1, 2, 4, 5, 6]);
    assert.deepEqual(await trash.source((await trash.search("ALL")).at(-1) ?? 0), sources[2]);
    await run(0, "undo");
    assert.equal((await inbox.search("ALL")).length, 6);
  });

  it("from the Trash it leaves for good", async () => {
    await run(0, "delete", "4");
    const [uid = 0] = await trash.search("SUBJECT 4");
    await run(0, "-f", "Trash", "move", String(uid), "--to", "there:Kept");
    assert.deepEqual(await trash.search("ALL"), []);
    assert.deepEqual(await kept.source((await kept.search("ALL")).at(-1) ?? 0), sources[3]);
  });

  it("without a line they stay here as well, and go there with the next command", async () => {
    await run(0, "fetch", "5", "--raw");
    const before = (await kept.search("ALL")).length;
    const { out } = await run(75, "--offline", "move", "5", "--to", "there:Kept");
    assert.equal(out, "copied 1 message to there:Kept, and left in INBOX (not on the server yet)\n");
    assert.ok((await inbox.search("ALL")).includes(5));
    await run(0, "-a", "there", "sync");
    assert.equal((await kept.search("ALL")).length, before + 1);
  });

  for (const [how, status, says] of [
    ["Ctrl-C", 130, /^postern: stopped: nothing was moved to there:Kept$/m],
    ["--timeout", 69, /longer than 8 seconds/],
  ] as const)
    it(`what ${how} ends leaves nothing there, also where the line here is silent`, async () => {
      const before = await kept.search("ALL");
      relay.heldAt = /here it ends/;
      const limits = how === "--timeout" ? ["--timeout", "8"] : [];
      const words = ["-a", "held", "-f", "Heavy", ...limits, "move", "1:*", "--to", "there:Kept"];
      const child = spawn("bin/postern", words, { env: home.env, stdio: ["ignore", "ignore", "pipe"] });
      const said = text(child.stderr);
      const ended = once(child, "exit");
      await eventually(async () => (await kept.search("ALL")).length > before.length, "some are there");
      if (how === "Ctrl-C") child.kill("SIGINT");
      assert.deepEqual(await ended, [status, null]);
      relay.heldAt = null;
      assert.match(await said, says);
      assert.deepEqual(await kept.search("ALL"), before);
      const heavy = await Wire.open(here.port, "Heavy");
      assert.equal((await heavy.search("UNDELETED")).length, 6);
      heavy.close();
    });

  it("where it cannot go, nothing has changed", async () => {
    const all = await inbox.search("ALL");
    await run(66, "move", "6", "--to", "there:Nowhere");
    await run(66, "move", "6", "--to", "nobody:Kept");
    assert.equal(
      (await run(0, "--dry-run", "move", "6", "--to", "there:Kept")).out,
      "would move 1 message to there:Kept\n",
    );
    await there.stop();
    await run(69, "--timeout", "20", "move", "6", "--to", "there:Other");
    assert.deepEqual(await inbox.search("ALL"), all);
  });
});
