// Every way to log in that real servers offer.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  type Connection,
  type ConnectOptions,
  connect,
  ImapError,
  type Login,
  type MechanismName,
  Secret,
  select,
  unauthenticate,
} from "../../src/imap/index.ts";
import { type Certificates, makeCertificates } from "../servers/certificates.ts";
import { type Cyrus, startCyrus } from "../servers/cyrus.ts";
import { serverMissing } from "../servers/daemon.ts";
import { type Dovecot, startDovecot } from "../servers/dovecot.ts";

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A JSON Web Token (RFC 7519) for `user`, good for an hour from `now` (s). */
function accessToken(key: string, user: string, now = Math.floor(Date.now() / 1000)): string {
  const signed = `${base64url({ alg: "HS256", typ: "JWT" })}.${base64url({ sub: user, iat: now, exp: now + 3600 })}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

describe("logging in to Dovecot", { skip: serverMissing("dovecot") }, () => {
  let dovecot: Dovecot;
  let certificates: Certificates;
  let dir: string;
  let logged = "";
  const key = "a key that only the provider and the server know";
  const password = 'pä"ss\\wörd';

  before(async () => {
    certificates = await makeCertificates();
    dir = mkdtempSync(join(tmpdir(), "postern-auth-"));
    chmodSync(dir, 0o755);
    mkdirSync(join(dir, "keys/default/HS256"), { recursive: true });
    writeFileSync(join(dir, "keys/default/HS256/default"), Buffer.from(key).toString("base64"));
    writeFileSync(join(dir, "clients.pem"), certificates.ca);
    writeFileSync(
      join(dir, "oauth2.conf"),
      `introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix=${dir}/keys/\nusername_attribute = sub\n`,
    );
    dovecot = await startDovecot({
      users: { user: password, other: "second" },
      config: `
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 external oauthbearer xoauth2
ssl_ca = <${dir}/clients.pem
ssl_verify_client_cert = yes
ssl_require_crl = no
auth_ssl_username_from_cert = yes
auth_master_user_separator = *
passdb {
  driver = static
  mechanisms = external
  args = nopassword=y
}
passdb {
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = ${dir}/oauth2.conf
}
`,
    });
  });
  after(async () => {
    await dovecot.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const connected = (options: Partial<ConnectOptions> = {}): Promise<Connection> =>
    connect({
      host: "localhost",
      port: dovecot.tlsPort,
      security: "tls",
      ca: dovecot.ca,
      log: (_direction, text) => {
        logged += `${text}\n`;
      },
      ...options,
    });

  async function loggedIn(login: Login, options: Partial<ConnectOptions> = {}): Promise<void> {
    const connection = await connected(options);
    try {
      await connection.authenticate(login);
      assert.equal(connection.state, "authenticated");
      assert.equal((await connection.run(select("INBOX"))).exists, 0);
    } finally {
      connection.destroy();
    }
  }
  const user = { user: "user", secret: new Secret(password) };

  const byPassword: MechanismName[] = ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"];
  for (const mechanism of byPassword) {
    it(`goes by ${mechanism}`, async () => {
      logged = "";
      await loggedIn({ ...user, mechanism });
      assert.match(logged, mechanism === "LOGIN" ? / LOGIN / : new RegExp(` AUTHENTICATE ${mechanism}\\b`));
      assert.ok(!logged.includes(password), "nothing of the password in the log");
    });
  }

  it("says AUTH for a wrong password, whatever the mechanism", async () => {
    const wrong = { user: "user", secret: new Secret("wrong") };
    const refused = (mechanism: MechanismName) =>
      assert.rejects(
        loggedIn({ ...wrong, mechanism }),
        (error) =>
          error instanceof ImapError &&
          error.code === "AUTH" &&
          error.responseCode === "AUTHENTICATIONFAILED",
      );
    await Promise.all(byPassword.map(refused));
  });

  it("goes by the strongest where none is forced, over TLS and in clear text", async () => {
    for (const options of [{}, { security: "none", port: dovecot.port }] as const) {
      logged = "";
      await loggedIn(user, options);
      assert.match(logged, /AUTHENTICATE SCRAM-SHA-256 /);
    }
  });

  for (const mechanism of ["OAUTHBEARER", "XOAUTH2"] as const) {
    it(`goes by ${mechanism}, and says why where the token is refused`, async () => {
      const token = accessToken(key, "user");
      logged = "";
      await loggedIn({ user: "user", token: new Secret(token), mechanism });
      const old = accessToken(key, "user", 1_000_000_000);
      await assert.rejects(
        loggedIn({ user: "user", token: new Secret(old), mechanism }),
        (error) =>
          error instanceof ImapError &&
          error.code === "AUTH" &&
          /token/.test(error.hint) &&
          !!error.oauth?.status,
      );
      assert.ok(!logged.includes(token) && !logged.includes(old), "no token in the log");
    });
  }

  it("goes by EXTERNAL with a client certificate, and not without", async () => {
    const login = { user: "", certificate: true } as const;
    await loggedIn(login, certificates.client);
    await assert.rejects(loggedIn(login), (error) => error instanceof ImapError && error.code === "AUTH");
    await assert.rejects(
      connected({ cert: certificates.client.cert, key: certificates.servers.right.key }),
      (error) => error instanceof ImapError && error.code === "ARGUMENT",
    );
  });
});

describe("logging in to Cyrus", { skip: serverMissing("cyrus") }, () => {
  let cyrus: Cyrus;
  before(async () => {
    cyrus = await startCyrus({ users: { user: "password", other: "second" } });
  });
  after(() => cyrus.stop());

  const connected = () => connect({ host: "localhost", port: cyrus.tlsPort, security: "tls", ca: cyrus.ca });

  for (const mechanism of ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"] as const)
    it(`goes by ${mechanism}`, async () => {
      const connection = await connected();
      await connection.authenticate({ user: "user", secret: new Secret("password"), mechanism });
      assert.equal(connection.state, "authenticated");
      connection.destroy();
    });

  it("lets the administrator act as another", async () => {
    const connection = await connected();
    const secret = new Secret("password");
    await connection.authenticate({ user: cyrus.admin, secret, authorizeAs: "other", mechanism: "PLAIN" });
    assert.equal((await connection.run(select("INBOX"))).path, "INBOX");
    connection.destroy();
  });

  it("binds the login to the TLS connection, in the one way the server knows", async () => {
    let logged = "";
    const connection = await connect({
      host: "localhost",
      port: cyrus.tlsPort,
      security: "tls",
      ca: cyrus.ca,
      log: (_direction, text) => {
        logged += `${text}\n`;
      },
    });
    await connection.authenticate({ user: "user", secret: new Secret("password") });
    assert.equal(connection.state, "authenticated");
    assert.match(logged, /AUTHENTICATE SCRAM-SHA-256-PLUS/);
    assert.ok(!/AUTHENTICATE SCRAM-SHA-256 /.test(logged), "never without binding");
    connection.destroy();
  });

  it("lets a second account use the connection of the first", async () => {
    const connection = await connected();
    await connection.authenticate({ user: cyrus.admin, secret: new Secret("password") });
    await connection.run(unauthenticate());
    assert.equal(connection.state, "not-authenticated");
    assert.equal(connection.selected, null);
    // Cyrus 3.6 forgets its channel bindings with the account, and offers them all the same.
    await connection.authenticate({
      user: "other",
      secret: new Secret("second"),
      mechanism: "SCRAM-SHA-256",
    });
    assert.equal(connection.state, "authenticated");
    await connection.run(select("INBOX"));
    await connection.logout();
  });
});
