// Extensions on servers that offer them: what is sent is understood, and what comes back is what the RFC means by it.
import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import {
  append,
  type Connection,
  cancelUpdate,
  connect,
  create,
  deleteAcl,
  type FetchedMessage,
  type FolderEvent,
  fetch,
  getAcl,
  getMetadata,
  getQuota,
  getQuotaRoot,
  listMailboxes,
  listRights,
  myRights,
  namespace,
  noop,
  type SearchUpdate,
  Secret,
  savedSearch,
  select,
  setAcl,
  setMetadata,
  setQuota,
  status,
  store,
  subscribe,
  uidSearch,
  uidSort,
  uidThread,
} from "../../src/imap/index.ts";
import { startCyrus } from "../servers/cyrus.ts";
import { serverMissing } from "../servers/daemon.ts";
import { startDovecot } from "../servers/dovecot.ts";

interface Server {
  readonly tlsPort: number;
  readonly ca: string;
  readonly user: string;
  readonly password: string;
  /** Who may set quotas, with the same password. */
  readonly admin?: string;
  stop(): Promise<void>;
}

const dovecotPlugins = `
mail_plugins = $mail_plugins acl quota
protocol imap {
  mail_plugins = $mail_plugins imap_acl imap_quota
}
imap_metadata = yes
mail_attribute_dict = file:%h/attributes
plugin {
  acl = vfile
  acl_anyone = allow
  quota = maildir:User quota
  quota_rule = *:storage=10M
}
`;

const letters = (rights: ReadonlySet<string> | undefined) => [...(rights ?? [])].sort().join("");

