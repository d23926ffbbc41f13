import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { serverMissing, startDovecot } from "./dovecot.ts";
import { sampleMessage } from "./messages.ts";

const skip = serverMissing("dovecot");

/** Sends command lines one after the other and returns all that came back. */
function talk(socket: NodeJS.ReadWriteStream, lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = "";
    let next = 0;
    socket.on("data", (data: Buffer) => {
      all += data.toString("latin1");
      const ready = next === 0 ? all.includes("\r\n") : new RegExp(`^t${next} .*\r\n`, "m").test(all);
      if (!ready) return;
      if (next === lines.length) return resolve(all);
      next++;
      socket.write(`t${next} ${lines[next - 1]}\r\n`);
    });
    socket.on("error", reject);
    socket.on("end", () => resolve(all));
  });
}

test("Dovecot starts, serves what was delivered, and leaves nothing behind", { skip }, async () => {
  const server = await startDovecot();
  try {
    server.deliver(
      "INBOX",
      Array.from({ length: 50 }, (_, i) => sampleMessage({ n: i + 1 })),
    );
    server.deliver("Lists/sample", [{ message: sampleMessage({ n: 7 }), flags: "S", date: new Date(1e12) }]);
    const plain = connect(server.port, server.host);
    const said = await talk(plain, [
      `LOGIN ${server.user} ${server.password}`,
      'LIST "" * RETURN (SPECIAL-USE)',
      "STATUS Lists/sample (MESSAGES UNSEEN)",
      "SELECT INBOX",
      "FETCH 50 (UID ENVELOPE)",
      "SELECT Lists/sample",
      "FETCH 1 (FLAGS INTERNALDATE)",
    ]);
    plain.destroy();
    assert.match(said, /STARTTLS/);
    assert.match(said, /\* LIST .*\\Archive.* "\/" Archive/);
    assert.match(said, /\* STATUS Lists\/sample \(MESSAGES 1 UNSEEN 0\)/);
    assert.match(said, /\* 50 EXISTS/);
    assert.match(said, /UID 50 ENVELOPE \("Sat, 03 Jan 2026|UID 50 ENVELOPE \("Sat, 3 Jan 2026/);
    assert.match(said, /\\Seen.*INTERNALDATE "09-Sep-2001/);

    const secure = connectTls({
      port: server.tlsPort,
      host: server.host,
      ca: server.ca,
      servername: "localhost",
    });
    const secret = await talk(secure, [`LOGIN ${server.user} wrong`, "LOGOUT"]);
    secure.destroy();
    assert.match(secret, /t1 NO \[AUTHENTICATIONFAILED\]/);
    assert.match(await server.doveadm("mailbox", "list", "-u", server.user), /Lists\/sample/);
  } finally {
    await server.stop();
  }
  assert.equal(existsSync(server.dir), false);
  assert.throws(() => process.kill(-server.pid, 0), { code: "ESRCH" });
});

test("several servers at once do not meet", { skip }, async () => {
  const servers = await Promise.all([startDovecot(), startDovecot({ tls: "none" })]);
  try {
    const [first, second] = servers.map((server) => connect(server.port, server.host));
    assert.ok(first && second);
    const login = ["LOGIN user password"];
    assert.match(await talk(first, login), /STARTTLS[\s\S]*t1 OK/);
    assert.doesNotMatch(await talk(second, login), /STARTTLS/);
    first.destroy();
    second.destroy();
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
});

test("sample messages are the same in every run, with CRLF alone", () => {
  const options = { n: 3, subject: "Żółw", html: "<p>Hi</p>", attachmentBytes: 1000 };
  const message = sampleMessage(options);
  assert.deepEqual(sampleMessage(options), message);
  assert.doesNotMatch(message.toString("latin1"), /[^\r]\n|\r(?!\n)/);
});
