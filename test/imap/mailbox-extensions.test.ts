// What servers tell about mailboxes beyond the bare list: uses, rights, quotas, annotations, news.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  create,
  deleteAcl,
  type FolderEvent,
  getAcl,
  getMetadata,
  getQuota,
  getQuotaRoot,
  ImapError,
  type ListOptions,
  list,
  listMailboxes,
  listRights,
  myRights,
  noop,
  setAcl,
  setMetadata,
  setQuota,
  status,
} from "../../src/imap/index.ts";
import { parseResponse } from "../../src/imap/response/response.ts";
import type { Peer } from "../servers/scripted.ts";
import { scriptedPeers } from "./scripted-session.ts";

const parse = (text: string) => parseResponse(Buffer.from(`${text}\r\n`, "latin1"));
const unsupported = (error: unknown) => error instanceof ImapError && error.code === "UNSUPPORTED";
const letters = (rights: ReadonlySet<string> | undefined) => [...(rights ?? [])].sort().join("");

describe("what is told of mailboxes", () => {
  const listed = (text: string) => {
    const response = parse(`* LIST ${text}`);
    assert.ok(response.kind === "list");
    return response.mailbox;
  };

  it("reads what LIST adds to a mailbox, and lists it where that is damaged", () => {
    const box = listed(
      '(\\NonExistent) "/" Foo ("CHILDINFO" ("SUBSCRIBED" "X") "NEW" (1 (2)) "OLDNAME" ("B\\"ar"))',
    );
    assert.deepEqual([box.path, box.childInfo, box.oldPath], ["Foo", ["subscribed", "x"], 'B"ar']);
    assert.ok(box.attributes.has("\\nonexistent"));
    const damaged = listed('() "/" "Foo" ("CHILDINFO" oops)');
    assert.deepEqual([damaged.path, damaged.childInfo], ["Foo", undefined]);
    assert.equal(listed("() NIL some folder").path, "some folder");
  });

  it("reads rights, and what the obsolete letters stand for", () => {
    const acl = parse('* ACL "a b" ann lrswipkxtecda -bob lr "c d" lrc eve ""');
    assert.ok(acl.kind === "acl");
    assert.deepEqual(
      [...acl.entries].map(([who, rights]) => [who, letters(rights)]),
      [
        ["ann", "aeiklprstwx"],
        ["-bob", "lr"],
        ["c d", "klrx"],
        ["eve", ""],
      ],
    );
    const mine = parse("* MYRIGHTS INBOX lrd");
    assert.ok(mine.kind === "myrights");
    assert.equal(letters(mine.rights), "elrt");
    const grant = parse('* LISTRIGHTS INBOX ann "" lr s swted k x c');
    assert.ok(grant.kind === "listrights");
    assert.deepEqual(grant.optional.map(letters), ["lr", "s", "estw", "k", "x"]);
    assert.equal(letters(grant.required), "");
  });

  it("reads quotas and annotations", () => {
    assert.deepEqual(parse('* QUOTA "" (STORAGE 10 512 message 3 100)'), {
      kind: "quota",
      root: "",
      resources: [
        { name: "STORAGE", usage: 10, limit: 512 },
        { name: "MESSAGE", usage: 3, limit: 100 },
      ],
    });
    assert.deepEqual(parse('* QUOTA "none" ()'), { kind: "quota", root: "none", resources: [] });
    const told = parse(
      '* METADATA "" (/shared/comment NIL /Private/Comment {3}\r\na)b /private/x ~{1}\r\n\0)',
    );
    assert.ok(told.kind === "metadata");
    assert.deepEqual(
      [...(told.values ?? [])],
      [
        ["/shared/comment", null],
        ["/private/comment", Buffer.from("a)b")],
        ["/private/x", Buffer.from([0])],
      ],
    );
    const news = parse("* METADATA INBOX /shared/comment /private/comment");
    assert.ok(news.kind === "metadata" && news.values === null);
    assert.deepEqual(news.entries, ["/shared/comment", "/private/comment"]);
  });
});

