// Index and server compared while more comes in: what is newer than the server's answer is not taken for gone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Peer, scriptedServer } from "../servers/scripted.ts";
import { clientsOf, eventually, listing } from "./fixture.ts";

const capabilities = "IMAP4rev1 SASL-IR UIDPLUS MOVE";
const row = (seq: number, uid: number) =>
  `* ${seq} FETCH (UID ${uid} FLAGS () INTERNALDATE "01-Jan-2024 10:00:00 +0000" RFC822.SIZE 100 BODY[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID IN-REPLY-TO REFERENCES)] "Subject: Letter ${uid}")`;

/** Answers what comes until a command `stops` at; resolves to that command's tag. */
async function serve(
  peer: Peer,
  stops: RegExp,
  answers: (command: string) => readonly string[],
): Promise<string> {
  for (;;) {
    const [, tag = "", command = ""] = await peer.expect(/^(\S+) (.*)$/);
    if (stops.test(command)) return tag;
    peer.send(...answers(command), `${tag} OK [CAPABILITY ${capabilities}] done`);
  }
}

const selected = (exists: number, uidNext: number) => [
  `* ${exists} EXISTS`,
  "* OK [UIDVALIDITY 7] valid",
  `* OK [UIDNEXT ${uidNext}] next`,
];

test("a message that comes in while the server is asked which there are stays in the list", async () => {
  let sessions = 0;
  const server = await scriptedServer(async (peer) => {
    peer.send(`* OK [CAPABILITY ${capabilities}] ready`);
    if (++sessions === 1) {
      await serve(peer, /^LOGOUT/, (command) => {
        if (command.startsWith("SELECT")) return selected(3, 4);
        return command.includes("HEADER.FIELDS") ? [row(1, 1), row(2, 2), row(3, 3)] : [];
      });
      return;
    }
    // Another client took 2 away. While it is asked for what is there, 4 comes in, and the client fetches it.
    const early = await serve(peer, /^UID SEARCH/, (command) =>
      command.startsWith("SELECT") ? selected(2, 4) : [],
    );
    peer.send(`${early} NO not now`);
    const search = await serve(peer, /^UID SEARCH/, () => []);
    peer.send("* 3 EXISTS");
    const fetch = await serve(peer, /^UID FETCH 4:/, () => []);
    peer.send("* SEARCH 1 3", `${search} OK done`, row(3, 4), `${fetch} OK done`);
    await serve(peer, /^LOGOUT/, () => []);
  });
  const clients = clientsOf({ ...server, user: "user", password: "password" });
  try {
    const first = await clients.client("one");
    await first.mail.sync(first.inbox);
    assert.equal(first.mail.count(first.inbox), 3);
    await first.mail.close();
    const second = await clients.client("one");
    await second.mail.sync(second.inbox);
    await eventually("4 came in", () => second.events.some(({ kind }) => kind === "arrived"));
    assert.deepEqual(listing(second, second.inbox), ["1  Letter 1", "3  Letter 3", "4  Letter 4"]);
  } finally {
    await clients.end();
  }
});
