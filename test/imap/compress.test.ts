// COMPRESS=DEFLATE, against a real server and against one that cheats.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { constants, createDeflateRaw, deflateRawSync } from "node:zlib";
import { append, connect, fetch, ImapError, noop, Secret, select } from "../../src/imap/index.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { scriptedServer } from "../servers/scripted.ts";

const login = { user: "user", secret: new Secret("password") };

describe("COMPRESS", { skip: serverMissing("dovecot") }, () => {
  let dovecot: Dovecot;
  before(async () => {
    dovecot = await startDovecot({ config: "protocol imap {\n  mail_plugins = $mail_plugins imap_zlib\n}" });
  });
  after(() => dovecot.stop());

  it("carries commands, literals and large bodies both ways", async () => {
    const { ca, tlsPort: port } = dovecot;
    const connection = await connect({ host: "localhost", port, security: "tls", ca });
    assert.equal(await connection.compress().catch((e: ImapError) => e.code), false, "not before the login");
    await connection.authenticate(login);
    const others = [
      connection.run(noop()),
      connection.compress(),
      connection.compress(),
      connection.run(noop()),
    ];
    assert.deepEqual(await Promise.all(others), [undefined, true, true, undefined]);
    assert.ok(connection.compressed);
    const source = Buffer.from(`Subject: long\r\n\r\n${"A line of text.\r\n".repeat(60_000)}`);
    await connection.run(append("INBOX", { source }));
    await connection.run(select("INBOX"));
    let received = 0;
    await connection.run(
      fetch(
        [[1, 1]],
        { sections: [{ section: "" }] },
        {
          onMessage() {},
          sink: () => ({
            async write(chunk) {
              await new Promise(setImmediate);
              received += chunk.length;
            },
            end() {},
            abort: assert.fail,
          }),
        },
      ),
    );
    assert.equal(received, source.length);
    await assert.rejects(connection.authenticate(login), { code: "STATE" });
    await connection.logout();
  });
});

describe("COMPRESS against a hostile server", () => {
  async function compressed(script: (send: (bytes: Buffer) => void) => void): Promise<unknown> {
    const server = await scriptedServer(async (peer) => {
      peer.send("* PREAUTH [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] hi");
      await peer.answer(/^COMPRESS DEFLATE$/);
      script((bytes) => peer.raw(bytes));
    });
    const connection = await connect({ host: server.host, port: server.port, security: "none" });
    const closed = new Promise((resolve) => connection.events.on("close", resolve));
    await connection.compress();
    const error = await closed;
    await server.stop();
    return error instanceof ImapError ? error.code : error;
  }

  it("gives up on what is no deflate stream", async () => {
    assert.equal(await compressed((send) => send(Buffer.from("* OK not compressed\r\n"))), "SYNTAX");
  });

  it("gives up on a bomb, without ever holding it", async () => {
    const begin = Buffer.from(`* 1 FETCH (BODY[] {${200 << 20}}\r\n`);
    const bomb = deflateRawSync(Buffer.concat([begin, Buffer.alloc(200 << 20, "x")]));
    const before = process.memoryUsage().arrayBuffers;
    assert.equal(await compressed((send) => send(bomb)), "LIMIT");
    assert.ok(process.memoryUsage().arrayBuffers - before < 128 << 20);
  });

  it("reads what came in the same packet as the OK", async () => {
    const server = await scriptedServer(async (peer) => {
      peer.send("* PREAUTH [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] hi");
      const tag = await peer.command(/^COMPRESS DEFLATE$/);
      const deflate = createDeflateRaw({ flush: constants.Z_SYNC_FLUSH });
      const first = new Promise<Buffer>((resolve) => deflate.once("data", resolve));
      deflate.write("* OK [ALERT] compressed\r\n");
      peer.raw(Buffer.concat([Buffer.from(`${tag} OK go\r\n`), await first]));
    });
    const connection = await connect({ host: server.host, port: server.port, security: "none" });
    const alert = new Promise((resolve) => connection.events.on("alert", resolve));
    await connection.compress();
    assert.equal(await alert, "compressed");
    connection.destroy();
    await server.stop();
  });
});
