// Whatever bytes come: nothing throws, hangs or grows, and where the network cuts them makes no difference.
import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { describe, it } from "node:test";
import { Connection } from "../../src/imap/connection.ts";
import {
  type Command,
  fetch,
  ImapError,
  list,
  namespace,
  noop,
  select,
  status,
  store,
  uidSearch,
} from "../../src/imap/index.ts";
import { readsCut, readsSingly, readsWhole } from "../fuzz/invariants.ts";
import { mutate, random } from "../fuzz/mutate.ts";
import { seeds } from "../fuzz/seeds.ts";

const lines = seeds.map((line) => Buffer.from(`${line}\r\n`, "latin1"));

describe("any bytes", () => {
  it("read the same however they are cut", () => {
    for (const line of lines) {
      const whole = readsWhole(line);
      readsSingly(line, whole);
      for (let at = 1; at < line.length; at++) readsCut(line, at, whole);
    }
  });

  it("read without a fault when changed at random", () => {
    const next = random(20_260);
    for (let i = 0; i < 8_000; i++) {
      const bytes = mutate(lines[Math.floor(next() * lines.length)]!, lines, next);
      const whole = readsWhole(bytes);
      readsCut(bytes, Math.floor(next() * bytes.length), whole);
    }
  });

  it("settle every command of a connection, one way or another", async () => {
    const next = random(7);
    const handlers = { onMessage() {} };
    const commands: Command<unknown>[] = [
      select("INBOX", { condstore: true }),
      fetch(
        [[1, 9]],
        { envelope: true, bodyStructure: true, flags: true, sections: [{ section: "" }] },
        handlers,
      ),
      uidSearch({ all: true }),
      store([[1, 2]], { mode: "add", flags: ["\\Seen"] }),
      list("", "*"),
      status("a", ["messages"]),
      namespace(),
      noop(),
    ];
    for (let i = 0; i < 150; i++) {
      let tags: string[] = [];
      const line = new Duplex({
        read() {},
        write(chunk: Buffer, _encoding, done) {
          tags = [...tags, ...[...chunk.toString("latin1").matchAll(/^([0-9A-F]+\w*) /gm)].map((m) => m[1]!)];
          done();
        },
      });
      const connection = new Connection(line);
      const greeted = connection.greeted();
      line.push("* PREAUTH [CAPABILITY IMAP4rev1 ESEARCH CONDSTORE UIDPLUS LITERAL+] hi\r\n");
      await greeted;
      const settled = commands.map((command) =>
        connection.run(command).then(
          () => null,
          (error: unknown) => error,
        ),
      );
      for (let turn = 0; turn < 12 && connection.state !== "closed"; turn++) {
        await new Promise(setImmediate);
        const said = mutate(lines[Math.floor(next() * lines.length)]!, lines, next);
        line.push(said);
        const tag = tags.shift();
        if (tag !== undefined)
          line.push(`\r\n${tag} ${["OK", "NO", "BAD"][Math.floor(next() * 3)]} done\r\n`);
      }
      connection.destroy();
      for (const outcome of await Promise.all(settled))
        assert.ok(outcome === null || outcome instanceof ImapError, String(outcome));
    }
  });
});
