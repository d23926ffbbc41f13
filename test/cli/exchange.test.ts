// Mail out of a folder and back: what is exported is what was there, in forms that other programs read.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Home, readJson } from "./postern.ts";

/** Lines that an mbox has to quote, no line end at the end, a CR by itself, octets beyond ASCII. */
const odd = Buffer.from(
  "From: ada@example.org\r\nSubject: Odd\r\nMessage-ID: <odd@example.org>\r\n\r\nFrom here on\r\n>From there\r\n\r\nFrom x\r\na\rb \xe9\xff\r\nend",
  "latin1",
);
const days = [1, 2, 3, 4].map((n) => new Date(Date.UTC(2026, 1, n, 10, 20, 30)));

describe("export and import", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let home: Home;
  const sources = [
    sampleMessage({ n: 1 }),
    sampleMessage({ n: 2, attachmentBytes: 300_000 }),
    odd,
    sampleMessage({ n: 4 }),
  ];
  const at = (name: string) => join(home.dir, name);

  before(async () => {
    server = await startDovecot();
    const flags = ["S", "FS", "", "RS"];
    server.deliver(
      "INBOX",
      sources.map((message, i) => ({ message, date: days[i], flags: flags[i] })),
    );
    await server.doveadm("mailbox", "status", "-u", server.user, "messages", "*");
    home = Home.on(server);
  });
  after(async () => {
    await server?.stop();
    home?.remove();
  });

  const run = async (...args: string[]) => {
    const ran = await home.run(args);
    assert.deepEqual([ran.status, ran.err], [0, ""], args.join(" "));
    return ran;
  };
  /** The folder's messages: source, flags and day of arrival, oldest first. */
  const inFolder = async (folder: string) => {
    const { items = [] } = JSON.parse((await run("list", "-f", folder, "--sort", "arrival", "--json")).out);
    const found = [];
    for (const { uid, keywords, receivedAt } of items) {
      const { stdout } = await run("fetch", "-f", folder, String(uid), "--raw");
      found.push({ source: stdout.toString("latin1"), flags: Object.keys(keywords).sort(), receivedAt });
    }
    return found;
  };
  const create = (name: string) => run("folder", "create", name);
  /** A message ends with a line end where it came through a format of lines. */
  const ended = (source: string) => (source.endsWith("\r\n") ? source : `${source}\r\n`);
  /** A CR by itself is a line end to whoever reads files of lines. */
  const same = (source: string) => ended(source).replace(/\r(?!\n)/g, "\r\n");

  it("mbox: through a file and through a pipe, packed and not, nothing is lost or changed", async () => {
    const exported = await run("export", "--mbox", at("all.mbox"));
    assert.equal(exported.out, `${at("all.mbox")}\n`);
    const text = readFileSync(at("all.mbox"), "latin1");
    assert.equal(text.match(/^From /gm)?.length, 4);
    assert.match(text, /^From ada@example\.org Tue Feb {2}3 10:20:30 2026\n/m);
    assert.match(text, /\n>From here on\n>>From there\n\n>From x\n/);
    assert.deepEqual((await run("export", "--mbox", "-")).stdout.toString("latin1"), text);
    const packed = (await run("export", "--mbox", "-", "--gzip")).stdout;
    assert.deepEqual(gunzipSync(packed).toString("latin1"), text);
    await create("Back");
    const { text: said, uids } = readJson(
      (await run("import", at("all.mbox"), "--to", "Back", "--json")).out,
      "import",
    );
    assert.deepEqual([said, uids?.length], ["put 4 messages into Back", 4]);
    const [from, back] = [await inFolder("INBOX"), await inFolder("Back")];
    assert.deepEqual(
      back.map(({ source }) => source),
      from.map(({ source }) => same(source)),
    );
    assert.deepEqual(
      back.map(({ receivedAt }) => receivedAt),
      days.map((day) => day.toISOString()),
    );
    // Never over a file that is there.
    assert.equal((await run("export", "1", "--mbox", at("all.mbox"))).out, `${at("all-2.mbox")}\n`);
    assert.equal(readFileSync(at("all.mbox"), "latin1"), text);
  });

  it("maildir: with flags and times", async () => {
    await run("export", "--maildir", at("Maildir"));
    const names = readdirSync(at("Maildir/cur")).sort();
    assert.deepEqual(
      names.map((name) => /:2,(.*)$/.exec(name)?.[1]),
      ["S", "FS", "", "RS"],
    );
    assert.deepEqual(
      names.map((name) => statSync(join(at("Maildir/cur"), name)).mtimeMs),
      days.map(Number),
    );
    assert.deepEqual(readdirSync(at("Maildir/tmp")), []);
    await create("Again");
    await run("import", at("Maildir"), "--to", "Again");
    const [from, back] = [await inFolder("INBOX"), await inFolder("Again")];
    assert.deepEqual(
      back.map(({ flags, receivedAt }) => [flags, receivedAt]),
      from.map(({ flags, receivedAt }) => [flags, receivedAt]),
    );
    assert.deepEqual(
      back.map(({ source }) => source),
      from.map(({ source }) =>
        same(source).slice(0, same(source).length - (ended(source) === source ? 0 : 2)),
      ),
    );
  });

  it("eml: byte for byte; by ids and by query", async () => {
    await run("export", "2:3", "--eml", at("files"));
    assert.deepEqual(readdirSync(at("files")), ["2.eml", "3.eml"]);
    assert.deepEqual(
      readFileSync(at("files/3.eml"), "latin1"),
      (await run("fetch", "3", "--raw")).stdout.toString("latin1"),
    );
    await run("export", "subject:odd", "--eml", at("packed"), "--gzip");
    assert.deepEqual(readdirSync(at("packed")), ["3.eml.gz"]);
    await create("Files");
    await run("import", at("files"), "--to", "Files", "--flags", "seen");
    await run("import", at("packed/3.eml.gz"), "--to", "Files");
    assert.equal((await run("count", "-f", "Files")).out, "3\n");
    assert.equal((await run("count", "-f", "Files", "is:read")).out, "2\n");
  });

  it("import: from a pipe; only says what it would do; refuses what holds no message", async () => {
    await create("Pipe");
    const mbox = readFileSync(at("all.mbox"));
    const dry = await home.run(["import", "-", "--to", "Pipe", "--dry-run"], { stdin: mbox });
    assert.equal(dry.out, "would put 4 messages into Pipe\n");
    assert.equal((await run("count", "-f", "Pipe")).out, "0\n");
    assert.equal((await home.run(["import", "-", "--to", "Pipe"], { stdin: gzipSync(mbox) })).status, 0);
    assert.equal((await run("count", "-f", "Pipe")).out, "4\n");
    mkdirSync(at("empty"));
    for (const nothing of [at("empty"), at("nowhere"), home.write("nothing.mbox", "")])
      assert.equal((await home.run(["import", nothing, "--to", "Pipe"])).status, 64, nothing);
    assert.equal((await home.run(["export"])).status, 64);
    assert.equal((await home.run(["export", "--mbox", "a", "--eml", "b"])).status, 64);
    assert.equal((await home.run(["export", "--maildir", "a", "--gzip"])).status, 64);
  });
});
