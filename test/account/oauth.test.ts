// OAuth 2.0 on a real provider and a real server: access is allowed in a browser, by hand, on another device; tokens are renewed.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parseConfig } from "../../src/account/config.ts";
import { Credentials } from "../../src/account/credentials.ts";
import { AccountError } from "../../src/account/errors.ts";
import type { Keyring } from "../../src/account/keyring.ts";
import { allowByBrowser, type CodeHooks } from "../../src/account/oauth/code.ts";
import { allowByDevice } from "../../src/account/oauth/device.ts";
import { parseRecord, recordText, requestToken, type TokenRecord } from "../../src/account/oauth/token.ts";
import { Tokens } from "../../src/account/oauth/tokens.ts";
import type { Vault } from "../../src/account/vault.ts";
import { AccessToken } from "../../src/imap/index.ts";
import { Mail } from "../../src/mail/index.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Browser, startProvider, type TestProvider } from "../servers/provider.ts";

const never = new Promise<string>(() => {});
const code =
  (what: string, says = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof AccountError);
    assert.equal(error.code, what);
    assert.match(`${error.message}\n${error.hint}`, says);
    return true;
  };

/** A vault in memory. */
function memory(text: string | null = null): Vault & { text: string | null; writes: number } {
  return {
    name: "the test",
    text,
    writes: 0,
    ready: async () => {},
    async read() {
      return this.text;
    },
    async write(given) {
      this.text = given;
      this.writes++;
    },
    async remove() {
      this.text = null;
      return true;
    },
  };
}

