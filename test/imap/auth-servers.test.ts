// Every way to log in that real servers offer.
import assert from "node:assert/strict";
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
import { type Cyrus, startCyrus } from "../servers/cyrus.ts";
import { serverMissing } from "../servers/daemon.ts";
import { type Dovecot, startDovecot } from "../servers/dovecot.ts";
import { everyLogin, type Logins } from "../servers/logins.ts";

describe("logging in to Dovecot", { skip: serverMissing("dovecot") }, () => {
  let dovecot: Dovecot;
  let logins: Logins;
  let logged = "";
  const password = 'pä"ss\\wörd';

  before(async () => {
    logins = await everyLogin();
    dovecot = await startDovecot({ users: { user: password, other: "second" }, config: logins.config });
  });
  after(async () => {
    await dovecot.stop();
    logins.remove();
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
      const token = logins.token("user");
      logged = "";
      await loggedIn({ user: "user", token: new Secret(token), mechanism });
      const old = logins.token("user", 1_000_000_000);
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
    await loggedIn(login, logins.certificates.client);
    await assert.rejects(loggedIn(login), (error) => error instanceof ImapError && error.code === "AUTH");
    await assert.rejects(
      connected({ cert: logins.certificates.client.cert, key: logins.certificates.servers.right.key }),
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

  it("leaves a compressed connection to its account", async () => {
    const connection = await connected();
    await connection.authenticate({ user: cyrus.admin, secret: new Secret("password") });
    assert.equal(await connection.compress(), true);
    await assert.rejects(
      connection.run(unauthenticate()),
      (error) => error instanceof ImapError && error.code === "STATE",
    );
    assert.equal(connection.state, "authenticated");
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
