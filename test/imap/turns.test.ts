import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { readInTurns } from "../../src/imap/turns.ts";

/** The two ends of a line. */
async function line(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address && typeof address === "object");
  const near = connect(address.port, "127.0.0.1");
  const [far] = (await once(server, "connection")) as [Socket];
  server.close();
  return [near, far];
}

test("a key that comes while much is read is answered before more is read", async () => {
  const [near, far] = await line();
  const [keyboard, person] = await line();
  const chunks = 40;
  let taken = 0;
  let typedAt = -1;
  const before: number[] = [];
  await new Promise<void>((resolve) => {
    keyboard.on("data", () => {
      // The screen draws a frame in the round that follows.
      setImmediate(() => {
        before.push(taken - typedAt);
        typedAt = -1;
        if (before.length === 5) resolve();
      });
    });
    readInTurns(
      near,
      () => {
        taken++;
        // As long as it takes to understand so much.
        for (const end = performance.now() + 10; performance.now() < end; );
        if (typedAt >= 0) return;
        typedAt = taken;
        person.write("j");
      },
      () => false,
    );
    far.write(Buffer.alloc(chunks * 65_536));
  });
  for (const socket of [near, far, keyboard, person]) socket.destroy();
  assert.deepEqual(before, [0, 0, 0, 0, 0]);
});
