// What servers refuse, and how they behave: what the client does not say, or says again otherwise.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import {
  append,
  copy,
  enable,
  fetch,
  ImapError,
  id,
  list,
  listMailboxes,
  namespace,
  noop,
  quirks,
  Secret,
  select,
  status,
  timeouts,
  uidSearch,
  uidSet,
} from "../../src/imap/index.ts";
import type { sessionQuirks } from "../../src/imap/quirks/sessions.ts";
import type { ServerQuirks } from "../../src/imap/quirks.ts";
import type { Peer } from "../servers/scripted.ts";
import { handledIn, parse, preauth, selecting, talk } from "./quirk-server.ts";

const refusedWith = (code: string) => (error: unknown) => error instanceof ImapError && error.code === code;
const login = { user: "ann", secret: new Secret("pw") };
const nothing = async () => {};
const exchange = "The Microsoft Exchange IMAP4 service is ready.";

const listed = (line: string) => {
  const response = parse(`* LIST ${line}`);
  return response.kind === "list" ? response.mailbox : assert.fail(line);
};

/** What the connection says of its server after this greeting. */
async function quirksOf(greeting: string) {
  let found: ServerQuirks | undefined;
  await talk(greeting, nothing, async ({ connection }) => {
    found = connection.quirks;
  });
  return found ?? assert.fail();
}

/** The one command line that `client` sends when the mailbox is selected. */
async function sent(
  capabilities: string,
  client: (run: Parameters<Parameters<typeof talk>[2]>[0]["connection"]) => Promise<unknown>,
): Promise<string> {
  let line = "";
  await talk(
    preauth(capabilities),
    async (peer) => {
      await selecting(peer);
      const [, tag, rest] = await peer.expect(/^(\S+) (.*)$/);
      line = rest!;
      peer.send(`${tag} OK done`);
    },
    async ({ connection }) => {
      await connection.run(select("INBOX"));
      await client(connection);
    },
  );
  return line;
}

