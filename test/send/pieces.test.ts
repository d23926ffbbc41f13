// Forwarding what lies on the server: neither fetched nor sent where Dovecot's IMAP and submission services do it between
// them, and streamed in little memory where they do not. Octets are counted on both wires.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Connection, connect, Secret, select } from "../../src/imap/index.ts";
import { ownPiece, type Piece, Pieces, type ServerPiece, sizeOf } from "../../src/mail/pieces.ts";
import { type Handover, submit } from "../../src/send/submission/index.ts";
import { type FaultProxy, faultProxy } from "../servers/faults.ts";
import { type SubmissionServer, startSubmission, submissionMissing } from "../servers/submission.ts";
import { accountAt, fails, handover } from "./handover.ts";

const urlauth = "imap_urlauth_host = localhost\nmail_attribute_dict = file:%h/attributes\n";
const line = `${"QUJD".repeat(19)}\r\n`;
const lines = Math.ceil(50e6 / line.length);
/** The last line of a part has no end: that belongs to the boundary. */
const attachment = Buffer.from(line.repeat(lines).slice(0, -2));
const original = (name: string) =>
  Buffer.concat([
    Buffer.from(
      `From: ann@example.org\r\nSubject: original ${name}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n`,
    ),
    attachment,
    Buffer.from("\r\n--b--\r\n"),
  ]);
setFlagsFromString("--expose-gc");
const sweep = runInNewContext("gc") as () => void;
function held(): number {
  sweep();
  return process.memoryUsage().arrayBuffers;
}
const sha = (octets: Buffer) => createHash("sha256").update(octets).digest("hex");

