// Addresses from the mail that is here, a vCard, a command and aliases: found, and used in what is written.
import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { Home } from "./postern.ts";

const letter = (from: string, to: string, daysAgo: number) =>
  Buffer.from(
    `From: ${from}\r\nTo: ${to}\r\nDate: ${new Date(Date.now() - daysAgo * 86_400_000).toUTCString()}\r\nSubject: x\r\n\r\nHi\r\n`,
  );
const me = "user@example.org";

describe("contacts", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let home: Home;

  before(async () => {
    server = await startDovecot();
    server.deliver("INBOX", [
      letter("Ada Lovelace <ada@example.net>", me, 1),
      letter("=?UTF-8?Q?J=C3=B6rg_M=C3=BCller?= <jm@adagio.example>", me, 2),
      letter("News <no-reply@ada.example>", me, 1),
      letter("News <no-reply@ada.example>", me, 1),
    ]);
    server.deliver("Sent", [letter(me, "adam@example.net, Adele <adele@example.net>", 1)]);
    server.deliver("Junk", [letter("adspam@example.net", me, 1)]);
    home = Home.on(server);
    const ask = home.write("ask", "#!/bin/sh\nprintf '\\nadalbert@example.com\\tAdalbert\\twork\\n'\n");
    chmodSync(ask, 0o755);
    home.account(`imaps://${server.user}@localhost:${server.tlsPort}`, [
      `password-command = "echo ${server.password}"`,
      'ca-file = "ca.pem"',
      "[contacts]",
      'vcard = ["cards.vcf", "none.vcf"]',
      `command = "'${ask}' %s"`,
      "[contacts.aliases]",
      'admins = ["adam@example.net", "Root <root@example.net>"]',
      'root = "root@example.net"',
    ]);
    home.write(
      "cards.vcf",
      "BEGIN:VCARD\nFN:Adam Smith\nEMAIL:Adam@example.net\nEND:VCARD\nBEGIN:VCARD\nFN:Adaeze\nEMAIL:z@example.net\nEND:VCARD\n",
    );
    assert.equal((await home.run(["sync", "INBOX", "Sent", "Junk"])).status, 0);
  });
  after(async () => {
    await server?.stop();
    home?.remove();
  });

  it("come from all that there is, the likeliest first, each once", async () => {
    const { out, err, status } = await home.run(["contacts", "ad", "--offline"]);
    assert.equal(status, 0);
    assert.deepEqual(
      out.split("\n").map((line) => line.split("\t")),
      [
        ["adam@example.net", "Adam Smith", "alias admins, written to once"],
        ["root@example.net", "Root", "alias admins"],
        ["adam@example.net", "Adam Smith", "written to once"],
        ["adele@example.net", "Adele", "written to once"],
        ["z@example.net", "Adaeze", "vCard"],
        ["adalbert@example.com", "Adalbert", "the command"],
        ["ada@example.net", "Ada Lovelace", "wrote once"],
        ["jm@adagio.example", "Jörg Müller", "wrote once"],
        ["no-reply@ada.example", "News", "wrote 2 times"],
        [""],
      ],
    );
    assert.match(err, /no contacts from .*none\.vcf: it is not there/);
  });

  it("are what a script asks for", async () => {
    const one = await home.run(["address", "jorg", "mull", "--fields", "email,name,source"]);
    assert.equal(one.out, "adalbert@example.com\tAdalbert\tcommand\njm@adagio.example\tJörg Müller\twrote\n");
    const { out } = await home.run(["contacts", "--limit", "1", "--jsonl"]);
    assert.deepEqual(JSON.parse(out).alias, "admins");
    assert.equal(out.split("\n").length, 2);
  });

  it("tell of a command that fails, and give the others all the same", async () => {
    home.write("ask", "#!/bin/sh\necho no book >&2\nexit 2\n");
    const { out, err, status } = await home.run(["contacts", "adele"]);
    assert.deepEqual([status, out], [0, "adele@example.net\tAdele\twritten to once\n"]);
    assert.match(err, /ask failed: no book/);
  });

  it("are written to by their alias", async () => {
    const { out, status } = await home.run([
      ...["compose", "Admins", "--cc", "root, x@example.org", "--subject", "s", "--body", "x", "--print"],
    ]);
    assert.equal(status, 0);
    assert.match(out, /^To: adam@example\.net, Root <root@example\.net>\r?$/m);
    assert.match(out, /^Cc: root@example\.net, x@example\.org\r?$/m);
    const bounced = await home.run(["bounce", "1", "--to", "admins", "--dry-run"]);
    assert.match(bounced.out, /to adam@example\.net, root@example\.net/);
  });
});
