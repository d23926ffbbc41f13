// What a script is told of the server: raw commands, status.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Home } from "./postern.ts";

interface StatusJson {
  readonly port: number;
  readonly security: string;
  readonly line: string;
  readonly reason: string | null;
  readonly capabilities: readonly string[];
}

describe("the protocol in a shell", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let home: Home;
  before(async () => {
    server = await startDovecot();
    server.deliver("INBOX", [sampleMessage({ n: 1 })]);
    server.deliver("Lists/garden", [sampleMessage({ n: 2 }), sampleMessage({ n: 3 })]);
    home = Home.on(server);
  });
  after(async () => {
    await server?.stop();
    home?.remove();
  });

  it("raw: sends what is typed, in the folder asked for, and prints the answer", async () => {
    const found = await home.run(["raw", "-f", "Lists/garden", "UID SEARCH ALL"]);
    assert.equal(found.status, 0, found.err);
    assert.match(found.out, /^\* SEARCH 1 2\n\S+ OK /);
    const words = await home.run(["raw", "UID", "FETCH", "1", "(FLAGS)"]);
    assert.match(words.out, /^\* 1 FETCH \(UID 1 FLAGS \(.*\)\)\n\S+ OK /);
    const json = JSON.parse((await home.run(["raw", "UID SEARCH ALL", "--json"])).out);
    assert.deepEqual([json.version, json.ended, json.lines[0]], [1, "OK", "* SEARCH 1"]);
  });

  it("raw: what the server refuses ends with 76, what cannot be sent with 64", async () => {
    const refused = await home.run(["raw", "SELECTED"]);
    assert.deepEqual([refused.status, refused.err], [76, ""]);
    assert.match(refused.out, /^\S+ BAD /);
    const unsent = await home.run(["raw", "LOGOUT"]);
    assert.equal(unsent.status, 64);
    assert.match(unsent.err, /LOGOUT cannot be sent here/);
  });

  it("status: on line and off", async () => {
    const ran = await home.run(["status", "--json"]);
    const online = JSON.parse(ran.out) as StatusJson;
    assert.deepEqual([online.port, online.security, online.line], [server.tlsPort, "tls", "online"]);
    assert.ok(online.capabilities.includes("IMAP4rev1"));
    assert.equal(ran.out.includes(server.password), false);
    const text = await home.run(["status"]);
    assert.match(text.out, /^Server\tline\ton line$/m);
    const offline = JSON.parse((await home.run(["status", "--offline", "--json"])).out) as StatusJson;
    assert.deepEqual([offline.line, offline.capabilities], ["offline", []]);
  });
});