function mail(subject: string, minute: number, more: Record<string, string> = {}): Buffer {
  const fields = {
    From: "Ann <ann@example.org>",
    To: "bob@example.org",
    Subject: subject,
    Date: `Mon, 2 Jan 2023 10:${String(minute).padStart(2, "0")}:00 +0000`,
    "Message-ID": `<${minute}@example.org>`,
    ...more,
  };
  const header = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${header.join("")}\r\nHello.\r\n`);
}

/** The tests for one server; those of an extension it does not offer say so and skip. */
function extensions(start: () => Promise<Server>): void {
  let server: Server;
  let connection: Connection;

  const open = async (user = server.user) => {
    const dialled = await connect({
      host: "localhost",
      port: server.tlsPort,
      security: "tls",
      ca: server.ca,
    });
    await dialled.authenticate({
      user,
      secret: new Secret(server.password),
      mechanism: "PLAIN",
    });
    return dialled;
  };

  before(async () => {
    server = await start();
    connection = await open();
    await connection.run(create("Talk"));
    const answers = { "In-Reply-To": "<3@example.org>", References: "<3@example.org>" };
    const messages = [
      mail("carrots", 3),
      mail("apples", 1, { From: "Zoe <zoe@example.org>", To: "Carl <bob@example.org>" }),
      mail("Re: carrots", 4, answers),
      mail("bananas", 2, { From: "Bea <x@example.org>" }),
      mail("Re: carrots", 5, answers),
    ];
    const day = Date.UTC(2023, 0, 3);
    for (const [i, source] of messages.entries())
      await connection.run(append("Talk", { source, internalDate: i === 4 ? Date.now() : day + i * 1000 }));
    await connection.run(select("Talk", { condstore: true }));
  });
  after(async () => {
    await connection.logout();
    await server.stop();
  });

  /** Whether all are offered; the test is skipped where not. */
  const offered = (t: TestContext, ...names: readonly string[]): boolean => {
    const lacking = names.filter((name) => !connection.capabilities.has(name));
    if (lacking.length > 0) t.skip(`${lacking.join(", ")} not offered`);
    return lacking.length === 0;
  };

  it("sorts", async (t) => {
    if (!offered(t, "SORT")) return;
    const all = { all: true } as const;
    const by = async (...keys: Parameters<typeof uidSort>[1]) =>
      (await connection.run(uidSort(all, keys))).uids.join(" ");
    assert.equal(await by({ by: "date" }), "2 4 1 3 5");
    assert.equal(await by({ by: "subject" }, { by: "date", reverse: true }), "2 4 5 3 1");
    assert.equal(await by({ by: "arrival", reverse: true }), "5 4 3 2 1");
    assert.equal(
      await by({ by: "from" }, { by: "size" }, { by: "to" }, { by: "cc" }).then((x) => x.length),
      9,
    );
    const some = await connection.run(uidSort({ subject: "carrots" }, [{ by: "date", reverse: true }]));
    assert.deepEqual([some.uids, some.count], [[5, 3, 1], 3]);
    const part = await connection.run(uidSort(all, [{ by: "date" }], { partial: [-1, -2] }));
    assert.deepEqual(part.uids, [3, 5]);
    if (!offered(t, "SORT=DISPLAY")) return;
    assert.equal(await by({ by: "displayFrom" }, { by: "date" }), "1 3 5 4 2");
    assert.equal(await by({ by: "displayTo", reverse: true }, { by: "date" }), "2 4 1 3 5");
  });

  it("puts messages into threads", async (t) => {
    if (!offered(t, "THREAD=REFERENCES", "THREAD=ORDEREDSUBJECT", "THREAD=REFS")) return;
    for (const algorithm of ["REFERENCES", "REFS", "ORDEREDSUBJECT"] as const) {
      const { uids, depths } = await connection.run(uidThread({ all: true }, [algorithm]));
      assert.deepEqual([...uids].sort(), [1, 2, 3, 4, 5], algorithm);
      const at = uids.indexOf(1);
      assert.deepEqual(uids.slice(at, at + 3), [1, 3, 5], algorithm);
      assert.deepEqual(depths.slice(at, at + 3), [0, 1, 1], algorithm);
      assert.deepEqual([depths[uids.indexOf(2)], depths[uids.indexOf(4)]], [0, 0]);
    }
  });

  it("tells of a search just what is wanted", async (t) => {
    if (!offered(t, "ESEARCH")) return;
    const carrots = { subject: "carrots" };
    const { uids, min, max, count } = await connection.run(
      uidSearch(carrots, { tell: ["min", "max", "count"] }),
    );
    assert.deepEqual([uids, min, max, count], [[], 1, 5, 3]);
    const page = await connection.run(uidSearch(carrots, { tell: ["count"], partial: [2, 3] }));
    assert.deepEqual(
      [page.uids, page.count],
      [
        [
          [3, 3],
          [5, 5],
        ],
        3,
      ],
    );
    const last = await connection.run(uidSearch(carrots, { partial: [-1, -1] }));
    assert.deepEqual(last.uids, [[5, 5]]);
    const none = await connection.run(uidSearch({ subject: "nothing" }, { tell: ["min", "all", "count"] }));
    assert.deepEqual([none.uids, none.min, none.count], [[], null, 0]);
  });

  it("keeps what a search found", async (t) => {
    if (!offered(t, "SEARCHRES")) return;
    const found: number[] = [];
    const [, , again] = await Promise.all([
      connection.run(uidSearch({ subject: "carrots" }, { tell: [], save: true })),
      connection.run(fetch(savedSearch, { size: true }, { onMessage: (m) => found.push(m.uid ?? 0) })),
      connection.run(uidSearch({ and: [{ saved: true }, { not: { uid: [[3, 3]] } }] })),
      connection.run(store(savedSearch, { mode: "add", flags: ["$Orange"], silent: true })),
    ]);
    assert.deepEqual(found, [1, 3, 5]);
    assert.deepEqual(again.uids, [
      [1, 1],
      [5, 5],
    ]);
    const orange = await connection.run(uidSearch({ flag: "$Orange" }));
    assert.equal(orange.count, 3);
  });

  it("searches by age and by the day of saving", async (t) => {
    const now = Date.now();
    const hits = async (key: Parameters<typeof uidSearch>[0]) => (await connection.run(uidSearch(key))).count;
    if (offered(t, "WITHIN"))
      assert.deepEqual([await hits({ younger: 3600 }), await hits({ older: 3600 })], [1, 4]);
    const day = 86_400_000;
    if (offered(t, "SAVEDATE")) {
      assert.equal(await hits({ savedSince: now - day }), 5);
      assert.equal(await hits({ savedBefore: now - day }), 0);
      assert.ok((await hits({ or: [{ savedOn: now }, { savedOn: now - day }] })) !== null);
    }
    if (offered(t, "CONDSTORE")) assert.equal(await hits({ modSeq: 1n }), 5);
    if (offered(t, "SEARCH=FUZZY")) assert.ok((await hits({ fuzzy: { subject: "carrots" } })) !== null);
  });

  it("finds a message by its id", async (t) => {
    if (!offered(t, "OBJECTID")) return;
    const messages: FetchedMessage[] = [];
    const query = { emailId: true, threadId: true };
    await connection.run(fetch([[1, 1]], query, { onMessage: (m) => messages.push(m) }));
    const emailId = messages[0]?.emailId ?? assert.fail("no EMAILID");
    assert.deepEqual((await connection.run(uidSearch({ emailId }))).uids, [[1, 1]]);
    const threadId = messages[0]?.threadId;
    if (threadId)
      assert.deepEqual((await connection.run(uidSearch({ threadId }))).uids, [
        [1, 1],
        [3, 3],
        [5, 5],
      ]);
    const { mailboxId } = await connection.run(create("Identified"));
    assert.ok(mailboxId);
    assert.equal((await connection.run(status("Identified", ["mailboxId"]))).mailboxId, mailboxId);
  });

  it("keeps a search up to date", async (t) => {
    if (!offered(t, "CONTEXT=SEARCH")) return;
    const updates: SearchUpdate[] = [];
    const stop = connection.events.on("search", (update) => updates.push(update));
    const other = await open();
    await other.run(select("Talk"));
    const { context, uids } = await connection.run(uidSearch({ flag: "\\Flagged" }, { update: true }));
    assert.ok(context);
    assert.deepEqual(uids, []);
    await other.run(store([[2, 3]], { mode: "add", flags: ["\\Flagged"] }));
    await connection.run(noop());
    await other.run(store([[3, 3]], { mode: "remove", flags: ["\\Flagged"] }));
    await connection.run(noop());
    assert.deepEqual(
      updates.map((u) => [u.context, u.kind, u.uids]),
      [
        [context, "add", [[2, 3]]],
        [context, "remove", [[3, 3]]],
      ],
    );
    await connection.run(cancelUpdate([context]));
    await other.run(store([[2, 2]], { mode: "remove", flags: ["\\Flagged"] }));
    await connection.run(noop());
    assert.equal(updates.length, 2);
    stop();
    await other.logout();
  });

  it("lists mailboxes with all there is to know of them", async (t) => {
    if (!offered(t, "LIST-EXTENDED", "LIST-STATUS")) return;
    await connection.run(create("Above/Below"));
    await connection.run(subscribe("Above/Below"));
    const boxes = await listMailboxes(connection, "", ["*"], {
      specialUse: true,
      statusItems: ["messages", "uidNext", "size", "highestModSeq", "mailboxId"],
      myRights: true,
      metadata: ["/private/comment"],
    });
    const byPath = new Map(boxes.map((box) => [box.path, box]));
    const talk = byPath.get("Talk");
    assert.deepEqual([talk?.status?.messages, talk?.status?.uidNext], [5, 6]);
    assert.ok(byPath.get("Drafts")?.attributes.has("\\drafts"));
    assert.ok(byPath.get("Above/Below")?.attributes.has("\\subscribed"));
    assert.ok(byPath.get("Above")?.attributes.has("\\haschildren"));
    if (connection.capabilities.has("STATUS=SIZE")) assert.ok((talk?.status?.size ?? 0) > 500);
    if (connection.capabilities.has("LIST-MYRIGHTS")) assert.ok(talk?.rights?.has("l"));
    if (connection.capabilities.has("LIST-METADATA")) assert.ok(talk?.metadata?.has("/private/comment"));
    const above = await listMailboxes(connection, "", "%", { subscribedOnly: true, recursiveMatch: true });
    const parent = above.find((box) => box.path === "Above");
    assert.deepEqual(parent?.childInfo, ["subscribed"]);
    const uses = await listMailboxes(connection, "", "*", { specialUseOnly: true });
    assert.ok(uses.some((box) => box.path === "Sent") && !uses.some((box) => box.path === "Talk"));
  });

  it("makes a mailbox for a use", async (t) => {
    if (!offered(t, "CREATE-SPECIAL-USE")) return;
    await connection.run(create("Later", { specialUse: ["\\Important"] })).catch(() => {});
    await connection.run(create("Rubbish", { specialUse: ["\\Junk"] })).catch(() => {});
    const uses = await listMailboxes(connection, "", "*", { specialUse: true });
    assert.ok(uses.some((box) => ["Later", "Rubbish"].includes(box.path) && box.attributes.size > 1));
  });

  it("tells and changes rights", async (t) => {
    if (!offered(t, "ACL")) return;
    const mine = await connection.run(myRights("Talk"));
    for (const right of "lrswipa") assert.ok(mine.has(right), right);
    await connection.run(setAcl("Talk", "anyone", "replace", "lrs"));
    await connection.run(setAcl("Talk", "anyone", "remove", "s"));
    const { entries } = await connection.run(getAcl("Talk"));
    assert.equal(letters(entries.get("anyone")), "lr");
    const { required, optional } = await connection.run(listRights("Talk", "anyone"));
    const possible = new Set([...required, ...optional.flatMap((group) => [...group])]);
    for (const right of "lrsw") assert.ok(possible.has(right), right);
    await connection.run(deleteAcl("Talk", "anyone"));
    assert.ok(!(await connection.run(getAcl("Talk"))).entries.has("anyone"));
  });

  it("tells quotas, and takes no change from one who may not", async (t) => {
    if (!offered(t, "QUOTA")) return;
    const [quota] = await connection.run(getQuotaRoot("INBOX"));
    const storage = quota?.resources.find((r) => r.name === "STORAGE");
    assert.ok(quota && storage && storage.limit >= 10_000);
    await assert.rejects(connection.run(setQuota(quota.root, new Map([["STORAGE", 1]]))));
    if (server.admin === undefined) {
      assert.deepEqual(await connection.run(getQuota(quota.root)), quota);
      return;
    }
    const admin = await open(server.admin);
    const root = `user/${server.user}`;
    const set = await admin.run(setQuota(root, new Map([["STORAGE", 50_000]])));
    const limits = async () =>
      (await admin.run(getQuota(root))).resources.map(({ name, limit }) => [name, limit]);
    assert.deepEqual(await limits(), [["STORAGE", 50_000]]);
    assert.equal(set.root, root);
    await admin.logout();
  });

  it("keeps annotations of a mailbox and of the server", async (t) => {
    if (!offered(t, "METADATA")) return;
    for (const path of ["Talk", ""]) {
      const comment = "/private/comment";
      await connection.run(setMetadata(path, new Map([[comment, 'för "you"\r\nand me']])));
      const { entries } = await connection.run(getMetadata(path, [comment]));
      assert.equal(entries.get(comment)?.toString(), 'för "you"\r\nand me');
      const { entries: short, longest } = await connection.run(getMetadata(path, [comment], { maxSize: 3 }));
      assert.ok(!short.get(comment));
      assert.ok(longest === null || longest >= 18);
      await connection.run(setMetadata(path, new Map([[comment, null]])));
      const { entries: gone } = await connection.run(getMetadata(path, [comment]));
      assert.ok(!gone.get(comment));
    }
  });

  it("tells no news that were asked for", async () => {
    const news: FolderEvent[] = [];
    const stop = connection.events.on("folders", (event) => news.push(event));
    await listMailboxes(connection, "", "*", { statusItems: ["messages"] });
    await connection.run(status("INBOX", ["messages"]));
    await connection.run(namespace());
    stop();
    assert.deepEqual(news, []);
  });
}

describe("extensions on Dovecot", { skip: serverMissing("dovecot") }, () => {
  extensions(() => startDovecot({ config: dovecotPlugins }));
});

describe("extensions on Cyrus", { skip: serverMissing("cyrus") }, () => {
  extensions(() => startCyrus());
});
