import assert from "node:assert/strict";
import { test } from "node:test";
import { startDemo } from "../../src/demo/index.ts";
import { literalOf, Wire, withDemo } from "./wire.ts";

test("the classic session: capability, login, list, select, fetch, store, search, logout", async () => {
  const demo = await startDemo({ arrivals: false });
  const wire = new Wire(demo.port);
  assert.match(await wire.until(/\r\n/), /^\* OK \[CAPABILITY IMAP4rev1 /);
  assert.match(await wire.command("SELECT INBOX"), /BAD Log in first/);
  assert.match(await wire.command("LOGIN robin@example.org wrong"), /NO \[AUTHENTICATIONFAILED\]/);
  assert.match(await wire.command(`LOGIN ${demo.user} ${demo.password}`), /OK \[CAPABILITY .*IDLE/);
  assert.match(await wire.command("NAMESPACE"), /\* NAMESPACE \(\("" "\/"\)\) NIL NIL/);
  const listed = await wire.command('LIST "" "*" RETURN (SPECIAL-USE SUBSCRIBED STATUS (MESSAGES UNSEEN))');
  assert.match(listed, /\* LIST \(\\Subscribed \\HasNoChildren \\Sent\) "\/" "Sent"\r\n\* STATUS "Sent"/);
  assert.match(
    listed,
    /\* LIST \(\\NonExistent \\HasChildren\) "\/" "Lists"\r\n\* LIST .*"Lists\/postern-users"/,
  );
  const selected = await wire.command("SELECT inbox");
  const exists = Number(/\* (\d+) EXISTS/.exec(selected)?.[1]);
  assert.ok(exists >= 15, selected);
  assert.match(selected, /UIDVALIDITY \d+[\s\S]*OK \[READ-WRITE\]/);
  assert.match(
    await wire.command("FETCH * (FLAGS UID ENVELOPE)"),
    /FLAGS \(\) UID \d+ ENVELOPE \(".*Welcome to Postern/,
  );
  assert.match(
    await wire.command("UID STORE 1 +FLAGS (\\flagged work)"),
    /\* 1 FETCH \(UID 1 FLAGS \(.*\\Flagged work\)\)/,
  );
  assert.match(await wire.command("STORE 1 -FLAGS.SILENT (WORK)"), /^t\d+ OK/);
  assert.match(await wire.command("SEARCH KEYWORD work"), /^\* SEARCH\r\n/);
  assert.match(
    await wire.command("UID SEARCH RETURN (MIN MAX COUNT) ALL"),
    new RegExp(`ESEARCH \\(TAG "t\\d+"\\) UID MIN 1 MAX ${exists} COUNT ${exists}`),
  );
  assert.match(await wire.command("LOGOUT"), /\* BYE [\s\S]*OK/);
  await wire.ended();
  await demo.stop();
  await assert.rejects(new Wire(demo.port).until(/./));
});

test("AUTHENTICATE PLAIN with and without an initial response", async () => {
  const demo = await startDemo({ arrivals: false });
  const response = Buffer.from(`\0${demo.user}\0${demo.password}`).toString("base64");
  for (const [command, then] of [
    [`AUTHENTICATE PLAIN ${response}`, ""],
    ["AUTHENTICATE PLAIN", response],
  ] as const) {
    const wire = new Wire(demo.port);
    wire.send(`a ${command}\r\n`);
    if (then) {
      await wire.until(/^\+ .*\r\n/m);
      wire.send(`${then}\r\n`);
    }
    await wire.until(/^a OK/m);
    wire.socket.destroy();
  }
  const stranger = new Wire(demo.port);
  stranger.send("a LOGIN {1000000+}\r\n");
  assert.match(await stranger.ended(), /\* BYE \[TOOBIG\]/, "a stranger gets little memory");
  const refused = new Wire(demo.port);
  refused.send("a AUTHENTICATE PLAIN\r\n*\r\n");
  await refused.until(/^a BAD/m);
  refused.socket.destroy();
  await demo.stop();
});

test("APPEND takes both kinds of literal, and what comes back is what went in", () =>
  withDemo(1, async (wire) => {
    const message = "Subject: caf\xe9\r\n\r\nOne {3}\r\nline\r\n";
    wire.send(`a APPEND Travel (\\Seen) " 1-Feb-2026 10:00:00 +0100" {${message.length}}\r\n`);
    await wire.until(/^\+ .*\r\n/m);
    wire.send(`${message}\r\n`);
    assert.match(await wire.until(/^a .*\r\n/m), /OK \[APPENDUID \d+ \d+\]/);
    assert.match(await wire.command(`APPEND Travel {${message.length}+}\r\n${message}`), /OK \[APPENDUID/);
    await wire.command("EXAMINE Travel");
    const fetched = await wire.command("FETCH 5 (FLAGS INTERNALDATE BODY[])");
    assert.match(fetched, /FLAGS \(\\Seen\) INTERNALDATE " 1-Feb-2026 09:00:00 \+0000"/);
    assert.equal(literalOf(fetched), message);
    assert.equal(literalOf(await wire.command("FETCH 6 BODY.PEEK[]")), message);
    assert.match(await wire.command("APPEND Nowhere {1+}\r\nx"), /NO \[TRYCREATE\]/);
  }));

test("mailboxes are made, renamed with what is below them, subscribed and removed", () =>
  withDemo(1, async (wire) => {
    await wire.command("CREATE Boats/Sail");
    await wire.command('RENAME "Boats" Ships');
    assert.match(await wire.command('LIST "" %'), /\(\\Noselect \\HasChildren\) "\/" "Ships"/);
    assert.match(await wire.command('LIST "" (Ships/% Travel)'), /"Travel"[\s\S]*OK|"Ships\/Sail"[\s\S]*OK/);
    assert.match(await wire.command("CREATE Travel"), /NO \[ALREADYEXISTS\]/);
    assert.match(await wire.command("DELETE inbox"), /NO \[CANNOT\]/);
    assert.match(await wire.command("SUBSCRIBE Ships/Sail"), /OK/);
    assert.match(
      await wire.command('LIST (SUBSCRIBED RECURSIVEMATCH) "" Ships'),
      /"Ships" \("CHILDINFO" \("SUBSCRIBED"\)\)/,
    );
    await wire.command("DELETE Ships/Sail");
    assert.match(await wire.command('LSUB "" Ships/*'), /\* LSUB .*"Ships\/Sail"/);
    assert.match(await wire.command("STATUS Ships/Sail (MESSAGES)"), /NO \[NONEXISTENT\]/);
  }));

test("SEARCH finds by flags, dates, sizes, headers and decoded text", () =>
  withDemo(1, async (wire) => {
    await wire.command("SELECT INBOX");
    const find = async (keys: string) =>
      (/\* SEARCH(.*)\r\n/.exec(await wire.command(`SEARCH ${keys}`))?.[1] ?? "")
        .trim()
        .split(" ")
        .filter(Boolean);
    const utf8 = (text: string) => {
      const octets = Buffer.from(text).toString("latin1");
      return `{${octets.length}+}\r\n${octets}`;
    };
    const all = await find("ALL");
    assert.equal((await find(`CHARSET UTF-8 SUBJECT ${utf8("пирога")}`)).length, 1);
    assert.equal((await find(`CHARSET UTF-8 BODY ${utf8("横浜")}`)).length, 1);
    assert.equal((await find(`CHARSET UTF-8 FROM ${utf8("木")}`)).length, 0);
    assert.equal((await find("SUBJECT lighthouse")).length, 3);
    assert.equal((await find("SEEN")).length + (await find("UNSEEN")).length, all.length);
    assert.deepEqual(await find("OR SEEN NOT SEEN"), all);
    assert.deepEqual(await find("(SINCE 1-Jan-2000 SMALLER 100000000)"), all);
    assert.deepEqual(await find("BEFORE 1-Jan-2000"), []);
    assert.deepEqual(await find("2:3 UID 3:*"), ["3"]);
    assert.deepEqual(await find("UID 900:*"), all.slice(-1));
    assert.deepEqual(await find("UID 900:1000"), []);
    assert.match(await wire.command("SEARCH CHARSET KLINGON ALL"), /NO \[BADCHARSET \(UTF-8/);
  }));

test("garbage is refused and harms neither its connection nor the others", () =>
  withDemo(2, async (wire, other) => {
    await wire.command("SELECT INBOX");
    for (const line of [
      "",
      "FROB",
      "FETCH",
      "FETCH 0 FLAGS",
      "FETCH 999 FLAGS",
      "FETCH 1 BODY[",
      "FETCH 1 BODY[HEADER.FIELDS ()]",
      "FETCH 1 (FLAGS",
      "FETCH 1 constructor",
      "UID LOGIN a b",
      "constructor",
      "STORE 1 FLAGS (\\Recent)",
      "SEARCH",
      `SEARCH ${"NOT ".repeat(5000)}ALL`,
      `SEARCH ${"(".repeat(5000)}`,
      'LIST "" "unclosed',
      "SELECT {99999999999}",
      "SELECT \xff\xfe",
      "STATUS INBOX (NOTHING)",
      "APPEND INBOX (",
      'APPEND INBOX "31-Foo-2026 00:00:00 +0000" {1+}\r\nx',
      "IDLE now",
    ])
      assert.match(await wire.command(line), /BAD /, line);
    wire.send("no-command\r\n\r\n\x00\x01\x02\r\n");
    await wire.until(/(\* BAD.*\r\n){3}/);
    assert.match(await wire.command("SELECT Nowhere"), /NO \[NONEXISTENT\]/);
    assert.match(await wire.command("FETCH 1 FLAGS"), /BAD/, "a failed SELECT leaves nothing selected");

    wire.send(`x ${"a".repeat(70_000)}`);
    assert.match(await wire.ended(), /\* BYE/);
    assert.match(await other.command("NOOP"), /OK/);
    other.send("x APPEND INBOX {999999999}\r\n");
    assert.match(await other.ended(), /\* BYE \[TOOBIG\]/);
  }));

test("commands may come in one piece, or an octet at a time", () =>
  withDemo(1, async (wire) => {
    wire.send("a SELECT INBOX\r\nb FETCH 1 UID\r\nc NOOP\r\n");
    const answer = await wire.until(/^c OK.*\r\n/m);
    assert.match(answer, /^a OK[\s\S]*^\* 1 FETCH \(UID 1\)[\s\S]*^b OK[\s\S]*^c OK/m);
    wire.socket.setNoDelay(true);
    for (const octet of "d SELECT {6+}\r\nTravel\r\n") {
      wire.send(octet);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.match(await wire.until(/^d .*\r\n/m), /OK \[READ-WRITE\]/);
  }));
