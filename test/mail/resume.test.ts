// Long work on a mailbox that is cut off goes on where it was, and tells how far it is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { serverMissing, startDovecot } from "../servers/dovecot.ts";
import { faultProxy } from "../servers/faults.ts";
import { sampleMessage } from "../servers/messages.ts";
import { scriptedServer } from "../servers/scripted.ts";
import { type Client, clientsOf, eventually } from "./fixture.ts";

const size = 4_000;

test("a first sync that is cut off goes on where it was", { skip: serverMissing("dovecot") }, async () => {
  // Octets are counted: without COMPRESS.
  const config = `imap_capability = IMAP4rev1 SASL-IR ID ENABLE IDLE LITERAL+ NAMESPACE ESEARCH CONDSTORE QRESYNC`;
  const dovecot = await startDovecot({ tls: "none", config });
  const clients = clientsOf(dovecot);
  try {
    dovecot.deliver(
      "INBOX",
      (function* () {
        for (let n = 1; n <= size; n++) yield sampleMessage({ n, subject: `Letter ${n}` });
      })(),
    );
    const headers = ({ log }: Client) =>
      log.filter((l) => l.startsWith("< ") && l.includes("HEADER.FIELDS (")).length;
    let had = 0;
    let asked = 0;
    for (let round = 1; round <= 2; round++) {
      const line = await faultProxy(dovecot.port);
      line.fault = { kind: "cut", direction: "down", after: 500_000 };
      const client = await clients.client("first", { port: line.port });
      await assert.rejects(client.mail.sync(client.inbox));
      await line.stop();
      const now = client.mail.count(client.inbox);
      assert.ok(now > had && now < size, `${had}, then ${now} of ${size}`);
      had = now;
      asked += headers(client);
      await client.mail.close();
    }
    const last = await clients.client("first");
    await last.mail.sync(last.inbox);
    assert.equal(last.mail.count(last.inbox), size);
    assert.equal(headers(last), size - had, "what is there is not asked for again");
    asked += headers(last);
    assert.ok(asked < size + 1_000, `${asked} headers came in all`);
    await last.mail.close();
    const again = await clients.client("first");
    await again.mail.sync(again.inbox);
    assert.equal(headers(again), 0);
    await again.mail.close();
  } finally {
    await clients.end();
  }
});

test("how far the server is with a command is told (INPROGRESS, RFC 9585)", async () => {
  let proceed = () => {};
  const shown = new Promise<void>((resolve) => {
    proceed = resolve;
  });
  const server = await scriptedServer(async (peer) => {
    peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR INPROGRESS ESEARCH] ready");
    for (;;) {
      const [, tag = "", command = ""] = await peer.expect(/^(\S+) (.*)$/);
      if (/^(AUTHENTICATE|LOGIN)/.test(command))
        peer.send(`${tag} OK [CAPABILITY IMAP4rev1 INPROGRESS ESEARCH] in`);
      else if (command.startsWith("SELECT")) {
        peer.send(
          "* 3 EXISTS",
          "* OK [UIDVALIDITY 7] valid",
          "* OK [UIDNEXT 4] next",
          `${tag} OK [READ-WRITE] done`,
        );
      } else if (/FETCH/.test(command)) {
        for (const n of [1, 2, 3]) {
          peer.send(
            `* ${n} FETCH (UID ${n} FLAGS () INTERNALDATE "01-Jan-2024 10:00:00 +0000" RFC822.SIZE 100 BODY[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID IN-REPLY-TO REFERENCES)] "Subject: Letter ${n}")`,
          );
        }
        peer.send(`${tag} OK done`);
      } else if (/^UID SEARCH .*BODY/.test(command)) {
        peer.send(`* OK [INPROGRESS ("${tag}" 40 100)] Still looking...`);
        await shown;
        peer.send(`* OK [INPROGRESS ("${tag}" 100 100)] Done looking`, `* ESEARCH (TAG "${tag}") UID ALL 2`);
        peer.send(`${tag} OK done`);
      } else peer.send(`${tag} OK done`);
    }
  });
  const clients = clientsOf({ ...server, user: "user", password: "password" });
  try {
    const { mail, inbox, events } = await clients.client("patient");
    await mail.sync(inbox);
    const found = mail.search(inbox, "body:needle");
    const told = () => events.flatMap((e) => (e.kind === "progress" && e.doing === "command" ? [e] : []));
    await eventually("it is told", () => told().length === 1);
    assert.deepEqual(told(), [{ kind: "progress", path: "INBOX", doing: "command", done: 40, total: 100 }]);
    proceed();
    assert.deepEqual(await found, [2]);
    assert.equal(told().at(-1)?.done, 100);
  } finally {
    await clients.end();
  }
});
