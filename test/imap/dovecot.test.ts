// The client against a real server: what it says is understood, and what it answers is read right.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { connect as connectTls } from "node:tls";
import { type Connection, connect, ImapError, noop, Secret } from "../../src/imap/index.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { basics } from "./basics.ts";

/** The SHA-256 of the certificate at a loopback port, as `openssl x509 -fingerprint` writes it. */
async function fingerprint(port: number): Promise<string> {
  const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

describe("against Dovecot", { skip: serverMissing("dovecot") }, () => {
  let dovecot: Dovecot;
  let logged = "";
  const log = (direction: string, text: string) => {
    logged += `${direction} ${text}\n`;
  };

  before(async () => {
    dovecot = await startDovecot();
  });
  after(() => dovecot.stop());

  async function open(security: "tls" | "starttls" = "tls"): Promise<Connection> {
    const port = security === "tls" ? dovecot.tlsPort : dovecot.port;
    const connection = await connect({
      host: "localhost",
      port,
      security,
      ca: dovecot.ca,
      log,
      clientId: { name: "postern", version: "0" },
    });
    await connection.authenticate({ user: dovecot.user, secret: new Secret(dovecot.password) });
    return connection;
  }

  it("logs in over TLS and over STARTTLS, and shows no password in the log", async () => {
    for (const security of ["tls", "starttls"] as const) {
      const connection = await open(security);
      assert.equal(connection.state, "authenticated");
      assert.ok(connection.capabilities.has("idle"));
      await connection.run(noop());
      await connection.logout();
      assert.equal(connection.state, "closed");
    }
    assert.match(logged, /AUTHENTICATE PLAIN \[secret\]/);
    assert.ok(!logged.includes(Buffer.from(`\0${dovecot.user}\0${dovecot.password}`).toString("base64")));
  });

  it("refuses a certificate it cannot prove, another host's, and another pin", async () => {
    const options = { port: dovecot.tlsPort, security: "tls" } as const;
    const code = (wanted: string) => (error: unknown) => error instanceof ImapError && error.code === wanted;
    await assert.rejects(connect({ ...options, host: "localhost" }), code("CERTIFICATE"));
    await assert.rejects(
      connect({ ...options, host: "localhost", pin: `sha256:${"00".repeat(32)}` }),
      code("CERTIFICATE"),
    );
    const byAddress = await connect({ ...options, host: "127.0.0.1", ca: dovecot.ca });
    byAddress.destroy();
    const pin = `sha256:${await fingerprint(dovecot.tlsPort)}`;
    const pinned = await connect({ ...options, host: "127.0.0.1", pin });
    pinned.destroy();
  });

  it("says AUTH for a wrong password, with the server's code", async () => {
    const connection = await connect({
      host: "localhost",
      port: dovecot.tlsPort,
      security: "tls",
      ca: dovecot.ca,
    });
    await assert.rejects(
      connection.authenticate({ user: dovecot.user, secret: new Secret("wrong") }),
      (error) =>
        error instanceof ImapError && error.code === "AUTH" && error.responseCode === "AUTHENTICATIONFAILED",
    );
    connection.destroy();
  });

  basics(() => open());
});