const proofs: Record<keyof typeof sessionQuirks, () => void | Promise<void>> = {
  async unsafeLogin() {
    await talk(
      "* OK [CAPABILITY IMAP4rev1 ID] Coremail System IMap Server Ready",
      async (peer) => {
        await peer.answer(/^LOGIN/);
        await peer.answer(/^ID \("name" "postern"\)$/);
        await peer.answer(/^CAPABILITY/, "* CAPABILITY IMAP4rev1 ID");
      },
      async ({ connection, server }) => {
        await connection.authenticate(login);
        await connection.run(noop(), { signal: AbortSignal.timeout(50) }).catch(() => {});
        assert.match(server.seen, /LOGIN[^\n]*\n\S+ (CAPABILITY\r\n\S+ )?ID \("name" "postern"\)/);
      },
      { clientId: { name: "postern" } },
    );
  },
  async emptyId() {
    await talk(preauth("ID"), nothing, async ({ connection, server }) => {
      await assert.rejects(connection.run(id({})), refusedWith("ARGUMENT"));
      assert.equal(server.seen, "");
    });
  },
  async descendingSets() {
    assert.equal(uidSet.format(uidSet.fromNumbers([9, 3, 4])), "3:4,9");
    assert.ok((await quirksOf("* OK [CAPABILITY IMAP4rev1] QQMail IMAP4Server ready")).searchUntrue);
  },
  async emptyReturn() {
    const line = await sent("ESEARCH", (c) => c.run(uidSearch({ flag: "\\Seen" })));
    assert.match(line, /RETURN \(ALL\) SEEN$/);
  },
  rawListName: () => assert.equal(listed('() "/" A name\twith a tab').path, "A name\twith a tab"),
  async fieldsFromFiles() {
    assert.ok(
      (await quirksOf("* OK [CAPABILITY IMAP4rev1] mail Cyrus IMAP 3.6.1 server ready")).envelopeAtHand,
    );
    assert.ok(!(await quirksOf("* OK [CAPABILITY IMAP4rev1] Dovecot ready")).envelopeAtHand);
  },
  async namespaceKills() {
    const old = "Microsoft Exchange Server 2003 IMAP4rev1 server version 6.5 ready.";
    await talk(preauth("NAMESPACE", old), nothing, async ({ connection, server }) => {
      await assert.rejects(connection.run(namespace()), refusedWith("UNSUPPORTED"));
      assert.equal(server.seen, "");
    });
  },
  moveLoses: handledIn("mail/sync.ts"),
  async appendDesync() {
    await talk(
      preauth("LITERAL+", exchange),
      async (peer) => {
        const tag = await peer.command(/^APPEND/);
        peer.send(`${tag} BAD Command Error. 10`);
      },
      async ({ connection }) => {
        const message = { source: Buffer.from("a1 DELETE INBOX\r\n") };
        await assert.rejects(connection.run(append("INBOX", message)), refusedWith("BAD"));
        assert.equal(connection.state, "closed");
      },
    );
  },
  async suggestedBackoff() {
    await talk(
      preauth(""),
      async (peer) => {
        const tag = await peer.command(/^NOOP/);
        peer.send(`${tag} BAD Request is throttled. Suggested Backoff Time: 21400 milliseconds`);
      },
      async ({ connection }) => {
        await assert.rejects(
          connection.run(noop()),
          (error: unknown) => error instanceof ImapError && error.retryAfter === 21_400,
        );
      },
    );
  },
  async connectionLimit() {
    assert.equal((await quirksOf(preauth("X-GM-EXT-1"))).maxConnections, 3);
    assert.equal((await quirksOf(preauth(""))).maxConnections, Number.POSITIVE_INFINITY);
  },
  async unavailableConnections() {
    await talk(
      "* OK [CAPABILITY IMAP4rev1] Dovecot ready.",
      async (peer) => {
        const tag = await peer.command(/^LOGIN/);
        peer.send(`${tag} NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded`);
      },
      async ({ connection }) => {
        await assert.rejects(
          connection.authenticate(login),
          (error: unknown) =>
            error instanceof ImapError && error.responseCode === "UNAVAILABLE" && error.retryAfter === 60_000,
        );
      },
    );
  },
  async charsetRefused() {
    await talk(
      preauth("ENABLE UTF8=ACCEPT"),
      async (peer) => {
        await peer.answer(/^ENABLE UTF8=ACCEPT/, "* ENABLED UTF8=ACCEPT");
        await selecting(peer);
        await peer.answer(/^UID SEARCH SUBJECT "gr\xc3\xbcn"$/, "* SEARCH 1");
      },
      async ({ connection }) => {
        await connection.run(enable(["UTF8=ACCEPT"]));
        await connection.run(select("INBOX"));
        await connection.run(uidSearch({ subject: "grün" }));
      },
    );
  },
  async utf8AppendRefused() {
    const message = { source: Buffer.from("Subject: x\r\n\r\ngr\xc3\xbcn\r\n", "latin1") };
    const line = await sent("UTF8=ACCEPT LITERAL+", (c) => c.run(append("INBOX", message)));
    assert.match(line, /^APPEND "?INBOX"? \{\d+\+\}$/);
  },
  literalNames() {
    assert.equal(listed('() "/" {3}\r\n\xc3\xa4x').name, "äx");
    const response = parse("* STATUS {3}\r\n\xc3\xa4x (MESSAGES 1)");
    assert.ok(response.kind === "status" && response.path === "\xc3\xa4x");
  },
  wrongUtf7() {
    const { path, name } = listed('() "/" "&BBg-&-&BCM &bad"');
    assert.equal(path, "&BBg-&-&BCM &bad");
    assert.ok(name.startsWith("И&"));
  },
  async rawNames() {
    const { path, name } = listed('() "/" "gr\xfcn"');
    assert.deepEqual([path, name], ["gr\xfcn", "grün"]);
    const line = await sent("LITERAL+", (c) => c.run(select(path)));
    assert.match(line, /^SELECT \{4\+\}$/, "octets beyond ASCII go back as a literal");
  },
  oddListLines() {
    assert.equal(listed("() NIL INBOX").delimiter, null);
    assert.equal(listed('() "/" NIL').path, "");
    assert.equal(listed('() "/" /home').path, "/home");
    assert.equal(listed("() / inbox").path, "inbox");
    assert.ok(listed('(\\NonExistent) "/" "a"').attributes.has("\\nonexistent"));
    assert.equal(listed('NIL "/" "a"').attributes.size, 0);
  },
  async listExtensionsRefused() {
    let asked = 0;
    await talk(
      preauth("LIST-EXTENDED LIST-STATUS SPECIAL-USE"),
      async (peer) => {
        for (;;) {
          const [, tag, line] = await peer.expect(/^(\S+) LIST (.*)$/);
          asked++;
          if (/RETURN/.test(line!)) peer.send(`${tag} BAD expected ATOM`);
          else peer.send('* LIST () "/" INBOX', `${tag} OK done`);
        }
      },
      async ({ connection }) => {
        const options = { statusItems: ["messages"] } as const;
        const all = await listMailboxes(connection, "", "*", options);
        assert.equal(all.length, 1);
        const before = asked;
        await listMailboxes(connection, "", "*", options);
        assert.equal(asked, before + 1, "what it refused is not asked again");
      },
    );
  },
  inboxNotListed: handledIn("mail/mail.ts"),
  async lsubRefused() {
    const line = await sent("IMAP4rev2", (c) => c.run(list("", "*", { subscribedOnly: true })));
    assert.match(line, /^LIST .*SUBSCRIBED/);
  },
  idleDropped: () => assert.equal(timeouts.idle, 9 * 60_000),
  async newsBeforeIdle() {
    await talk(
      preauth("IDLE"),
      async (peer) => {
        await selecting(peer);
        const tag = await peer.command(/^IDLE/);
        peer.send("* 4 EXISTS", "* 1 FETCH (UID 3 FLAGS (\\Seen))", "+ idling");
        await peer.expect(/^DONE$/);
        peer.send(`${tag} OK done`);
      },
      async ({ connection }) => {
        await connection.run(select("INBOX"));
        const kinds: string[] = [];
        const both = new Promise<void>((resolve) => {
          connection.events.on("mailbox", ({ kind }) => {
            if (kinds.push(kind) === 2) resolve();
          });
        });
        const idle = connection.idle();
        await both;
        await idle.done();
        assert.deepEqual(kinds, ["exists", "fetch"]);
      },
    );
  },
  async cappedView() {
    assert.ok((await quirksOf(preauth("XYMHIGHESTMODSEQ UIDONLY MESSAGELIMIT=1000"))).cappedView);
  },
  async strictExtensions() {
    const query = { flags: true, modSeq: true, emailId: true, threadId: true };
    const line = await sent("", (c) => c.run(fetch([[1, 1]], query, { onMessage() {} })));
    assert.equal(line, "UID FETCH 1 (UID FLAGS)");
    const told = await sent("", (c) => c.run(status("a", ["messages", "size", "highestModSeq"])));
    assert.match(told, /^STATUS "?a"? \(MESSAGES\)$/);
  },
  async shortLines() {
    const uw = "* OK [CAPABILITY IMAP4REV1 LITERAL+] box.example.org IMAP4rev1 2007f.404 at Wed, 27 Mar 2019";
    const { setOctets } = await quirksOf(uw);
    assert.equal(setOctets, 1000);
    const odd = uidSet.fromNumbers(Array.from({ length: 2000 }, (_, i) => 100_000 + 2 * i));
    assert.ok(uidSet.toWire(odd, setOctets).every((text) => text.length <= 1000));
  },
  untoldUid: handledIn("mail/operations/find.ts"),
  async copyUidAnywhere() {
    for (const inTagged of [true, false])
      await talk(
        preauth("UIDPLUS"),
        async (peer: Peer) => {
          await selecting(peer);
          const tag = await peer.command(/^UID COPY/);
          if (!inTagged) peer.send("* OK [COPYUID 1 3 7] copied");
          peer.send(`${tag} OK ${inTagged ? "[COPYUID 1 3 7] " : ""}done`);
        },
        async ({ connection }) => {
          await connection.run(select("INBOX"));
          const told = await connection.run(copy([[3, 3]], "a"));
          assert.deepEqual(told?.destination, [[7, 7]]);
        },
      );
  },
  uidInFileName: handledIn("store/maildir.ts"),
  changedUidValidity: handledIn("mail/sync.ts"),
};

describe("quirks of sessions", () => {
  for (const [name, proof] of Object.entries(proofs)) it(name, proof);

  it("has an entry for each fault, and says truly where it is met", () => {
    assert.ok(Object.keys(quirks).length >= 93);
    for (const [name, { server, told, done, where, source }] of Object.entries(quirks)) {
      assert.ok(server && told && done && source, name);
      assert.ok(existsSync(`src/${where.split(" ")[0]}`), `${name}: ${where}`);
    }
  });
});
