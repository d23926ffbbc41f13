// What a server tells of other folders (NOTIFY): many words about one folder are one count.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "../../src/imap/index.ts";
import { News } from "../../src/mail/news.ts";
import { openStore } from "../../src/store/index.ts";
import { scriptedServer } from "../servers/scripted.ts";
import { eventually } from "./fixture.ts";

test("a server that tells of each message of a folder that is emptied has them counted together", async () => {
  const many = 2_000;
  let asked = 0;
  const server = await scriptedServer(async (peer) => {
    peer.send("* PREAUTH [CAPABILITY IMAP4rev1 NOTIFY IDLE] hello");
    await peer.answer(/^NOTIFY/);
    let idling = await peer.command(/^IDLE$/);
    peer.send("+ listening");
    for (let left = many; left-- > 0; ) peer.send(`* STATUS Large (MESSAGES ${left} UIDNEXT 9)`);
    for (;;) {
      await peer.expect(/^DONE$/);
      peer.send(`${idling} OK done`);
      const [, tag = "", command = ""] = await peer.expect(/^(\S+) (.*)$/);
      idling = tag;
      if (command === "IDLE") peer.send("+ listening");
      else {
        asked++;
        peer.send("* STATUS Large (MESSAGES 0 UNSEEN 0)", `${tag} OK done`);
        idling = await peer.command(/^IDLE$/);
        peer.send("+ listening");
      }
    }
  });
  const dir = mkdtempSync(join(tmpdir(), "postern-news-"));
  const store = openStore({ cacheDir: join(dir, "cache"), stateDir: join(dir, "state") });
  const large = {
    path: "Large",
    name: "Large",
    delimiter: "/",
    attributes: [],
    messages: many,
    unseen: many,
  };
  const { id } = store.mailboxes.put(large);
  const connection = await connect({ host: server.host, port: server.port, security: "none" });
  let told = 0;
  try {
    const news = new News(store, {
      open: () => Promise.resolve(connection),
      watched: () => false,
      local: (path) => path,
      changes: () => new Map(),
      refresh: () => Promise.reject(new Error("the folder is known")),
      again: () => {},
      emit: () => void told++,
    });
    void news.listen(connection);
    await eventually("it is known to be empty", () => store.mailboxes.byId(id)?.unseen === 0);
    assert.equal(store.mailboxes.byId(id)?.messages, 0);
    assert.ok(told < many / 100 && asked < many / 100, `counted ${told} times, asked ${asked} times`);
  } finally {
    connection.destroy();
    await server.stop();
    store.close();
    rmSync(dir, { recursive: true });
  }
});
