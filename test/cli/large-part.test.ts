// Parts go from the server, or from the local copy, to a pipe: whatever their size, in memory that does not grow with it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Home } from "./postern.ts";

const octets = 200 * 1024 * 1024;
/** More than a command with a small part has at its height, and far less than the large one. */
const roomMb = 110;

/** `octets` zero octets, 57 of them on a line, as base64. */
function large(): Buffer {
  const lines = Math.floor(octets / 57);
  const header =
    'From: ada@example.org\r\nSubject: Large\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n' +
    "--b\r\nContent-Type: text/plain\r\n\r\nSee there.\r\n--b\r\nContent-Type: application/octet-stream; name=large.bin\r\n" +
    "Content-Disposition: attachment; filename=large.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  return Buffer.concat([
    Buffer.from(header),
    Buffer.alloc(lines * 78, `${"A".repeat(76)}\r\n`),
    Buffer.from("--b--\r\n"),
  ]);
}

/** Parts within parts, and within a message; one with lines that look like boundaries; no line end before the last. */
function nested(): Buffer {
  const filler = `${"x".repeat(70)}\r\n`.repeat(5_000);
  const inner = `From: i@example.org\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\n\r\none\r\n\r\n--in\r\nContent-Type: text/html\r\n\r\n<p>two\r\n--inner is none\r\n--in--\r\n`;
  return Buffer.from(
    `From: a@example.org\r\nSubject: Nested\r\nContent-Type: multipart/mixed; boundary="out (1)"\r\n\r\npreamble\r\n--out (1)\r\nContent-Type: multipart/mixed; boundary=mid\r\n\r\n--mid\r\n\r\nfirst\r\n--mid  \r\nContent-Type: application/octet-stream\r\n\r\n${filler}${"y".repeat(100_000)}\r\n--mid--\r\nepilogue\r\n--out (1)\r\nContent-Type: message/rfc822\r\n\r\n${inner}\r\n--out (1)\r\nContent-Type: text/plain\r\n\r\nlast\r\n\r\n--out (1)--\r\n`,
  );
}

describe("large parts", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let home: Home;
  before(async () => {
    server = await startDovecot();
    server.deliver("INBOX", [sampleMessage({ n: 1, attachmentBytes: 1_000 }), large(), nested()]);
    await server.doveadm("mailbox", "status", "-u", server.user, "messages", "*");
    home = Home.on(server);
    home.write(
      "rss.cjs",
      'process.on("exit", () => require("fs").writeFileSync(process.env.RSS, String(process.resourceUsage().maxRSS)));',
    );
  });
  after(async () => {
    await server?.stop();
    home?.remove();
  });

  /** What a command line writes: the digest of it, and how much memory (MB) it had at its height. */
  async function measured(words: string): Promise<{ digest: string; mb: number }> {
    const rss = join(home.dir, "rss");
    const env = `NODE_OPTIONS='--require ${join(home.dir, "rss.cjs")}' RSS='${rss}'`;
    const { out, err, status } = await home.shell(`${env} postern ${words} | sha256sum`);
    assert.deepEqual([status, err], [0, ""]);
    return { digest: out.slice(0, 64), mb: Number(readFileSync(rss, "utf8")) / 1024 };
  }

  it("from the server, and from the local copy", async () => {
    const zeros = createHash("sha256");
    const length = Math.floor(octets / 57) * 57;
    const piece = Buffer.alloc(1 << 20);
    for (let left = length; left > 0; left -= piece.length)
      zeros.update(piece.subarray(0, Math.min(left, piece.length)));
    const digest = zeros.digest("hex");
    const small = await measured("fetch 1 --part 2");
    const there = await measured("fetch 2 --part 2");
    assert.equal(there.digest, digest);
    assert.ok(there.mb < small.mb + roomMb, `${there.mb} MB beside ${small.mb} MB`);
    assert.equal((await home.shell("postern fetch 2 --raw >/dev/null")).status, 0);
    const here = await measured("fetch 2 --part 2 --offline");
    assert.equal(here.digest, digest);
    assert.ok(here.mb < small.mb + roomMb, `${here.mb} MB beside ${small.mb} MB`);
    const saved = await measured(`attach 2 save 2 --offline --dir '${home.dir}'`);
    assert.ok(saved.mb < small.mb + roomMb, `${saved.mb} MB beside ${small.mb} MB`);
    assert.equal(
      createHash("sha256")
        .update(readFileSync(join(home.dir, "large.bin")))
        .digest("hex"),
      digest,
    );
  });

  it("the local copy's parts are the server's, however deep", async () => {
    const parts = ["1.1", "1.2", "2", "2.1", "2.2", "3"];
    const read = async (...more: string[]) => {
      const found = [];
      for (const part of parts) {
        const ran = await home.run(["fetch", "3", "--part", part, ...more]);
        assert.equal(ran.status, 0, `${part}: ${ran.err}`);
        found.push(ran.out);
      }
      return found;
    };
    const there = await read();
    assert.deepEqual([there[0], there[5], there[1]?.length], ["first", "last\r\n", 5_000 * 72 + 100_000]);
    assert.equal((await home.run(["fetch", "3", "--raw"])).status, 0);
    const here = await read("--offline");
    for (const [i, part] of parts.entries()) assert.ok(here[i] === there[i], part);
  });
});
