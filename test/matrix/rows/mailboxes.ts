// The tree of mailboxes, and what is told about each.
import assert from "node:assert/strict";
import { create, list, namespace, status, subscribe } from "../../../src/imap/index.ts";
import { type Row, row } from "../row.ts";

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
];