describe("OAuth 2.0", () => {
  let provider: TestProvider;
  before(async () => {
    provider = await startProvider();
  });
  after(() => provider.stop());

  /** Access allowed by `user` in a browser on this machine. */
  function allowed(user = "user", hooks: Partial<CodeHooks> = {}): Promise<TokenRecord> {
    return allowByBrowser(provider.client, {
      address: user,
      open: (url) => void new Browser().allow(url, user).then((back) => fetch(back)),
      pasted: () => never,
      ...hooks,
    });
  }
  const expired = (record: TokenRecord) => recordText({ ...record, expires: Date.now() - 1 });

  it("lets access be allowed in a browser that comes back to this machine", async () => {
    let asked = "";
    const record = await allowed("user", {
      open: (url) => {
        asked = url;
        void new Browser().allow(url, "user").then((back) => fetch(back));
      },
    });
    assert.ok(record.access && record.refresh);
    assert.ok(record.expires > Date.now() + 3_000_000 && record.expires <= Date.now() + 3_600_000);
    const query = new URL(asked).searchParams;
    assert.equal(query.get("code_challenge_method"), "S256");
    assert.equal(query.get("login_hint"), "user");
    assert.match(query.get("redirect_uri") ?? "", /^http:\/\/127\.0\.0\.1:\d+\/$/);
  });

  it("takes the address, or the code in it, by hand where the browser is elsewhere", async () => {
    for (const cut of [
      (back: string) => ` ${back}\n`,
      (back: string) => new URL(back).searchParams.get("code") ?? "",
    ]) {
      let paste: (text: string) => void = () => {};
      const record = await allowed("user", {
        open: (url) => void new Browser().allow(url, "user").then((back) => paste(cut(back))),
        pasted: () =>
          new Promise((resolve) => {
            paste = resolve;
          }),
      });
      assert.ok(record.refresh);
    }
  });

  it("listens to nobody who does not know what was asked", async () => {
    let answers: number[] = [];
    const record = await allowed("user", {
      open: (url) => {
        const back = new URL(url).searchParams.get("redirect_uri") ?? "";
        const wrong = ["?code=stolen&state=guessed", "?code=stolen", "?error=access_denied&state=x", "x", ""];
        void Promise.all(wrong.map(async (query) => (await fetch(back + query)).status)).then(
          async (statuses) => {
            answers = statuses;
            await fetch(await new Browser().allow(url, "user"));
          },
        );
      },
    });
    assert.deepEqual(answers, [404, 404, 404, 404, 404]);
    assert.ok(record.access);
    await assert.rejects(
      allowed("user", { open: () => {}, pasted: async () => "http://x/?code=a&state=other" }),
      code("OAUTH", /not the answer/),
    );
    await assert.rejects(
      allowed("user", { open: () => {}, pasted: async () => "http://x/?error=access_denied" }),
      code("NOT_ALLOWED", /access_denied.*\n.*account login/),
    );
    await assert.rejects(
      allowed("user", { open: () => {}, pasted: async () => "no-such-code" }),
      code("NOT_ALLOWED", /invalid_grant/),
    );
  });

  it("lets access be allowed on another device", async () => {
    let shown = "";
    const record = await allowByDevice(provider.client, {
      show: ({ url, code: typed, complete }) => {
        shown = `${url} ${typed}`;
        void new Browser().allowDevice(complete ?? "", "user");
      },
    });
    assert.match(shown, /^http:\/\/127\.0\.0\.1:\d+\/device [A-Z-]+$/);
    assert.ok(record.access && record.refresh);
  });

  it("asks for nothing while a token is good, and for a new one before it ends", async () => {
    const first = await allowed();
    const vault = memory(recordText(first));
    const tokens = new Tokens("work", provider.client, vault);
    const token = await tokens.get(null);
    assert.deepEqual([token.reveal(), vault.writes], [first.access, 0]);
    vault.text = recordText({ ...first, expires: Date.now() + 30_000 });
    const next = new Tokens("work", provider.client, vault);
    const [one, other] = await Promise.all([next.get(null), next.get(null)]);
    assert.equal(other.reveal(), one.reveal(), "asked for at once, renewed once");
    assert.notEqual(one.reveal(), first.access);
    const kept = parseRecord(vault.text ?? "");
    assert.equal(kept.access, one.reveal());
    assert.notEqual(kept.refresh, first.refresh, "this provider's refresh tokens are good once");
  });

  it("uses what another process has renewed, before and after the provider says no", async () => {
    const first = await allowed();
    const vault = memory(expired(first));
    const mine = new Tokens("work", provider.client, vault);
    await mine.get(null);
    const before = vault.text ?? "";
    // The other one renews while we still hold what is now worthless.
    vault.text = expired(parseRecord(before));
    const theirs = await new Tokens("work", provider.client, vault).get(null);
    const now = vault.text ?? "";
    let reads = 0;
    const late: Vault = { ...memory(), read: async () => (reads++ === 0 ? expired(first) : now) };
    const token = await new Tokens("work", provider.client, late).get(null);
    assert.equal(reads, 2);
    assert.equal(token.reveal(), theirs.reveal());
  });

  it("renews a token that the server refuses, and says what to do where that is over too", async () => {
    const vault = memory(recordText(await allowed()));
    const tokens = new Tokens("work", provider.client, vault);
    const first = await tokens.get(null);
    const second = await tokens.get(first);
    assert.notEqual(second.reveal(), first.reveal());
    assert.equal((await tokens.get(null)).reveal(), second.reveal());
    await provider.revoke(parseRecord(vault.text ?? "").refresh ?? "");
    await assert.rejects(tokens.get(second), code("NOT_ALLOWED", /invalid_grant.*\n.*postern account login/));
    const empty = new Tokens("work", provider.client, memory());
    await assert.rejects(empty.get(null), code("NOT_ALLOWED", /no token.*\n.*account login work/));
    const bare = new Tokens("work", provider.client, memory("only-a-refresh-token"));
    await assert.rejects(bare.get(null), code("NOT_ALLOWED", /invalid_grant/));
  });

  it("tells a provider that is not there from one that says no", async () => {
    const nowhere = { ...provider.client, tokenUrl: "http://127.0.0.1:1/token" };
    const tokens = new Tokens("work", nowhere, memory("refresh"));
    await assert.rejects(
      tokens.get(null),
      code("PROVIDER", /127\.0\.0\.1:1 cannot be reached: ECONNREFUSED/),
    );
    const clear = { ...provider.client, tokenUrl: "http://provider.example/token" };
    await assert.rejects(
      new Tokens("work", clear, memory("refresh")).get(null),
      code("PROVIDER", /is not asked without https/),
    );
    const other = { ...provider.client, clientId: "unknown" };
    await assert.rejects(
      new Tokens("work", other, memory("refresh")).get(null),
      code("OAUTH", /invalid_client.*\n.*client-id/),
    );
  });

  it("a provider that talks nonsense is told so, and never waited for without end", async (t) => {
    let say: (response: ServerResponse) => void = () => {};
    const hostile = createServer((request, response) => {
      request.resume();
      say(response);
    });
    hostile.listen(0, "127.0.0.1");
    await once(hostile, "listening");
    t.after(() => {
      hostile.closeAllConnections();
      hostile.close();
    });
    const url = `http://127.0.0.1:${(hostile.address() as AddressInfo).port}/`;
    const client = { ...provider.client, tokenUrl: url, deviceUrl: url };
    const grant = { grant_type: "refresh_token", refresh_token: "r" };
    const ask = (signal?: AbortSignal) => requestToken(client, grant, "r", signal);
    const answers: readonly [string, RegExp][] = [
      ["<html>hello", /makes no sense/],
      ["", /makes no sense/],
      ["[]", /makes no sense/],
      ["null", /makes no sense/],
      ['{"access_token":5}', /makes no sense/],
      ['{"access_token":""}', /makes no sense/],
      ['{"error":"invalid_client","error_description":7}', /invalid_client\)/],
      ['{"__proto__":{"access_token":"x"}}', /makes no sense/],
    ];
    for (const [text, says] of answers) {
      say = (response) => response.end(text);
      await assert.rejects(ask(), code("OAUTH", says), text);
      await assert.rejects(allowByDevice(client, { show: () => {} }), code("OAUTH"), text);
    }
    say = (response) => response.writeHead(302, { location: `${provider.issuer}/token` }).end();
    await assert.rejects(ask(), code("OAUTH", /makes no sense/), "nothing is sent on to where it points");
    say = (response) => response.writeHead(200).end("x".repeat(300_000));
    await assert.rejects(ask(), code("PROVIDER", /more than it was asked/));
    say = (response) => response.destroy();
    await assert.rejects(ask(), code("PROVIDER", /cannot be reached/));
    say = () => {};
    await assert.rejects(ask(AbortSignal.timeout(200)), code("PROVIDER"));
    for (const seconds of ['"abc"', "-5", "null", "1e400"]) {
      say = (response) => response.end(`{"access_token":"a","expires_in":${seconds}}`);
      const { access, refresh, expires } = await ask();
      assert.deepEqual([access, refresh], ["a", "r"]);
      assert.ok(expires > Date.now() && expires < Date.now() + 3_600_000, seconds);
    }
  });

  it("what was kept is read, whatever became of it", () => {
    const none = { access: null, expires: 0 };
    for (const text of ["", " \n", "{}", '{"refresh":5,"access":[],"expires":"x"}'])
      assert.deepEqual(parseRecord(text), { refresh: null, ...none }, text);
    assert.deepEqual(parseRecord("1//refresh\n"), { refresh: "1//refresh", ...none });
    assert.deepEqual(parseRecord("{broken"), { refresh: "{broken", ...none });
    const record = { refresh: "r", access: "a", expires: 5 };
    assert.deepEqual(parseRecord(recordText(record)), record);
    assert.doesNotMatch(recordText(record), /\n/);
  });

  describe("with Dovecot", { skip: serverMissing("dovecot") }, () => {
    let dovecot: Dovecot;
    let dir: string;
    before(async () => {
      dir = mkdtempSync(join(tmpdir(), "postern-oauth-"));
      const file = join("/tmp", `${dir.slice(5)}.conf`);
      writeFileSync(file, provider.dovecot, { mode: 0o644 });
      dovecot = await startDovecot({
        tls: "none",
        config: `auth_mechanisms = plain oauthbearer xoauth2\nauth_cache_size = 0\npassdb {\n  driver = oauth2\n  mechanisms = oauthbearer xoauth2\n  args = ${file}\n}\n`,
      });
      after(() => rmSync(file));
      dovecot.deliver("INBOX", [sampleMessage()]);
    });
    after(async () => {
      await dovecot.stop();
      rmSync(dir, { recursive: true, force: true });
    });

    const account = () => {
      const text = `[accounts.work]\naddress = "user@example.org"\nimap = "imap+insecure://user@127.0.0.1:${dovecot.port}"\n[accounts.work.oauth2]\nclient-id = "postern"\ntoken-url = "${provider.issuer}/token"`;
      const [only] = parseConfig(text, "config.toml").accounts;
      assert.ok(only);
      return only;
    };
    const keyringOf = (text: string) => {
      const vault = memory(text);
      const keyring: Keyring = {
        get: () => vault.read(),
        set: (_key, value) => vault.write(value),
        delete: () => vault.remove(),
      };
      return { vault, keyring };
    };
    let run = 0;
    function open(keyring: Keyring, name = `run${run++}`) {
      const credentials = new Credentials(account(), { interactive: false, keyring });
      const log: string[] = [];
      const mail = Mail.open({
        account: account(),
        directories: { cacheDir: join(dir, name, "cache"), stateDir: join(dir, name, "state") },
        password: (refused) => credentials.get(refused),
        offline: false,
        keepOnline: false,
        log: (line) => log.push(line),
      });
      return { mail, log };
    }
    const subjects = async (mail: Mail) => {
      try {
        const inbox = await mail.findFolder("INBOX");
        await mail.sync(inbox);
        return mail.count(inbox);
      } finally {
        await mail.close();
      }
    };

    it("logs in with the token, and shows it nowhere", async () => {
      const record = await allowed();
      const { vault, keyring } = keyringOf(recordText(record));
      const { mail, log } = open(keyring);
      assert.equal(await subjects(mail), 1);
      assert.match(log.join("\n"), /AUTHENTICATE OAUTHBEARER/);
      assert.ok(!log.join("\n").includes(record.access ?? "?"));
      assert.equal(vault.writes, 0);
    });

    it("renews a token that has ended before it logs in", async () => {
      const { vault, keyring } = keyringOf(expired(await allowed()));
      const { mail, log } = open(keyring);
      assert.equal(await subjects(mail), 1);
      assert.equal(log.filter((line) => line.includes("AUTHENTICATE")).length, 1);
      assert.equal(vault.writes, 1);
    });

    it("renews a token that the server refuses, and goes on", async () => {
      const record = await allowed();
      await provider.revoke(record.access ?? "");
      const { vault, keyring } = keyringOf(recordText(record));
      const name = `run${run++}`;
      const { mail, log } = open(keyring, name);
      assert.equal(await subjects(mail), 1);
      assert.equal(log.filter((line) => line.includes("AUTHENTICATE")).length, 2);
      assert.equal(vault.writes, 1);
      // The same where the server is known from before, and less is waited for.
      await provider.revoke(parseRecord(vault.text ?? "").access ?? "");
      const again = open(keyring, name);
      assert.equal(await subjects(again.mail), 1);
      assert.equal(vault.writes, 2);
    });

    it("takes a token from another program's command", async () => {
      const record = await allowed();
      const text = `[accounts.work]\naddress = "user@example.org"\nimap = "imap+insecure://user@127.0.0.1:${dovecot.port}"\noauth2 = { token-command = "echo ${record.access}" }`;
      const [only] = parseConfig(text, "config.toml").accounts;
      assert.ok(only);
      const token = await new Credentials(only, { interactive: false }).get();
      assert.ok(token instanceof AccessToken);
      assert.equal(token.reveal(), record.access);
    });
  });
});
