// The tree of mailboxes, and what is told about each.
import assert from "node:assert/strict";
import {
  create,
  deleteAcl,
  getAcl,
  getMetadata,
  getQuota,
  getQuotaRoot,
  list,
  listRights,
  myRights,
  namespace,
  rename,
  setAcl,
  setMetadata,
  setQuota,
  status,
  subscribe,
} from "../../../src/imap/index.ts";
import { type Row, row, Untried } from "../row.ts";

export const mailboxRows: readonly Row[] = [
  row("NAMESPACE", ["NAMESPACE"], /^NAMESPACE/, async (site) => {
    const { personal } = await site.connection.run(namespace());
    assert.equal(personal.length, 1);
    assert.ok(personal[0]?.delimiter);
  }),
  row("LIST", [], /^LIST/, async (site) => {
    const path = await site.mailbox(0);
    const found = await site.connection.run(list("", "*"));
    assert.ok(found.some((one) => one.path === path));
  }),
  row("SUBSCRIBE", [], /^SUBSCRIBE/, async (site) => {
    const path = await site.mailbox(0);
    await site.connection.run(subscribe(path));
    const found = await site.connection.run(list("", "*", { subscribedOnly: true }));
    assert.ok(found.some((one) => one.path === path));
  }),
  row("CHILDREN", ["CHILDREN", "LIST-EXTENDED"], /^LIST/, async (site) => {
    const path = await site.mailbox(0);
    const [parent] = await site.connection.run(list("", path));
    await site.connection.run(create(`${path}${parent?.delimiter}Child`));
    const found = await site.connection.run(list("", `${path}*`));
    const attributes = (name: string) => found.find((one) => one.path === name)?.attributes;
    assert.ok(attributes(path)?.has("\\haschildren"));
    assert.ok(attributes(`${path}${parent?.delimiter}Child`)?.has("\\hasnochildren"));
  }),
  row("LIST-EXTENDED", ["LIST-EXTENDED"], /^LIST \(SUBSCRIBED/, async (site) => {
    const path = await site.mailbox(0);
    await site.connection.run(subscribe(path));
    const [found] = await site.connection.run(list("", path, { subscribedOnly: true }));
    assert.ok(found?.attributes.has("\\subscribed"));
  }),
  row("LIST-STATUS", ["LIST-STATUS"], /^LIST .*RETURN \(.*STATUS \(/, async (site) => {
    const path = await site.mailbox(2);
    const [found] = await site.connection.run(list("", path, { statusItems: ["messages", "uidNext"] }));
    assert.equal(found?.status?.messages, 2);
  }),
  row("SPECIAL-USE", ["SPECIAL-USE"], /^LIST .*RETURN \(.*SPECIAL-USE/, async (site) => {
    const found = await site.connection.run(list("", "*", { specialUse: true }));
    for (const use of ["drafts", "sent", "trash", "archive", "junk"])
      assert.ok(
        found.some((one) => one.attributes.has(`\\${use}`)),
        use,
      );
  }),
  row("STATUS=SIZE", ["STATUS=SIZE"], /^STATUS .*SIZE/, async (site) => {
    const { size } = await site.connection.run(status(await site.mailbox(2), ["size"]));
    assert.ok((size ?? 0) > 200);
  }),
  row("STATUS=DELETED", ["QUOTA=RES-MESSAGE"], /^STATUS .*DELETED/, async (site) => {
    const { deleted } = await site.connection.run(status(await site.mailbox(2), ["deleted"]));
    assert.equal(deleted, 0);
  }),
  row("APPENDLIMIT=n", ["APPENDLIMIT="], null, async ({ connection }) => {
    assert.ok(Number(connection.capabilities.values("APPENDLIMIT")[0]) > 0);
  }),
  row("APPENDLIMIT", ["APPENDLIMIT"], /^STATUS .*APPENDLIMIT/, async (site) => {
    const { appendLimit } = await site.connection.run(status("INBOX", ["appendLimit"]));
    assert.notEqual(appendLimit, undefined);
  }),
  row("OBJECTID: MAILBOXID", ["OBJECTID"], /^STATUS .*MAILBOXID/, async (site) => {
    const path = `${await site.mailbox(1)}-old`;
    const { mailboxId: made } = await site.connection.run(create(path));
    await site.connection.run(rename(path, `${path}-renamed`));
    const { mailboxId } = await site.connection.run(status(`${path}-renamed`, ["mailboxId"]));
    assert.ok(mailboxId);
    assert.equal(mailboxId, made, "it keeps its id when it is renamed");
  }),
  row("CREATE-SPECIAL-USE", ["CREATE-SPECIAL-USE"], /^CREATE .* \(USE \(\\Important\)\)/i, async (site) => {
    const path = `${await site.mailbox(0)}-use`;
    await site.connection.run(create(path, { specialUse: ["\\Important"] }));
    const [found] = await site.connection.run(list("", path, { specialUse: true }));
    assert.ok(found?.attributes.has("\\important"));
  }),
  row("LIST-MYRIGHTS", ["LIST-MYRIGHTS"], /^LIST .*RETURN \(.*MYRIGHTS/, async (site) => {
    const path = await site.mailbox(0);
    const [found] = await site.connection.run(list("", path, { myRights: true }));
    assert.ok(found?.rights?.has("r"));
  }),
  row("ACL: MYRIGHTS", ["ACL"], /^MYRIGHTS/, async (site) => {
    const rights = await site.connection.run(myRights(await site.mailbox(0)));
    assert.ok(rights.has("r") && rights.has("a"));
  }),
  row("ACL: SETACL, GETACL, LISTRIGHTS, DELETEACL", ["ACL"], /^SETACL/, async (site) => {
    const path = await site.mailbox(0);
    const { connection } = site;
    await connection.run(setAcl(path, site.other ?? "anyone", "replace", "lr"));
    const who = site.other ?? "anyone";
    const entry = (await connection.run(getAcl(path))).entries.get(who);
    assert.deepEqual([...(entry ?? [])].sort(), ["l", "r"]);
    assert.equal((await connection.run(listRights(path, who))).path, path);
    await connection.run(deleteAcl(path, who));
    assert.equal((await connection.run(getAcl(path))).entries.has(who), false);
  }),
  row("ACL: another's mailbox is listed", ["ACL"], /^SETACL/, async (site) => {
    if (!site.other) throw new Untried("there is nobody else on this server");
    const path = await site.mailbox(1);
    await site.connection.run(setAcl(path, site.other, "add", "lr"));
    const theirs = await site.open({ user: site.other });
    const { other, shared } = await theirs.run(namespace());
    const places = [...other, ...shared].map(({ prefix }) => `${prefix}*`);
    const found = await Promise.all(places.map((pattern) => theirs.run(list("", pattern))));
    assert.ok(found.flat().some((one) => one.path.endsWith(path)));
  }),
  row("QUOTA", ["QUOTA"], /^GETQUOTAROOT/, async (site) => {
    const roots = await site.connection.run(getQuotaRoot("INBOX"));
    for (const { resources } of roots) for (const { limit } of resources) assert.ok(limit > 0);
    assert.ok(roots.some(({ resources }) => resources.length > 0));
  }),
  row("QUOTA: SETQUOTA", ["QUOTASET", "X-QUOTA=STORAGE"], /^SETQUOTA/, async (site) => {
    if (!site.admin) throw new Untried("nobody here may set quotas");
    const path = await site.mailbox(0);
    const admin = await site.open({ user: site.admin });
    const found = await admin.run(list("", `*/${path}`));
    const root = found[0]?.path ?? path;
    await admin.run(setQuota(root, new Map([["STORAGE", 4321]])));
    const { resources } = await admin.run(getQuota(root));
    assert.equal(resources.find(({ name }) => name === "STORAGE")?.limit, 4321);
  }),
  row("METADATA", ["METADATA"], /^SETMETADATA/, async (site) => {
    const path = await site.mailbox(0);
    const entry = "/private/comment";
    await site.connection.run(setMetadata(path, new Map([[entry, "a note"]])));
    const { entries } = await site.connection.run(getMetadata(path, [entry]));
    assert.equal(entries.get(entry)?.toString(), "a note");
    await site.connection.run(setMetadata(path, new Map([[entry, null]])));
    const after = await site.connection.run(getMetadata(path, [entry]));
    assert.equal(after.entries.get(entry) ?? null, null);
  }),
  row("LIST-METADATA", ["LIST-METADATA"], /^LIST .*RETURN \(.*METADATA/, async (site) => {
    const path = await site.mailbox(0);
    await site.connection.run(setMetadata(path, new Map([["/private/comment", "a note"]])));
    const [found] = await site.connection.run(list("", path, { metadata: ["/private/comment"] }));
    assert.equal(found?.metadata?.get("/private/comment")?.toString(), "a note");
  }),
];
