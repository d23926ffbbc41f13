/** The protocol on the screen: console, trace and status, on a server as it is. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type Home, makeHome, openScreen, sizes } from "./postern.ts";
import type { Pty } from "./pty.ts";

for (const size of sizes)
  describe(`the protocol at ${size.columns}×${size.rows}`, { skip: serverMissing("dovecot") }, () => {
    let server: Dovecot;
    let home: Home;
    let pty: Pty;
    before(async () => {
      server = await startDovecot({ tls: "none" });
      server.deliver("INBOX", [sampleMessage({ n: 1 }), sampleMessage({ n: 2 })]);
      server.deliver("Lists/garden", [sampleMessage({ n: 99 })]);
      home = makeHome(server.port);
      pty = await openScreen(home, size);
      await pty.waitFor("● online");
    });
    after(async () => {
      await pty?.stop();
      await server?.stop();
      home?.remove();
    });

    /** Esc by itself, and then the page's own key. */
    const leave = async () => {
      pty.type("\x1b");
      await pty.waitFor((lines) => !lines.some((line) => /^\S+>/.test(line)));
      pty.type("q");
    };

    test("a command is completed, sent on the open connection, and its answer laid out", async () => {
      pty.type(":console\r");
      await pty.waitFor("INBOX>");
      pty.type("CAP\t\r");
      await pty.waitFor((lines) => lines.some((line) => /^ +OK +\S+ OK/.test(line)));
      pty.type("UID FETCH 2 (UID FLAGS ENVELOPE BODYSTRUCTURE)\r");
      await pty.waitFor((lines) => lines.some((line) => /^ +< +\* 2 FETCH \(UID 2$/.test(line)));
      await pty.waitFor((lines) => lines.some((line) => /^ +BODYSTRUCTURE \(/.test(line)));
    });

    test("the folder of the commands is chosen by SELECT; the list stays where it is", async () => {
      pty.type("SELECT Lists\t\r");
      await pty.waitFor("garden>");
      await pty.waitFor("* 1 EXISTS");
      pty.type("UID SEARCH ALL\r");
      await pty.waitFor((lines) => lines.some((line) => /< +\* SEARCH 1$/.test(line)));
      await leave();
      await pty.waitFor("INBOX  1/2");
    });

    test("what would upset the session, and what the server refuses, is told; the screen goes on", async () => {
      pty.type(":console\r");
      await pty.waitFor("INBOX>");
      pty.type("LOGOUT\r");
      await pty.waitFor("LOGOUT cannot be sent here: quitting says it.");
      pty.type("NONSENSE\r");
      await pty.waitFor((lines) => lines.some((line) => /^ +BAD +\S+ BAD/.test(line)));
      await leave();
      await pty.waitFor("● online");
    });

    test("the trace shows what goes over the line, as it goes", async () => {
      pty.type(":trace\r");
      await pty.waitFor("The protocol as it runs");
      pty.type("$");
      await pty.waitFor((lines) => lines.some((line) => /> +\S+ NOOP/.test(line)));
      pty.type("/* list\r");
      await pty.waitFor((lines) => lines.some((line) => /< +\* LIST /.test(line)));
      pty.type("q");
      await pty.waitFor("Sample message 2");
    });

    test("the status names server, line and abilities", async () => {
      pty.type(":status\r");
      await pty.waitFor(`127.0.0.1:${server.port}, no encryption`);
      await pty.waitFor("3 messages in");
      pty.type("/qresync\r");
      await pty.waitFor("all that has changed since the last visit, at once  RFC 7162");
      pty.type("q");
      await pty.waitFor("Sample message 2");
      assert.equal(
        pty.text().some((line) => line.includes("RFC 7162")),
        false,
      );
    });
  });
