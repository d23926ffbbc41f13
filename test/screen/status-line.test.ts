// The status line: where one is, what is marked and shown, and how full the account is.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { has, lacks, makeHome, openScreen, sizes } from "./postern.ts";

const quota = `
mail_plugins = quota
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = maildir:User quota
  quota_rule = *:messages=20
}
`;

describe("the status line", { skip: serverMissing("dovecot") }, () => {
  for (const size of sizes)
    test(`tells of the quota when it is near, and no longer when there is room, at ${size.columns}×${size.rows}`, async () => {
      const server = await startDovecot({ tls: "none", config: quota });
      server.deliver(
        "INBOX",
        Array.from({ length: 17 }, (_, i) => ({ message: sampleMessage({ n: i + 1 }), flags: "S" })),
      );
      const home = makeHome(server.port);
      const pty = await openScreen(home, size);
      try {
        await pty.waitFor(has(/INBOX {2}1\/17 .*● online/));
        // 85 % is room enough.
        pty.type(":quota\r");
        await pty.waitFor(has(/17 of 20|17.*20/));
        pty.type("q");
        await pty.waitFor(has(/INBOX {2}1\/17 .*● online/));
        assert.equal(has(/quota \d/)(pty.text()), false);
        pty.type(`:copy --to Archive\r`);
        await pty.waitFor("copied 1 message");
        pty.type("$");
        await pty.waitFor(has(/quota 90 % .*● online/));
        pty.type("\x07V3j");
        await pty.waitFor(has(/INBOX {2}4\/17 {2}4 marked .*quota 90 % .*● online/));
        pty.type(":delete\r");
        await pty.waitFor("moved 4 messages to Trash");
        pty.type("gt");
        await pty.waitFor(has(/Trash {2}1\/4/));
        pty.type(":mark\r");
        pty.type("V3jd");
        await pty.waitFor("for good?");
        pty.type("y");
        await pty.waitFor(has(/Trash {2}no messages/));
        pty.type("gi$");
        await pty.waitFor(has(/INBOX {2}\d+\/13 .*● online/));
        await pty.waitFor(lacks(/quota \d/));
      } finally {
        await pty.stop();
        await server.stop();
        home.remove();
      }
    });
});
