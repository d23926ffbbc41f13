/** The protocol on the screen: console, trace and status, on a server as it is. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import {
  type Home,
  has,
  makeHome,
  openScreen,
  type Relay,
  sizes,
  startRelay,
  unanswered,
} from "./postern.ts";
import type { Pty } from "./pty.ts";

for (const size of sizes)
  describe(`the protocol at ${size.columns}×${size.rows}`, { skip: serverMissing("dovecot") }, () => {
    let server: Dovecot;
    let relay: Relay;
    let home: Home;
    let pty: Pty;
    const rows = () => pty.text().filter((line) => /Ada Sample {2,}Sample message/.test(line));
    let listed: string[];
    before(async () => {
      server = await startDovecot({ tls: "none" });
      server.deliver("INBOX", [sampleMessage({ n: 1 }), sampleMessage({ n: 2 })]);
      server.deliver("Lists/garden", [sampleMessage({ n: 99 })]);
      relay = await startRelay(server.port);
      home = makeHome(relay.port);
      pty = await openScreen(home, size);
      await pty.waitFor("● online");
      await pty.waitFor("Sample message 1");
      listed = rows();
    });
    after(async () => {
      await pty?.stop();
      await relay?.stop();
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

    test("what is fetched for the person alone changes nothing in the list", async () => {
      pty.type("UID FETCH 2 (FLAGS BODY.PEEK[HEADER.FIELDS (X-NOTHING)])\r");
      // This one's end, not that of the command before.
      await pty.waitFor((lines) => {
        const answer = lines.findLastIndex((line) => line.includes("BODY[HEADER.FIELDS (X-NOTHING)] {"));
        return answer >= 0 && has(/^ +OK +\S+ OK Fetch/)(lines.slice(answer));
      });
      pty.type("UID STORE 2 +FLAGS \\Flagged\r");
      await pty.waitFor(has(/^ +OK +\S+ OK Store/));
      await leave();
      await pty.waitFor(has(/(?:^|│) NF .*Sample message 2/));
      assert.deepEqual(
        rows().map((line) => line.replace("NF", "N ")),
        listed,
      );
      pty.type(":console\r");
      await pty.waitFor("INBOX>");
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

    test("what is typed while a command runs is not lost: it waits for the answer", async () => {
      pty.type(":console\r");
      await pty.waitFor("INBOX>");
      await unanswered(relay, async () => {
        pty.type("SELECT Lists/garden\rUID SEARCH ALL\rUID SEARCH UN");
        await pty.waitFor(has(/^INBOX> UID SEARCH UN/));
        await pty.waitFor(has(/^ +> +SELECT Lists\/garden/));
        await pty.waitFor(has(/^ +… +UID SEARCH ALL/));
      });
      await pty.waitFor(has(/^garden> UID SEARCH UN/));
      await pty.waitFor((lines) => {
        const asked = lines.findIndex((line) => /^ +> +UID SEARCH ALL/.test(line));
        return asked > 0 && has("* 1 EXISTS")(lines.slice(0, asked)) && has("* SEARCH 1")(lines.slice(asked));
      });
      pty.type("DELETED\r");
      await pty.waitFor(has(/^ +> +UID SEARCH UNDELETED/));
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
      await pty.waitFor(`127.0.0.1:${relay.port}, no encryption`);
      await pty.waitFor("3 messages in");
      pty.type("/qresync\r");
      await pty.waitFor("all that has changed since the last visit, at once  RFC 7162");
      pty.type("q");
      await pty.waitFor("Sample message 2");
      assert.equal(has("RFC 7162")(pty.text()), false);
    });

    test("and how long answers take, what has gone over the line, what is kept here: as it is by now", async () => {
      const figures = async () => {
        pty.type(":status\r");
        await pty.waitFor(has(/answers in +[\d.]+ ms/));
        const shown = pty.text().join("\n");
        pty.type("q");
        await pty.waitFor("Sample message 2");
        const octets = (what: RegExp) => {
          const [, figure = "", unit = ""] = what.exec(shown) ?? assert.fail(`${what}\n${shown}`);
          return Number(figure) * (unit === "kB" ? 1024 : unit === "MB" ? 1024 * 1024 : 1);
        };
        return {
          received: octets(/traffic +([\d.]+) (\S+) received/),
          sent: octets(/, ([\d.]+) (\S+) sent/),
          kept: octets(/local copy +\d+ messages in \d+ folders, ([\d.]+) (\S+) of what is in them/),
        };
      };
      const before = await figures();
      // Not to be made small by compression.
      const noise = randomBytes(105_000).toString("base64").replace(/.{76}/g, "$&\n");
      server.deliver("INBOX", [sampleMessage({ n: 3, body: `Leeks.\n${noise}` })]);
      pty.type("$");
      await pty.waitFor("Sample message 3");
      pty.type("gg\r");
      await pty.waitFor("Leeks.");
      pty.type("q");
      const after = await figures();
      assert.ok(after.received - before.received > 90_000, JSON.stringify([before, after]));
      assert.ok(after.kept - before.kept > 90_000, JSON.stringify([before, after]));
      assert.ok(after.sent > before.sent, JSON.stringify([before, after]));
    });
  });

describe("a login in the trace", { skip: serverMissing("dovecot") }, () => {
  const password = 'Ca"lla\\lily-1899';
  /** What base64 makes of the password, wherever in a text it begins. */
  const inBase64 = [0, 1, 2].map((before) => {
    const coded = Buffer.from(`${"x".repeat(before)}${password}`).toString("base64");
    return coded.slice(before === 0 ? 0 : 4, -4);
  });
  const secrets = [password, password.replace(/["\\]/g, "\\$&"), ...inBase64];

  // What is offered, and how it is then done.
  for (const [offered, begins] of [
    ["plain", /> +\S+ AUTHENTICATE PLAIN \[secret\]$/],
    // Without AUTH=PLAIN this server takes no LOGIN command.
    ["login", /> +\S+ AUTHENTICATE LOGIN$/],
    ["cram-md5", /> +\S+ AUTHENTICATE CRAM-MD5$/],
    ["scram-sha-256", /> +\S+ AUTHENTICATE SCRAM-SHA-256 \[secret\]$/],
  ] as const)
    test(`by ${offered} shows how it is done, and no secret`, async () => {
      const server = await startDovecot({
        tls: "none",
        users: { user: password },
        config: `auth_mechanisms = ${offered}`,
      });
      const relay = await startRelay(server.port);
      const made = makeHome(relay.port);
      const home = { ...made, env: { ...made.env, POSTERN_PASSWORD: password } };
      // Wide enough that no line is cut.
      const pty = await openScreen(home, { columns: 600, rows: 24 });
      try {
        server.deliver("INBOX", [sampleMessage({ n: 1 })]);
        await pty.waitFor("● online");
        await pty.waitFor("Sample message 1");
        pty.type(":trace\r");
        await pty.waitFor("The protocol as it runs");
        await relay.cut();
        await relay.mend();
        pty.type("$");
        await pty.waitFor(has(/< +\* LIST /));
        await pty.settle();
        pty.type("gg");
        await pty.waitFor(has(/< +\* OK .*Postern test server/));
        const seen = new Set(pty.text());
        const rows = () => pty.text().slice(2, -3);
        for (let last = ""; last !== rows().join("\n"); ) {
          last = rows().join("\n");
          pty.type(" ");
          await pause(100);
          await pty.settle(100);
          for (const line of pty.text()) seen.add(line);
        }
        const all = [...seen];
        assert.ok(has(begins)(all), all.join("\n"));
        if (offered === "cram-md5" || offered === "login")
          assert.ok(has(/> +\[secret\]$/)(all), all.join("\n"));
        assert.ok(has(/< +\* LIST /)(all));
        const said = relay.said + pty.raw.toString("latin1");
        for (const secret of secrets) {
          assert.equal(has(secret)(all), false, secret);
          assert.equal(pty.raw.includes(secret), false, secret);
        }
        // That it was there to be found.
        if (/^(?:plain|login)$/.test(offered)) assert.ok(secrets.some((secret) => said.includes(secret)));
        // Nor what was made of the password.
        for (const [, answer = ""] of relay.said.matchAll(/^([A-Za-z0-9+/=]{20,})\r$/gm))
          assert.equal(has(answer.slice(0, 20))(all), false, answer);
      } finally {
        await pty.stop();
        await relay.stop();
        await server.stop();
        home.remove();
      }
    });
});
