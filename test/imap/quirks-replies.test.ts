// Responses that come otherwise than the RFCs have it, or lie: what the client makes of each.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Capabilities } from "../../src/imap/capabilities.ts";
import {
  enable,
  type FetchedMessage,
  fetch,
  ImapError,
  list,
  type MailboxEvent,
  noop,
  Secret,
  select,
  uidSearch,
} from "../../src/imap/index.ts";
import type { replyQuirks } from "../../src/imap/quirks/replies.ts";
import { type ServerQuirks, serverQuirks } from "../../src/imap/quirks.ts";
import { check } from "../replies/check.ts";
import type { Peer } from "../servers/scripted.ts";
import { codeOf, parse, preauth, selecting, talk } from "./quirk-server.ts";

const quirksOf = (capabilities: string, greeting = ""): ServerQuirks =>
  serverQuirks({ greeting, capabilities: new Capabilities(capabilities.split(" ")), id: new Map() });

const refusedWith = (code: string) => (error: unknown) => error instanceof ImapError && error.code === code;

const kind = (text: string) => parse(text).kind;

/** What comes of UID FETCH 3:9 (ENVELOPE FLAGS) when it is answered so. */
async function fetching(lines: string[], done = "OK done", set: [number, number] = [3, 9]) {
  const messages: FetchedMessage[] = [];
  const events: MailboxEvent[] = [];
  let received = 0;
  const script = async (peer: Peer) => {
    await selecting(peer);
    const tag = await peer.command(/^UID FETCH/);
    peer.send(...lines, `${tag} ${done}`);
  };
  await talk(preauth(""), script, async ({ connection }) => {
    await connection.run(select("INBOX"));
    connection.primeUids([[3, 5]]);
    connection.events.on("mailbox", (event) => events.push(event));
    const query = { envelope: true };
    ({ received } = await connection.run(fetch([set], query, { onMessage: (m) => messages.push(m) })));
  });
  return { messages, events, received };
}

const envelope = `ENVELOPE ("d" "s" ${"NIL ".repeat(7)}NIL)`;

