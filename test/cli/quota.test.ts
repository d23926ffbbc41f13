// Room on the server, in a shell and on the screen's status line.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { makeHome, openScreen, type Home as ScreenHome } from "../screen/postern.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Home, readJson } from "./postern.ts";

interface QuotaJson {
  readonly items: readonly { readonly resource: string; readonly used: number; readonly limit: number }[];
}

/** Enough to be counted, against a limit that it nearly fills. */
const attachmentBytes = 700_000;

describe("quota", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let home: Home;
  let screenHome: ScreenHome | null = null;
  before(async () => {
    server = await startDovecot({
      config: `
mail_plugins = $mail_plugins quota
protocol imap {
  mail_plugins = $mail_plugins imap_quota
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=1000K:messages=100
}`,
    });
    server.deliver("INBOX", [sampleMessage({ n: 1, attachmentBytes })]);
    home = Home.on(server);
  });
  after(async () => {
    await server?.stop();
    home?.remove();
    screenHome?.remove();
  });

  it("tells what is used and what there is, in octets", async () => {
    const ran = await home.run(["quota"]);
    assert.equal(ran.status, 0, ran.err);
    assert.match(ran.out, /^STORAGE\t\S+ kB\t\S+ [kM]B\t9\d%\tUser quota$/m);
    assert.match(ran.out, /^MESSAGE\t1\t100\t1%\tUser quota$/m);
    const json = await home.run(["quota", "--json"]);
    readJson(json.out);
    const [storage] = (JSON.parse(json.out) as QuotaJson).items.filter((q) => q.resource === "STORAGE");
    assert.equal(storage?.limit, 1000 * 1024);
    assert.ok((storage?.used ?? 0) > attachmentBytes);
  });

  it("is told in the status line where it is nearly used up, and by :quota", async () => {
    screenHome = makeHome(server.port);
    const pty = await openScreen(screenHome);
    try {
      await pty.waitFor((lines) => lines.some((line) => /quota 9\d %/.test(line)));
      pty.type(":quota\r");
      await pty.waitFor((lines) => lines.some((line) => /STORAGE +9\d+ kB of/.test(line)));
    } finally {
      await pty.stop();
    }
  });

  it("is refused with a word where the server does not tell", async () => {
    const other = await startDovecot();
    const elsewhere = Home.on(other);
    try {
      const ran = await elsewhere.run(["quota"]);
      assert.equal(ran.status, 69);
      assert.match(ran.err, /the server does not tell of quotas/);
    } finally {
      elsewhere.remove();
      await other.stop();
    }
  });
});
