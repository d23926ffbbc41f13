// A server that accepts and says nothing. Waiting for it takes as long as a slow server may take: it is asked while the
// other files of this suite run, and judged last.
import assert from "node:assert/strict";
import { test } from "node:test";
import { scriptedServer } from "../servers/scripted.ts";
import { Home } from "./postern.ts";

const server = await scriptedServer(async () => {});
const home = new Home("");
home.account(`imap+insecure://user@localhost:${server.port}`, ['password-command = "echo x"']);
const asked = home.run(["list"]);

test("a server that says nothing is given up", async (t) => {
  t.after(async () => {
    home.remove();
    await server.stop();
  });
  const ran = await asked;
  assert.deepEqual([ran.status, ran.out], [69, ""]);
  assert.match(ran.err, /^postern: .*\n {2}Check the network.*\n$/);
  assert.ok(ran.ms < 20_000, `${ran.ms} ms`);
});
