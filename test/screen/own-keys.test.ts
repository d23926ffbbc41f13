// Keys of one's own: everywhere, for a pane, for an account, for a folder by its name or its use; the help has them.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { barOf, eventually, type Home, has, lacks, makeHome, openScreen, sizes } from "./postern.ts";
import type { Pty } from "./pty.ts";

const settings = (port: number) => `
[keys]
"g w" = "go Lists/garden"
"T" = "flag toggle $Todo"
"C-t s" = "sort subject"

[keys.list]
"x" = "flag +flagged"
"d" = ""

[keys.reader]
"x" = "headers"

[keys.in."Lists/garden"]
"x" = "flag +garden"

[keys.in."@trash"]
"x" = "move --to INBOX"

[accounts.work]
address = "user@example.org"
imap = "imap+insecure://user@127.0.0.1:${port}"

[accounts.home]
address = "second@example.org"
imap = "imap+insecure://second@127.0.0.1:${port}"

[accounts.home.keys.list]
"x" = "archive"
`;

for (const size of sizes)
  describe(`own keys at ${size.columns}×${size.rows}`, { skip: serverMissing("dovecot") }, () => {
    let server: Dovecot;
    let home: Home;
    let pty: Pty;
    before(async () => {
      server = await startDovecot({ tls: "none", users: { user: "password", second: "password" } });
      for (const user of ["user", "second"]) {
        server.deliver(
          "INBOX",
          [1, 2, 3].map((n) => ({ message: sampleMessage({ n, subject: `Of ${user} ${n}` }), flags: "S" })),
          user,
        );
        server.deliver("Lists/garden", [sampleMessage({ n: 9, subject: "Tulips" })], user);
        server.deliver("Trash", [sampleMessage({ n: 10, subject: "Thrown away" })], user);
      }
      home = makeHome(server.port);
      writeFileSync(join(home.dir, "config.toml"), settings(server.port));
      pty = await openScreen(home, size);
      await pty.waitFor(has(/work: INBOX {2}1\/3 .*● online/));
    });
    after(async () => {
      await pty?.stop();
      await server?.stop();
      home?.remove();
    });
    /** What a search finds in a folder of the server. */
    const found = async (folder: string, query: string, user = "user") => {
      const wire = await Wire.open(server.port, folder, user);
      const uids = await wire.search(query);
      wire.close();
      return uids.join();
    };

    test("a key, or several one after the other, stand for the line that the config says", async () => {
      pty.type("x");
      await eventually(async () => (await found("INBOX", "FLAGGED")) === "3", "flagged");
      pty.type("T");
      await eventually(async () => (await found("INBOX", "KEYWORD $Todo")) === "3", "labelled");
      pty.type("\x14");
      await pty.waitFor(has(/ s +sort subject: /));
      pty.type("s");
      await pty.waitFor("sorted by subject");
      await pty.waitFor(() => barOf(pty).includes("Of user 3"));
    });

    test("an empty line takes a key away, in that pane alone", async () => {
      pty.type("d");
      await pty.waitFor("d is not bound to anything");
      assert.equal(await found("INBOX", "ALL"), "1,2,3");
    });

    test("a key is another one where a message is open", async () => {
      pty.type("\r");
      await pty.waitFor("This is sample message 3.");
      pty.type("x");
      await pty.waitFor("MIME-Version: 1.0");
      pty.type("q");
      await pty.waitFor(lacks("MIME-Version: 1.0"));
    });

    test("a folder has keys of its own, by its name and by its use", async () => {
      pty.type("gw");
      await pty.waitFor(has("Lists/garden  1/1"));
      pty.type("x");
      await eventually(async () => (await found("Lists/garden", "KEYWORD garden")) === "1", "labelled");
      assert.equal(await found("Lists/garden", "FLAGGED"), "");
      pty.type("gt");
      await pty.waitFor("Thrown away");
      await pty.waitFor(has("Trash  1/1"));
      pty.type("x");
      await eventually(async () => (await found("Trash", "ALL")) === "", "no longer thrown away");
      assert.equal(await found("INBOX", "SUBJECT Thrown"), "4");
      pty.type("gi");
      await pty.waitFor(has("work: INBOX"));
    });

    test("so has an account", async () => {
      pty.type("}");
      await pty.waitFor(has(/home: INBOX {2}1\/3/));
      await pty.waitFor(has("● online"));
      pty.type("x");
      await eventually(async () => (await found("Archive", "ALL", "second")) === "1", "archived");
      assert.equal(await found("INBOX", "FLAGGED", "second"), "");
    });

    test("the help shows what is bound here now, and finds it by key, command or what it does", async () => {
      pty.type("?/archive\r");
      await pty.waitFor(has(/^ +(?:a, x|x, a) +Move to the Archive/));
      pty.type("/flag +garden\r");
      await pty.waitFor(has(/\(0\)/));
      pty.type("q{gw");
      await pty.waitFor(has(/work: Lists\/garden {2}1\/1/));
      pty.type("?/garden\r");
      await pty.waitFor(has(/^ +x +flag \+garden: /));
      await pty.waitFor(
        (lines) => lines.filter((line) => /^ +g w +go Lists\/garden: Open a folder/.test(line)).length === 1,
      );
      pty.type("/C-t\r");
      await pty.waitFor(has(/^ +C-t s +sort subject: Sort the list/));
      await pty.waitFor(lacks(/^ +g w /));
      pty.type("q");
      await pty.waitFor(has("Tulips"));
    });
  });
