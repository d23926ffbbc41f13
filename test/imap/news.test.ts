// What servers tell without being asked, and how busy ones are treated.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  append,
  type CommandProgress,
  connect,
  copy,
  ImapError,
  type MailboxEvent,
  noop,
  notify,
  notifyNone,
  Secret,
  select,
} from "../../src/imap/index.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { scriptedPeers } from "./scripted-session.ts";

describe("NOTIFY on Dovecot", { skip: serverMissing("dovecot") }, () => {
  let dovecot: Dovecot;
  before(async () => {
    dovecot = await startDovecot();
  });
  after(() => dovecot.stop());

  it("tells of mail in the selected mailbox and of others, during IDLE too", async () => {
    const open = async () => {
      const { ca, tlsPort: port } = dovecot;
      const connection = await connect({ host: "localhost", port, security: "tls", ca });
      await connection.authenticate({ user: dovecot.user, secret: new Secret(dovecot.password) });
      return connection;
    };
    const [watching, other] = [await open(), await open()];
    await watching.run(select("INBOX"));
    const folders = new Map<string, number | undefined>();
    let told = () => {};
    watching.events.on("folders", (event) => {
      if (event.kind === "status") folders.set(event.path, event.status.messages);
      told();
    });
    const events: MailboxEvent[] = [];
    watching.events.on("mailbox", (event) => {
      events.push(event);
      told();
    });
    await watching.run(
      notify({
        selected: ["MessageNew", "MessageExpunge", "FlagChange"],
        groups: [{ of: "personal", events: ["MessageNew", "MessageExpunge"] }],
        status: true,
      }),
    );
    assert.equal(folders.get("Archive"), 0);
    watching.idle();
    const source = Buffer.from("Subject: news\r\n\r\n");
    const both = new Promise<void>((resolve) => {
      told = () => {
        if (folders.get("Archive") === 1 && events.some((e) => e.kind === "exists")) resolve();
      };
    });
    await other.run(append("Archive", { source }));
    await other.run(append("INBOX", { source }));
    await both;
    await watching.run(notifyNone());
    for (const connection of [watching, other]) await connection.logout();
  });
});

describe("news on a scripted server", () => {
  const { open } = scriptedPeers();

  it("says exactly what is to be told, and hears when the server gives up", async () => {
    const { connection, server } = await open("NOTIFY", async (peer) => {
      await peer.answer(
        /^NOTIFY SET STATUS \(selected-delayed \(MessageNew\)\) \(subtree \("a" "b c"\) \(MailboxName\)\) \(inboxes NONE\)$/,
      );
      await peer.answer(/^NOOP$/, "* OK [NOTIFICATIONOVERFLOW] too much");
    });
    let overflows = 0;
    connection.events.on("overflow", () => overflows++);
    await connection.run(
      notify({
        selected: ["MessageNew"],
        groups: [
          { of: { subtree: ["a", "b c"] }, events: ["MailboxName"] },
          { of: "inboxes", events: [] },
        ],
        status: true,
      }),
    );
    await connection.run(noop());
    assert.equal(overflows, 1);
    await assert.rejects(connection.run(notify({})), { code: "ARGUMENT" });
    await server.finished;
  });

  it("says how many messages come simplified", async () => {
    const { connection } = await open("", (peer) =>
      peer.answer(
        /^NOOP$/,
        "* OK [DOWNGRADED 70,105,108:109] use UTF8=ACCEPT",
        "* OK [DOWNGRADED x] damaged",
      ),
    );
    const told: number[] = [];
    connection.events.on("downgraded", (messages) => told.push(messages));
    await connection.run(noop());
    assert.deepEqual(told, [4]);
  });

  it("says how far a command is, by the command", async () => {
    const { connection } = await open("INPROGRESS", async (peer) => {
      await peer.answer(/^SELECT/, "* 9 EXISTS");
      const tag = await peer.command(/^UID COPY/);
      peer.send(`* OK [INPROGRESS ("${tag}" 4 9)] copying`, `* OK [INPROGRESS ("${tag}" NIL NIL)] still`);
      peer.send('* OK [INPROGRESS ("other" 1 2)] ?', "* OK [INPROGRESS] hm", "* OK [INPROGRESS (x)] bad");
      peer.send(`${tag} OK done`);
    });
    const progress: CommandProgress[] = [];
    connection.events.on("progress", (event) => progress.push(event));
    await connection.run(select("a"));
    await connection.run(copy([[1, 9]], "b"));
    assert.deepEqual(progress, [
      { command: "UID COPY", done: 4, goal: 9 },
      { command: "UID COPY", done: null, goal: null },
      { command: null, done: 1, goal: 2 },
      { command: null, done: null, goal: null },
    ]);
  });

  it("says how long to leave a busy server alone", async () => {
    const cases: [string, number | undefined][] = [
      ["BAD Request is throttled. Suggested Backoff Time: 1753 milliseconds", 1753],
      ["NO Request is throttled. Suggested Backoff Time: 99999999", 300_000],
      ["NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded", 60_000],
      ["NO [LIMIT] not so fast", 60_000],
      ["NO [OVERQUOTA] Account exceeded command or bandwidth limits.", 300_000],
      ["NO [OVERQUOTA] Mailbox is full", undefined],
      ["NO [ALERT] Too many simultaneous connections. (Failure)", 60_000],
      ["NO [NONEXISTENT] no such mailbox", undefined],
    ];
    const { connection } = await open("", async (peer) => {
      for (const [line] of cases) peer.send(`${await peer.command(/^NOOP$/)} ${line}`);
      await peer.command(/^NOOP$/);
      peer.send("* BYE [UNAVAILABLE] back soon");
    });
    const refused = () =>
      connection.run(noop()).then(
        () => assert.fail(),
        (error: unknown) => error,
      );
    for (const [line, ms] of cases) {
      const error = await refused();
      assert.ok(error instanceof ImapError && error.retryAfter === ms, line);
    }
    const bye = await refused();
    assert.ok(bye instanceof ImapError && bye.code === "BYE");
    assert.deepEqual([bye.retryAfter, bye.serverText], [60_000, "back soon"]);
  });
});
