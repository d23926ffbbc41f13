// The client against Cyrus, whose answers differ from Dovecot's in many small ways.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Connection, connect, ImapError, Secret } from "../../src/imap/index.ts";
import { type Cyrus, startCyrus } from "../servers/cyrus.ts";
import { serverMissing } from "../servers/daemon.ts";
import { basics } from "./basics.ts";

describe("against Cyrus", { skip: serverMissing("cyrus") }, () => {
  let cyrus: Cyrus;

  before(async () => {
    cyrus = await startCyrus();
  });
  after(() => cyrus.stop());

  async function open(security: "tls" | "starttls" = "tls", password = cyrus.password): Promise<Connection> {
    const port = security === "tls" ? cyrus.tlsPort : cyrus.port;
    const connection = await connect({ host: "localhost", port, security, ca: cyrus.ca });
    await connection.authenticate({ user: cyrus.user, secret: new Secret(password) });
    return connection;
  }

  it("logs in over TLS and over STARTTLS", async () => {
    for (const security of ["tls", "starttls"] as const) {
      const connection = await open(security);
      assert.equal(connection.state, "authenticated");
      assert.ok(connection.capabilities.has("QRESYNC"));
      await connection.logout();
    }
  });

  it("says AUTH for a wrong password", async () => {
    await assert.rejects(
      open("tls", "wrong"),
      (error) => error instanceof ImapError && error.code === "AUTH",
    );
  });

  basics(() => open());
});