for (const [offered, config] of [
  ["with", urlauth],
  ["without", ""],
] as const)
  describe(`servers ${offered} URLAUTH`, { skip: submissionMissing() }, () => {
    let server: SubmissionServer;
    let imap: FaultProxy;
    let smtp: FaultProxy;
    const connections: Connection[] = [];
    let uidValidity = 0;
    let pieces: Pieces;
    before(async () => {
      server = await startSubmission({ config });
      [imap, smtp] = [await faultProxy(server.dovecot.port), await faultProxy(server.port)];
      server.dovecot.deliver("INBOX", [original("one")], "me");
      const main = await opened();
      uidValidity = (await main.run(select("INBOX"))).uidValidity ?? 0;
      pieces = new Pieces({
        ...{ host: "localhost", user: "me", connected: async () => main, another: () => opened() },
        serverPath: (path) => path,
      });
    });
    after(async () => {
      for (const connection of connections) connection.destroy();
      await imap?.stop();
      await smtp?.stop();
      await server?.stop();
    });

    async function opened(port = imap.port): Promise<Connection> {
      const connection = await connect({ host: "127.0.0.1", port, security: "none" });
      connections.push(connection);
      await connection.authenticate({ user: "me", secret: new Secret("secret") });
      return connection;
    }
    const part = (more: Partial<ServerPiece> = {}): ServerPiece => ({
      ...{ path: "INBOX", uidValidity, uid: 1, section: "2", size: attachment.length },
      ...more,
    });
    /** A new message with the attachment of the original, and what it is as a whole. */
    function forwarded(subject: string): { list: Piece[]; whole: Buffer } {
      const head = Buffer.from(
        `From: me@example.org\r\nTo: ann@example.org\r\nSubject: ${subject}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=new\r\n\r\n--new\r\n\r\n.\r\nsee below\r\n--new\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n`,
      );
      const tail = Buffer.from("\r\n--new--\r\n");
      return {
        list: [ownPiece(head), part(), ownPiece(tail)],
        whole: Buffer.concat([head, attachment, tail]),
      };
    }
    function handing(list: readonly Piece[], more: Partial<Handover> = {}): Handover {
      return handover(accountAt(smtp.port, "none", null), Buffer.alloc(0), {
        message: () => pieces.stream(list),
        size: sizeOf(list),
        pieces: { list, server: pieces },
        ...more,
      });
    }
    const reset = () => {
      imap.fault = null;
      smtp.fault = null;
    };
    const octets = ({ passed }: FaultProxy) => passed.up + passed.down;
    const received = (whole: Buffer) =>
      server.received("ann").filter((each) => each.length === whole.length && sha(each) === sha(whole))
        .length;

    it("a forwarded attachment of 50 MB arrives as it was", { timeout: 120_000 }, async () => {
      const { list, whole } = forwarded("forwarded");
      reset();
      await submit(handing(list));
      assert.equal(received(whole), 1);
      if (config !== "") {
        assert.ok(octets(imap) < 2000, `${octets(imap)} octets over IMAP`);
        assert.ok(octets(smtp) < 3000, `${octets(smtp)} octets over SMTP`);
      } else {
        // Once down, once up, and not much more.
        assert.ok(imap.passed.down > whole.length - 1000 && imap.passed.down < whole.length * 1.01);
        assert.ok(smtp.passed.up > whole.length && smtp.passed.up < whole.length + 1000);
      }
    });

    it("streams in the memory that little takes", { timeout: 120_000 }, async () => {
      const { list, whole } = forwarded("streamed");
      // What counts octets would hold them too.
      const direct = new Pieces({
        ...{ host: "localhost", user: "me", serverPath: (path) => path },
        connected: () => opened(server.dovecot.port),
        another: () => opened(server.dovecot.port),
      });
      const before = held();
      let [most, chunks] = [before, 0];
      const message = () => {
        const stream = direct.stream(list);
        stream.on("data", () => {
          // What is held, and not merely not yet swept up.
          if (chunks++ % 10 === 5) most = Math.max(most, held());
        });
        return stream.pause();
      };
      const { pieces: _none, ...handed } = handing(list, { message });
      await submit({ ...handed, account: accountAt(server.port, "none", null) });
      assert.equal(received(whole), 1);
      assert.ok(chunks > 50);
      assert.ok(most - before < 20e6, `${Math.round((most - before) / 1e6)} MB`);
    });

    it("a copy of it is put together by the server", { timeout: 120_000 }, async () => {
      const { list, whole } = forwarded("copied");
      reset();
      await pieces.append("Sent", list, { flags: ["\\Seen"] });
      assert.ok(octets(imap) < 2000, `${octets(imap)} octets over IMAP`);
      const other = await opened();
      const { exists, uidValidity: of } = await other.run(select("Sent"));
      assert.equal(exists, 1);
      const stored = part({ path: "Sent", uidValidity: of ?? 0, section: "", size: whole.length });
      assert.equal(await pieces.measure({ ...stored, size: 1 }), whole.length);
      const hash = createHash("sha256");
      for await (const chunk of pieces.stream([stored])) hash.update(chunk as Buffer);
      assert.equal(hash.digest("hex"), sha(whole));
    });

    it("a URL that is refused costs nothing but the way round", { timeout: 120_000 }, async () => {
      const { list, whole } = forwarded("refused");
      const url = `imap://me@localhost/INBOX;UIDVALIDITY=${uidValidity}/;UID=1/;SECTION=2;URLAUTH=submit+me:internal:00`;
      await submit(handing(list, { pieces: { list, server: { authorize: async () => [url] } } }));
      assert.equal(received(whole), 1);
    });

    it("what is gone is not replaced by anything else", async () => {
      const [head, , tail] = forwarded("gone").list;
      assert.ok(head && tail);
      for (const piece of [
        part({ uid: 99 }),
        part({ uidValidity: uidValidity + 1 }),
        part({ section: "7" }),
      ]) {
        const list = [head, part({ size: 10 }), piece, tail];
        await assert.rejects(submit(handing(list)), fails("UNREACHABLE", /no longer where it was/));
        await assert.rejects(pieces.append("Sent", list));
      }
      assert.equal(server.received("ann").filter((each) => each.includes("Subject: gone")).length, 0);
    });
  });
