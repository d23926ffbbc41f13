import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { startCourier } from "./courier.ts";
import { startCyrus } from "./cyrus.ts";
import { serverMissing } from "./daemon.ts";

/** What the server says to `line` and in greeting, up to the tagged answer. */
function ask(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let all = "";
    socket.on("data", (data) => {
      const first = all === "";
      all += data.toString("latin1");
      if (first) socket.write(`t1 ${line}\r\n`);
      if (!/^t1 .*\r\n/m.test(all)) return;
      socket.destroy();
      resolve(all);
    });
    socket.on("error", reject);
  });
}

test("Cyrus starts, knows its users, and leaves nothing behind", {
  skip: serverMissing("cyrus"),
}, async () => {
  const server = await startCyrus();
  try {
    assert.match(await ask(server.port, `LOGIN ${server.user} ${server.password}`), /^t1 OK/m);
    assert.match(await ask(server.port, `LOGIN ${server.admin} ${server.password}`), /^t1 OK/m);
    assert.match(await ask(server.port, `LOGIN ${server.user} wrong`), /^t1 NO/m);
  } finally {
    await server.stop();
  }
  assert.equal(existsSync(server.dir), false);
  assert.throws(() => process.kill(-server.pid, 0), { code: "ESRCH" });
});

test("Courier starts, greets with PREAUTH, and leaves nothing behind", {
  skip: serverMissing("courier"),
}, async () => {
  const server = await startCourier();
  try {
    assert.match(await ask(server.port, "SELECT INBOX"), /^\* PREAUTH[\s\S]*^t1 OK/m);
  } finally {
    await server.stop();
  }
  assert.equal(existsSync(server.dir), false);
});
