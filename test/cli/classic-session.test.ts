// The session every IMAP client must be able to hold, step for step, and the same as commands of the program.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  connect,
  expunge,
  type FetchedMessage,
  fetch,
  list,
  logout,
  Secret,
  select,
  store,
} from "../../src/imap/index.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Home } from "./postern.ts";

describe("the classic session", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;

  before(async () => {
    server = await startDovecot();
    server.deliver(
      "INBOX",
      [1, 2, 3].map((n) => sampleMessage({ n })),
    );
  });
  after(() => server.stop());

  it("login, list, select, fetch subjects, store, expunge, logout", async () => {
    const sent: string[] = [];
    const connection = await connect({
      host: "localhost",
      port: server.tlsPort,
      security: "tls",
      ca: server.ca,
      log: (direction, text) => {
        if (direction === "out") sent.push(text.replace(/^\S+ /, ""));
      },
    });
    await connection.authenticate({ user: server.user, secret: new Secret(server.password) });

    const mailboxes = await connection.run(list("", "*"));
    assert.ok(mailboxes.some(({ path }) => path === "INBOX"));

    const inbox = await connection.run(select("INBOX"));
    assert.equal(inbox.exists, 3);
    assert.ok(inbox.uidValidity > 0);

    // 1:* with the star spelt out: the client knows how many there are.
    const section = "HEADER.FIELDS (SUBJECT)";
    const rows: string[] = [];
    const onMessage = ({ seq, flags, sections }: FetchedMessage) =>
      rows.push(`${seq} ${flags?.includes("\\Seen")} ${sections?.get(section)?.toString().trim()}`);
    await connection.run(
      fetch([[1, inbox.exists]], { flags: true, sections: [{ section }], bySequence: true }, { onMessage }),
    );
    assert.deepEqual(rows, [
      "1 false Subject: Sample message 1",
      "2 false Subject: Sample message 2",
      "3 false Subject: Sample message 3",
    ]);

    const changed: FetchedMessage[] = [];
    await connection.run(
      store([[1, 1]], { mode: "add", flags: ["\\Deleted"], bySequence: true }, (m) => changed.push(m)),
    );
    assert.ok(changed[0]?.flags?.includes("\\Deleted"));

    const gone: number[] = [];
    connection.events.on("mailbox", (event) => {
      if (event.kind === "expunge") gone.push(event.seq);
    });
    await connection.run(expunge());
    assert.deepEqual(gone, [1]);
    assert.equal(connection.selected?.exists, 2);

    await connection.run(logout());
    const commands = sent.map((line) => line.split("\r\n")[0] ?? "");
    for (const wanted of [
      /^(LOGIN|AUTHENTICATE) /,
      /^LIST "" "?\*"?/,
      /^SELECT "?INBOX"?/,
      /^FETCH 1:3 \(.*FLAGS BODY\.PEEK\[HEADER\.FIELDS \(SUBJECT\)\]\)$/,
      /^STORE 1 \+FLAGS \(\\Deleted\)$/,
      /^EXPUNGE$/,
      /^LOGOUT$/,
    ]) {
      assert.ok(
        commands.some((line) => wanted.test(line)),
        `${wanted} in ${commands.join(" | ")}`,
      );
    }
  });

  it("folders; list; flag 1 +deleted; expunge 1", async () => {
    server.deliver(
      "Second",
      [1, 2, 3].map((n) => sampleMessage({ n })),
    );
    const home = Home.on(server);
    const said: string[] = [];
    for (const line of ["folders", "list", "flag 1 +deleted", "expunge 1", "list"]) {
      const ran = await home.run([...line.split(" "), "--folder", "Second"]);
      assert.deepEqual([ran.status, ran.err], [0, ""], line);
      said.push(ran.out);
    }
    const [folders = "", before = "", flagged, expunged, after = ""] = said;
    assert.match(folders, /^3\t3\t-\tSecond$/m);
    assert.match(before, /^3\t.*\n2\t.*\n1\tN\t.*\tSample message 1\n$/);
    assert.equal(flagged, "+Deleted on 1 message\n");
    assert.equal(expunged, "removed 1 message for good\n");
    assert.match(after, /^3\t.*\n2\t.*\n$/);
    home.remove();
  });
});