describe("mailboxes", () => {
  const { open: session } = scriptedPeers();
  const everything: ListOptions = {
    specialUse: true,
    statusItems: ["messages", "size", "appendLimit", "deletedStorage"],
    myRights: true,
    metadata: ["/private/comment"],
  };

  it("are listed with all that is wanted in one answer", async () => {
    const offers =
      "LIST-EXTENDED SPECIAL-USE LIST-STATUS LIST-MYRIGHTS LIST-METADATA STATUS=SIZE APPENDLIMIT";
    const { connection } = await session(offers, (peer) =>
      peer.answer(
        /^LIST "" \("INBOX" "Work\/%"\) RETURN \(CHILDREN SUBSCRIBED SPECIAL-USE MYRIGHTS METADATA \("\/private\/comment"\) STATUS \(MESSAGES SIZE APPENDLIMIT\)\)$/,
        '* LIST (\\Subscribed \\HasNoChildren \\Drafts) "/" "Work/D"',
        '* STATUS "Work/D" (MESSAGES 3 SIZE 4000000000 APPENDLIMIT NIL)',
        '* MYRIGHTS "Work/D" lr',
        '* METADATA "Work/D" ("/private/comment" "mine")',
        '* LIST () "/" INBOX',
      ),
    );
    const [drafts, inbox] = await connection.run(list("", ["INBOX", "Work/%"], everything));
    assert.deepEqual(drafts?.status, { messages: 3, size: 4_000_000_000, appendLimit: null });
    assert.equal(letters(drafts?.rights), "lr");
    assert.equal(drafts?.metadata?.get("/private/comment")?.toString(), "mine");
    assert.deepEqual([inbox?.status, inbox?.rights, inbox?.metadata], [null, undefined, undefined]);
  });

  it("are chosen by what they are, where that can be asked", async () => {
    const { connection } = await session("LIST-EXTENDED SPECIAL-USE", async (peer) => {
      await peer.answer(
        /^LIST \(SUBSCRIBED RECURSIVEMATCH\) "" "%" RETURN \(CHILDREN SUBSCRIBED\)$/,
        '* LIST () "/" "a" ("CHILDINFO" ("SUBSCRIBED"))',
      );
      await peer.answer(/^LIST \(SPECIAL-USE REMOTE\) "" "\*" RETURN/);
    });
    const [above] = await connection.run(list("", "%", { subscribedOnly: true, recursiveMatch: true }));
    assert.deepEqual(above?.childInfo, ["subscribed"]);
    await connection.run(list("", "*", { specialUseOnly: true, remote: true }));
  });

  it("are listed by LSUB and XLIST of servers that have only those", async () => {
    const { connection, server } = await session("XLIST", async (peer) => {
      await peer.answer(/^LSUB "" "\*"$/, '* LSUB () "/" "a"', '* LSUB (\\Noselect) "/" "above"');
      await peer.answer(
        /^XLIST "" "\*"$/,
        '* XLIST (\\HasNoChildren \\Inbox) "/" "Posteingang"',
        '* XLIST (\\AllMail) "/" "All"',
        '* XLIST (\\Spam) "/" "Junk"',
        '* XLIST (\\Starred) "/" "Stars"',
      );
      await peer.answer(/^LIST "" "\*"$/);
    });
    const subscribed = await connection.run(list("", "*", { subscribedOnly: true }));
    assert.deepEqual(
      subscribed.map((m) => [m.path, ...m.attributes]),
      [
        ["a", "\\subscribed"],
        ["above", "\\noselect"],
      ],
    );
    const uses = await connection.run(list("", "*", { ...everything, specialUse: true }));
    assert.deepEqual(
      uses.map((m) => [m.path, [...m.attributes].at(-1)]),
      [
        ["INBOX", "\\hasnochildren"],
        ["All", "\\all"],
        ["Junk", "\\junk"],
        ["Stars", "\\flagged"],
      ],
    );
    await connection.run(list("", "*"));
    const before = server.seen;
    for (const options of [{ specialUseOnly: true }, { remote: true }, { recursiveMatch: true }])
      await assert.rejects(connection.run(list("", "*", options)), unsupported);
    await assert.rejects(connection.run(list("", ["a", "b"])), unsupported);
    assert.equal(server.seen, before);
  });

  it("are asked for with less where a server does not understand what it offers, and that is remembered", async () => {
    const refuse = async (peer: Peer, pattern: RegExp) => {
      const tag = await peer.command(pattern);
      peer.send(`${tag} BAD unknown option`);
    };
    const offers = "LIST-EXTENDED LIST-STATUS SPECIAL-USE";
    const { connection, server } = await session(offers, async (peer) => {
      await refuse(peer, /RETURN \(CHILDREN SUBSCRIBED SPECIAL-USE STATUS \(MESSAGES\)\)$/);
      await refuse(peer, /RETURN \(CHILDREN SUBSCRIBED SPECIAL-USE\)$/);
      await peer.answer(/^LIST "" "\*" RETURN \(CHILDREN SUBSCRIBED\)$/, '* LIST () "/" "a"');
      await peer.answer(/^LIST "" "%" RETURN \(CHILDREN SUBSCRIBED\)$/);
      await refuse(peer, /^LIST \(SUBSCRIBED\) "" "\*" RETURN/);
      await refuse(peer, /^LIST \(SUBSCRIBED\) "" "\*"$/);
      await peer.answer(/^LSUB "" "\*"$/, '* LSUB () "/" "b"');
      await refuse(peer, /^LIST "" "x"$/);
    });
    const options = { specialUse: true, statusItems: ["messages"] } as const;
    assert.equal((await listMailboxes(connection, "", "*", options))[0]?.path, "a");
    assert.deepEqual(await listMailboxes(connection, "", "%", options), []);
    assert.equal((await listMailboxes(connection, "", "*", { subscribedOnly: true }))[0]?.path, "b");
    const plain = listMailboxes(connection, "", "x");
    await assert.rejects(plain, (error) => error instanceof ImapError && error.code === "BAD");
    await server.finished;
  });

  it("keep the answers to LIST and to STATUS apart", async () => {
    const { connection } = await session("LIST-EXTENDED LIST-STATUS", async (peer) => {
      const listing = await peer.command(/^LIST/);
      const asking = await peer.command(/^STATUS "b" \(UNSEEN\)/);
      peer.send('* LIST () "/" b', "* STATUS b (MESSAGES 3)", "* STATUS b (UNSEEN 1)");
      peer.send(`${listing} OK done`, `${asking} OK done`, "* STATUS b (UNSEEN 9)");
      await peer.answer(/^NOOP/);
    });
    const news: FolderEvent[] = [];
    connection.events.on("folders", (event) => news.push(event));
    const [[box], told] = await Promise.all([
      connection.run(list("", "*", { statusItems: ["messages"] })),
      connection.run(status("b", ["unseen"])),
    ]);
    assert.deepEqual([box?.status, told], [{ messages: 3 }, { unseen: 1 }]);
    await connection.run(noop());
    assert.deepEqual(
      news.map((e) => e.kind === "status" && e.status.unseen),
      [9],
    );
  });

  it("tell of changes that nobody asked for", async () => {
    const { connection } = await session("", (peer) =>
      peer.answer(
        /^NOOP/,
        '* LIST () "/" "new" ("OLDNAME" ("old"))',
        "* STATUS box (MESSAGES 4 UIDNEXT 9)",
        '* METADATA "box" /shared/comment',
      ),
    );
    const news: FolderEvent[] = [];
    connection.events.on("folders", (event) => news.push(event));
    await connection.run(noop());
    assert.deepEqual(
      news.map((e) => e.kind),
      ["list", "status", "metadata"],
    );
    assert.ok(news[0]?.kind === "list" && news[0].mailbox.oldPath === "old");
    assert.ok(news[1]?.kind === "status" && news[1].path === "box" && news[1].status.uidNext === 9);
    assert.deepEqual(news[2], { kind: "metadata", path: "box", entries: ["/shared/comment"] });
  });

  it("are made for a use, and tell their id", async () => {
    const { connection } = await session("CREATE-SPECIAL-USE", async (peer) => {
      const tag = await peer.command(/^CREATE "D" \(USE \(\\Drafts \\Important\)\)$/);
      peer.send(`${tag} OK [MAILBOXID (F1-x)] made`);
      await peer.answer(/^CREATE "E"$/);
    });
    const made = await connection.run(create("D", { specialUse: ["\\Drafts", "\\Important"] }));
    assert.deepEqual(made, { mailboxId: "F1-x" });
    assert.deepEqual(await connection.run(create("E")), { mailboxId: null });
    const { connection: plain, server } = await session("", () => Promise.resolve());
    await assert.rejects(plain.run(create("D", { specialUse: ["\\Drafts"] })), unsupported);
    await assert.rejects(plain.run(create("D", { specialUse: ["\\a) x"] })));
    assert.equal(server.seen, "");
  });

  it("have their status asked in the words that the server knows", async () => {
    const every = ["deleted", "deletedStorage", "size", "appendLimit", "mailboxId", "highestModSeq"] as const;
    const offers =
      "QUOTA=RES-MESSAGE QUOTA=RES-STORAGE STATUS=SIZE APPENDLIMIT=35 APPENDLIMIT OBJECTID CONDSTORE";
    const { connection } = await session(offers, (peer) =>
      peer.answer(
        /^STATUS "b" \(DELETED DELETED-STORAGE SIZE APPENDLIMIT MAILBOXID HIGHESTMODSEQ\)$/,
        "* STATUS b (DELETED 1 DELETED-STORAGE 2000 SIZE 3 APPENDLIMIT 4 MAILBOXID (F2) HIGHESTMODSEQ 5)",
      ),
    );
    assert.deepEqual(await connection.run(status("b", every)), {
      deleted: 1,
      deletedStorage: 2000,
      size: 3,
      appendLimit: 4,
      mailboxId: "F2",
      highestModSeq: 5n,
    });
    assert.equal(connection.capabilities.appendLimit, 35);
  });

  it("give and take rights", async () => {
    const { connection } = await session("ACL RIGHTS=kxte", async (peer) => {
      const two = [await peer.command(/^GETACL "a"$/), await peer.command(/^GETACL "b"$/)];
      peer.send("* ACL b ann lr", "* ACL a ann w bob r", ...two.map((tag) => `${tag} OK done`));
      await peer.answer(/^MYRIGHTS "inbox"$/, "* MYRIGHTS INBOX lrs");
      await peer.answer(/^LISTRIGHTS "a" "ann"$/, "* LISTRIGHTS a ann l r s");
      await peer.answer(/^SETACL "a" "b \\"c" "\+lr"$/);
      await peer.answer(/^DELETEACL "a" "ann"$/);
    });
    const [a, b] = await Promise.all([connection.run(getAcl("a")), connection.run(getAcl("b"))]);
    assert.equal(letters(a.entries.get("ann")), "w");
    assert.equal(letters(b.entries.get("ann")), "lr");
    assert.equal(letters(await connection.run(myRights("inbox"))), "lrs");
    const { required, optional } = await connection.run(listRights("a", "ann"));
    assert.deepEqual([letters(required), optional.map(letters)], ["l", ["r", "s"]]);
    await connection.run(setAcl("a", 'b "c', "add", ["l", "r"]));
    await connection.run(deleteAcl("a", "ann"));
  });

  it("count against quotas", async () => {
    const { connection } = await session("QUOTA QUOTASET QUOTA=RES-STORAGE", async (peer) => {
      await peer.answer(
        /^GETQUOTAROOT "INBOX"$/,
        '* QUOTAROOT INBOX "" "second"',
        '* QUOTA "" (STORAGE 10 512)',
      );
      await peer.answer(/^GETQUOTA ""$/, '* QUOTA "" (STORAGE 11 512)');
      await peer.answer(/^SETQUOTA "" \(STORAGE 600 MESSAGE 5\)$/, '* QUOTA "" (STORAGE 11 600)');
    });
    assert.deepEqual(await connection.run(getQuotaRoot("INBOX")), [
      { root: "second", resources: [] },
      { root: "", resources: [{ name: "STORAGE", usage: 10, limit: 512 }] },
    ]);
    assert.equal((await connection.run(getQuota(""))).resources[0]?.usage, 11);
    const wanted = new Map([
      ["STORAGE", 600],
      ["MESSAGE", 5],
    ]);
    assert.equal((await connection.run(setQuota("", wanted))).resources[0]?.limit, 600);
    const { connection: fixed } = await session("QUOTA QUOTA=RES-STORAGE", () => Promise.resolve());
    await assert.rejects(fixed.run(setQuota("", wanted)), unsupported);
    const { connection: old } = await session("QUOTA", (peer) => peer.answer(/^SETQUOTA "x" \(STORAGE 1\)$/));
    await old.run(setQuota("x", new Map([["STORAGE", 1]])));
  });

  it("carry annotations", async () => {
    const { connection } = await session("METADATA LITERAL+", async (peer) => {
      const tag = await peer.command(
        /^GETMETADATA \(MAXSIZE 1024 DEPTH infinity\) "box" \("\/private" "\/shared\/comment"\)$/,
      );
      peer.send('* METADATA box ("/private/a" "1")', '* METADATA "box" ("/shared/comment" NIL)');
      peer.send(`${tag} OK [METADATA LONGENTRIES 2199] done`);
      await peer.command(/^SETMETADATA "box" \("\/private\/a" \{3\+\}$/);
      await peer.expect(/^\xe2\x82\xac "\/private\/b" NIL\)$/);
      peer.send(`${/\S+/.exec(peer.seen.split("\r\n").at(-3) ?? "")?.[0]} NO [METADATA TOOMANY] no`);
    });
    const options = { maxSize: 1024, depth: "infinity" } as const;
    const { entries, longest } = await connection.run(
      getMetadata("box", ["/private", "/shared/comment"], options),
    );
    assert.deepEqual([entries.get("/private/a")?.toString(), entries.get("/shared/comment")], ["1", null]);
    assert.equal(longest, 2199);
    const change = new Map([
      ["/private/a", "€"],
      ["/private/b", null],
    ]);
    await assert.rejects(
      connection.run(setMetadata("box", change)),
      (error) => error instanceof ImapError && error.code === "NO" && error.responseCode === "METADATA",
    );
    for (const name of ["/private/*", "private", "/private//x", "/private/", "/private/ä"])
      await assert.rejects(connection.run(getMetadata("", [name])), /no name of an annotation/);
    const { connection: own } = await session("METADATA-SERVER", (peer) =>
      peer.answer(/^GETMETADATA \(MAXSIZE 65536\) "" \("\/shared\/admin"\)$/),
    );
    await assert.rejects(own.run(getMetadata("box", ["/private/a"])), unsupported);
    assert.equal((await own.run(getMetadata("", ["/shared/admin"]))).entries.size, 0);
  });

  it("keep their rights, quotas and annotations from a server that knows none", async () => {
    const { connection, server } = await session("", () => Promise.resolve());
    const commands = [
      getAcl("a"),
      myRights("a"),
      listRights("a", "b"),
      setAcl("a", "b", "replace", "lr"),
      deleteAcl("a", "b"),
      getQuota(""),
      getQuotaRoot("a"),
      setQuota("", new Map()),
      getMetadata("a", ["/private/a"]),
      setMetadata("a", new Map()),
    ];
    for (const command of commands) await assert.rejects(connection.run(command), unsupported, command.name);
    assert.equal(server.seen, "");
  });
});
