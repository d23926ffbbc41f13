// A sendmail command in place of a server: what it gets, and what its exit status means.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import type { Account } from "../../src/account/config.ts";
import { type Handover, type SubmissionErrorCode, submit } from "../../src/send/submission/index.ts";
import { accountAt, fails, handover, text } from "./handover.ts";

describe("a sendmail command", () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "postern-sendmail-"));
    writeFileSync(join(dir, "it"), `#!/bin/sh\nprintf '%s\\n' "$@" > ${dir}/args\ncat > ${dir}/message\n`);
    chmodSync(join(dir, "it"), 0o755);
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  function account(sendmail: string): Account {
    const { smtp: _server, ...rest } = accountAt(1, "none", null);
    return { ...rest, sendmail };
  }
  const send = (command: string, more: Partial<Handover> = {}) =>
    submit(handover(account(command), text("by command"), more));
  const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith("postern-send-"));

  it("gets sendmail's options, the addresses, and the message with this system's line ends", async () => {
    const before = leftovers();
    const { reply, rejected } = await send(`${dir}/it -a work`, {
      envelope: {
        from: "-me@example.org",
        to: ["ann@example.org", "-oQ/tmp@example.org", "$(touch x)@example.org"],
        dsn: { notify: ["never"], ret: "full", envid: "7" },
      },
    });
    assert.deepEqual([reply, rejected], [null, []]);
    assert.deepEqual(readFileSync(join(dir, "args"), "utf8").trimEnd().split("\n"), [
      ...["-a", "work", "-i", "-f", "-me@example.org", "-N", "never", "-R", "full", "-V", "7", "--"],
      ...["ann@example.org", "-oQ/tmp@example.org", "$(touch x)@example.org"],
    ]);
    assert.equal(
      readFileSync(join(dir, "message"), "latin1"),
      text("by command").toString("latin1").replaceAll("\r\n", "\n"),
    );
    assert.deepEqual(leftovers(), before);
  });

  it("tells by its exit status what came of it", async () => {
    const cases: readonly (readonly [string, SubmissionErrorCode, RegExp])[] = [
      ["echo later >&2; exit 75 #", "TEMPORARY", /status 75\): later/],
      ["echo who >&2; exit 67 #", "REJECTED", /status 67\): who/],
      [`${dir}/not-there`, "REJECTED", /status 127/],
      ["exit 1 #", "REJECTED", /status 1\)/],
      ["kill -9 $$ #", "UNKNOWN", /no answer came/],
    ];
    for (const [command, code, says] of cases) await assert.rejects(send(command), fails(code, says));
  });

  it("gets no part of a message for the whole", async () => {
    rmSync(join(dir, "message"), { force: true });
    const broken = () =>
      Readable.from(
        (async function* () {
          yield text("half");
          throw new Error("the disk is gone");
        })(),
      );
    await assert.rejects(send(`${dir}/it`, { message: broken }), fails("UNREACHABLE", /the disk is gone/));
    await assert.rejects(send(`${dir}/it`, { size: 7 }), fails("UNREACHABLE", /not as long/));
    await assert.rejects(
      send(`${dir}/it`, { signal: AbortSignal.abort() }),
      fails("UNREACHABLE", /given up/),
    );
    assert.ok(!readdirSync(dir).includes("message"));
  });

  it("an account that says nothing of how to send is told so", async () => {
    const { smtp: _server, ...rest } = accountAt(1, "none", null);
    await assert.rejects(submit(handover(rest, text("x"))), fails("NO_SUBMISSION"));
  });
});