const proofs: Record<keyof typeof replyQuirks, () => void | Promise<void>> = {
  async unaskedFetch() {
    const { messages, events } = await fetching([
      "* 1 FETCH (UID 3 FLAGS (\\Seen))",
      `* 1 FETCH (UID 3 ${envelope})`,
    ]);
    assert.equal(messages.length, 1);
    assert.deepEqual(
      events.map((e) => e.kind === "fetch" && e.message.flags),
      [["\\Seen"]],
    );
  },
  async fetchWithoutUid() {
    const { messages } = await fetching([`* 2 FETCH (${envelope})`]);
    assert.deepEqual(
      messages.map((m) => m.uid),
      [4],
    );
  },
  async silentFetch() {
    const { received, events } = await fetching([`* 1 FETCH (UID 3 ${envelope})`]);
    assert.deepEqual([received, events], [1, []]);
  },
  async lastOfStar() {
    const { received } = await fetching([`* 3 FETCH (UID 5 ${envelope})`], "OK done", [6, 0xffff_ffff]);
    assert.equal(received, 0);
  },
  async zeroFetch() {
    assert.equal(kind("* 0 FETCH (UID 3)"), "unknown");
    const { received } = await fetching(["* 0 FETCH (UID 3)"]);
    assert.equal(received, 0);
  },
  async earlyFetch() {
    const { messages } = await fetching([`* 7 FETCH (UID 9 ${envelope})`, "* 7 EXISTS"]);
    assert.deepEqual(
      messages.map((m) => m.uid),
      [9],
    );
  },
  async emptyRfc822() {
    await talk(
      preauth(""),
      async (peer) => {
        await selecting(peer);
        await peer.answer(/^UID FETCH 1 \(UID BODY\.PEEK\[\]\)$/);
      },
      async ({ connection }) => {
        await connection.run(select("INBOX"));
        await connection.run(fetch([[1, 1]], { sections: [{ section: "" }] }, { onMessage() {} }));
      },
    );
  },
  async sectionWithoutValue() {
    const response = parse("* 1 FETCH (BODY[1])");
    assert.ok(response.kind === "fetch" && response.message.sections?.get("1")?.length === 0);
    await talk(
      preauth(""),
      async (peer) => {
        await peer.command(/^SELECT/);
        peer.send("* BYE one", "* BYE two", "* BYE three");
      },
      async ({ connection }) => {
        await assert.rejects(connection.run(select("INBOX")), refusedWith("BYE"));
        assert.equal(connection.state, "closed");
      },
    );
  },
  parenthesisOnItsOwnLine() {
    const { responses, skipped } = check([
      Buffer.from("* 1 FETCH (BODY[] {2}\r\nhi\r\n)\r\n)\r\n* 1 EXISTS\r\n"),
    ]);
    assert.deepEqual([responses.map((r) => r.kind), skipped.length], [["fetch", "exists"], 1]);
  },
  partialEchoed() {
    const response = parse('* 1 FETCH (BODY[]<0.1024> "x")');
    assert.ok(response.kind === "fetch" && response.message.sections?.get("")?.toString() === "x");
  },
  expungeWithoutRenumbering: () => assert.ok(quirksOf("XYMHIGHESTMODSEQ").sequenceNumbersLie),
  async partialFailure() {
    const line = [`* 1 FETCH (UID 3 ${envelope})`];
    assert.equal((await fetching(line, "NO Some of the requested messages no longer exist.")).received, 1);
    assert.equal((await fetching(line, "NO [EXPUNGEISSUED] gone")).received, 1);
    await assert.rejects(fetching(line, "NO out of memory"), refusedWith("NO"));
  },
  staleLabels: () => assert.ok(quirksOf("X-GM-EXT-1").labelsGoStale),
  codeWithoutText() {
    const { code, text } = codeOf("* OK [HIGHESTMODSEQ 5]");
    assert.deepEqual([code?.kind, text], ["modseq", ""]);
  },
  emptyCopyUid: () => assert.equal(codeOf("a OK [COPYUID 701  ] done").code?.kind, "other"),
  bareCode() {
    assert.equal(codeOf("* [COPYUID 1 2 3] done").code?.kind, "copyuid");
    assert.equal(codeOf("* COPYUID 1 2 3").code?.kind, "copyuid");
  },
  errorCode() {
    const { code } = codeOf('a NO [Error="a ] b" Proxy=x.y:1:SSL] AUTHENTICATE failed.');
    assert.equal(code?.kind, "other");
  },
  async bareUnavailable() {
    await talk(
      preauth(""),
      async (peer) => {
        await peer.command(/^SELECT/);
        peer.send("Server Unavailable. 15");
      },
      async ({ connection }) => {
        await assert.rejects(connection.run(select("INBOX")), refusedWith("BYE"));
      },
    );
  },
  async notConnected() {
    await talk(
      "* OK [CAPABILITY IMAP4rev1] The Microsoft Exchange IMAP4 service is ready.",
      async (peer) => {
        const tag = await peer.command(/^LOGIN/);
        peer.send(`${tag} BAD User is authenticated but not connected.`);
      },
      async ({ connection }) => {
        await assert.rejects(
          connection.authenticate({ user: "ann", secret: new Secret("pw") }),
          refusedWith("AUTH"),
        );
      },
    );
  },
  async zeroNumbers() {
    await talk(
      preauth(""),
      (peer) =>
        peer.answer(
          /^SELECT/,
          "* 0 EXISTS",
          "* OK [UIDVALIDITY 0] x",
          "* OK [UIDNEXT 0] x",
          "* OK [UNSEEN 0] x",
        ),
      async ({ connection }) => {
        const { uidValidity, uidNext } = await connection.run(select("INBOX"));
        assert.deepEqual([uidValidity, uidNext], [0, null]);
      },
    );
  },
  longUidValidity() {
    const validity = (text: string) => {
      const { code } = codeOf(`* OK [UIDVALIDITY ${text}] x`);
      return code?.kind === "number" ? code.value : assert.fail();
    };
    assert.equal(validity("9007199254740991"), 9007199254740991);
    const long = ["18446744073709551615", "18446744073709551614", "9007199254740993"].map(validity);
    assert.equal(new Set(long).size, 3);
    assert.ok(long.every(Number.isSafeInteger));
  },
  async zeroModSeq() {
    await talk(
      preauth("CONDSTORE"),
      (peer) => selecting(peer, "* OK [HIGHESTMODSEQ 0] x"),
      async ({ connection }) => {
        assert.equal((await connection.run(select("INBOX"))).highestModSeq, null);
      },
    );
  },
  async unaskedModSeq() {
    await talk(
      preauth(""),
      (peer) => selecting(peer, "* OK [HIGHESTMODSEQ 7] x"),
      async ({ connection }) => {
        await connection.run(select("INBOX"));
        const since = fetch([[1, 1]], { flags: true, changedSince: 7n }, { onMessage() {} });
        await assert.rejects(connection.run(since), refusedWith("UNSUPPORTED"));
      },
    );
  },
  async silentModSeq() {
    await talk(
      preauth("CONDSTORE"),
      async (peer) => {
        await selecting(peer);
        await peer.answer(/^UID FETCH 1 \(UID FLAGS MODSEQ\) \(CHANGEDSINCE 7\)$/);
      },
      async ({ connection }) => {
        await connection.run(select("INBOX"));
        const query = { flags: true, modSeq: true, changedSince: 7n };
        await connection.run(fetch([[1, 1]], query, { onMessage() {} }));
      },
    );
  },
  async silentEnable() {
    await talk(
      preauth("ENABLE QRESYNC"),
      (peer) => peer.answer(/^ENABLE QRESYNC/),
      async ({ connection }) => {
        assert.deepEqual(await connection.run(enable(["QRESYNC"])), ["QRESYNC"]);
        assert.ok(connection.enabled("QRESYNC"));
      },
    );
  },
  async injectedCapability() {
    await talk(
      "* OK [CAPABILITY IMAP4rev1 XAPPLEPUSHSERVICE] ready",
      async (peer) => {
        const tag = await peer.command(/^LOGIN/);
        peer.send(`${tag} OK [CAPABILITY IMAP4rev1 XAPPLEPUSHSERVICE odd] in`);
        await peer.answer(/^CAPABILITY$/, "* CAPABILITY IMAP4rev1 XAPPLEPUSHSERVICE IDLE");
        await selecting(peer);
      },
      async ({ connection }) => {
        await connection.authenticate({ user: "ann", secret: new Secret("pw") });
        await connection.run(select("INBOX"));
        assert.ok(connection.capabilities.has("IDLE") && !connection.capabilities.has("odd"));
      },
    );
  },
  splitCapability() {
    const response = parse("* CAPABILITY IMAP4rev1 LITERAL + IDLE");
    assert.ok(response.kind === "capability");
    assert.deepEqual(response.capabilities, ["IMAP4rev1", "LITERAL+", "IDLE"]);
  },
  trailingSpaces() {
    for (const line of ["STATUS a (MESSAGES 1 ) ", "SEARCH 1 2 ", "CAPABILITY IDLE ", 'ID ("name" "x" ) '])
      assert.notEqual(kind(`* ${line}`), "unknown");
  },
  bareContinuation: () => assert.deepEqual(parse("+"), { kind: "continue", text: "" }),
  emptyStatus: () => assert.deepEqual(parse("* STATUS a ()"), { kind: "status", path: "a", status: {} }),
  leadingNuls() {
    const { responses } = check([Buffer.from("\0\0* 1 EXISTS\r\n\0* 2 EXISTS\r\n")]);
    assert.equal(responses.length, 2);
  },
  async listedMailboxId() {
    assert.equal(quirksOf("ANNOTATE-EXPERIMENT-1").listedIdUntrue, true);
    assert.deepEqual(parse("* STATUS a (MESSAGES 4 MAILBOXID ()\xff(B V) SIZE 9 HIGHESTMODSEQ 5)"), {
      kind: "status",
      path: "a",
      status: { messages: 4, size: 9, highestModSeq: 5n },
    });
    const offers = "LIST-EXTENDED LIST-STATUS OBJECTID ANNOTATE-EXPERIMENT-1";
    const script = (peer: Peer) => peer.answer(/RETURN \(CHILDREN SUBSCRIBED STATUS \(MESSAGES\)\)$/);
    await talk(preauth(offers), script, async ({ connection }) => {
      await connection.run(list("", "*", { statusItems: ["messages", "mailboxId"] }));
    });
  },
  nilThreadId() {
    const response = parse("* 1 FETCH (UID 1 THREADID (NIL))");
    assert.ok(response.kind === "fetch" && response.message.threadId === null);
  },
  async sequenceNumbersAfterUidOnly() {
    await talk(
      preauth("ENABLE UIDONLY"),
      async (peer) => {
        await peer.answer(/^ENABLE UIDONLY/, "* ENABLED UIDONLY");
        await selecting(peer);
      },
      async ({ connection, server }) => {
        await connection.run(enable(["UIDONLY"]));
        await connection.run(select("INBOX"));
        const query = { flags: true, bySequence: true };
        await assert.rejects(
          connection.run(fetch([[1, 1]], query, { onMessage() {} })),
          refusedWith("ARGUMENT"),
        );
        assert.doesNotMatch(server.seen, /FETCH/);
      },
    );
  },
};

describe("quirks of replies", () => {
  for (const [name, proof] of Object.entries(proofs)) it(name, proof);

  it("do not make an answer that cannot be read an empty one", async () => {
    await talk(
      preauth(""),
      async (peer) => {
        await selecting(peer);
        await peer.answer(/^UID SEARCH/, "* SEARCH 1 2 x");
        await peer.answer(/^NOOP/, "* SEARCH x");
      },
      async ({ connection }) => {
        await connection.run(select("INBOX"));
        await assert.rejects(connection.run(uidSearch({ all: true })), refusedWith("SYNTAX"));
        await connection.run(noop());
      },
    );
  });
});
