// Getting in, and what the connection itself can do.
import assert from "node:assert/strict";
import {
  append,
  create,
  enable,
  encodeMailboxName,
  type FolderEvent,
  ImapError,
  list,
  type MailboxEvent,
  type MechanismName,
  noop,
  notify,
  Secret,
  select,
  store,
  unauthenticate,
  unselect,
} from "../../../src/imap/index.ts";
import { sampleMessage } from "../../servers/messages.ts";
import { type Row, row, unchecked } from "../row.ts";

/** Logs in by one mechanism alone, over TLS where it is bound to it or shows a secret. */
const mechanism = (name: MechanismName): Row =>
  row(`AUTH=${name}`, [`AUTH=${name}`], new RegExp(`^AUTHENTICATE ${name}(?: |$)`), async (site) => {
    const security = /-PLUS$|^PLAIN$|^EXTERNAL$|OAUTH/.test(name) ? "tls" : "none";
    const connection = await site.open({ mechanism: name, security });
    assert.equal(connection.state, "authenticated");
  });

export const sessionRows: readonly Row[] = [
  row("implicit TLS", ["STARTTLS"], null, async (site) => {
    const connection = await site.open({ security: "tls" });
    assert.equal(connection.state, "authenticated");
  }),
  row("STARTTLS", ["STARTTLS"], /^(\S+ )?STARTTLS$/, async (site) => {
    const connection = await site.open({ security: "starttls" });
    assert.equal(connection.state, "authenticated");
    assert.ok(!connection.capabilities.has("STARTTLS"));
  }),
  row("a wrong password", ["STARTTLS"], /^(LOGIN|AUTHENTICATE)/, async (site) => {
    const connection = await site.open({ anonymous: true });
    await assert.rejects(
      connection.authenticate({ user: "user", secret: new Secret("wrong") }),
      (error) => error instanceof ImapError && error.code === "AUTH",
    );
    assert.equal(connection.state, "not-authenticated");
  }),
  row("LOGINDISABLED", ["LOGINDISABLED"], null, async (site) => {
    const connection = await site.open({ anonymous: true });
    assert.ok(connection.capabilities.has("LOGINDISABLED"));
    await assert.rejects(
      connection.authenticate({ user: "user", secret: new Secret("password"), mechanism: "LOGIN" }),
      (error) => error instanceof ImapError && error.code === "UNSUPPORTED",
    );
    assert.doesNotMatch(site.sent().join("\n"), /^LOGIN/m);
  }),
  mechanism("PLAIN"),
  row("AUTH=LOGIN, or LOGIN", ["AUTH=LOGIN"], /^(LOGIN|AUTHENTICATE LOGIN) ?/, async (site) => {
    await site.open({ mechanism: "LOGIN", security: "tls" });
  }),
  mechanism("CRAM-MD5"),
  mechanism("SCRAM-SHA-1"),
  mechanism("SCRAM-SHA-256"),
  mechanism("SCRAM-SHA-1-PLUS"),
  mechanism("SCRAM-SHA-256-PLUS"),
  mechanism("OAUTHBEARER"),
  mechanism("XOAUTH2"),
  mechanism("EXTERNAL"),
  row("UNAUTHENTICATE", ["UNAUTHENTICATE"], /^UNAUTHENTICATE$/, async (site) => {
    const connection = await site.open(site.admin ? { user: site.admin } : {});
    await connection.run(unauthenticate());
    assert.equal(connection.state, "not-authenticated");
    await connection.authenticate({ user: "user", secret: new Secret("password") });
    assert.equal(connection.state, "authenticated");
  }),
  row("SASL-IR", ["SASL-IR"], /^AUTHENTICATE PLAIN \S/, async (site) => {
    await site.open({ mechanism: "PLAIN", security: "tls" });
  }),
  row("ID", ["ID"], /^ID \("name" "postern"/i, async (site) => {
    await (await site.open()).run(noop());
  }),
  row("ENABLE", ["ENABLE"], /^ENABLE /, async (site) => {
    const connection = await site.open();
    const name = ["CONDSTORE", "UTF8=ACCEPT"].find((one) => connection.capabilities.has(one));
    assert.ok(name);
    await connection.run(enable([name]));
    assert.ok(connection.enabled(name));
  }),
  row("LITERAL+", ["LITERAL+"], /\{\d+\+\}/, async (site) => {
    const path = await site.mailbox(0);
    await site.connection.run(append(path, { source: sampleMessage() }));
    await site.connection.run(noop());
    assert.equal(site.connection.selected?.exists, 1);
  }),
  row("UNSELECT", ["UNSELECT"], /^UNSELECT/, async (site) => {
    const path = await site.mailbox(1);
    await site.connection.run(store([[1, 1]], { mode: "add", flags: ["\\Deleted"] }));
    await site.connection.run(unselect());
    assert.equal(site.connection.state, "authenticated");
    const { exists } = await site.connection.run(select(path));
    assert.equal(exists, 1, "nothing was expunged");
  }),
  row("UTF8=ACCEPT", ["UTF8=ACCEPT"], /^ENABLE .*UTF8=ACCEPT/, async (site) => {
    const path = await site.mailbox(0);
    const connection = await site.open();
    await connection.run(enable(["UTF8=ACCEPT"]));
    const name = `${path}-Żółw`;
    await connection.run(create(encodeMailboxName(name, true)));
    const found = await connection.run(list("", `${path}-*`));
    assert.deepEqual(
      found.map((one) => one.name),
      [name],
    );
  }),
  row("COMPRESS=DEFLATE", ["COMPRESS=DEFLATE"], /^COMPRESS DEFLATE/, async (site) => {
    const connection = await site.open();
    assert.equal(await connection.compress(), true);
    assert.ok((await connection.run(list("", "*"))).length > 0);
  }),
  row("IDLE", ["IDLE"], /^IDLE/, async (site) => {
    const path = await site.mailbox(1);
    const writer = await site.open();
    const told = new Promise<MailboxEvent>((resolve) => {
      const stop = site.connection.events.on("mailbox", (event) => {
        if (event.kind !== "exists") return;
        stop();
        resolve(event);
      });
    });
    const idle = site.connection.idle();
    await writer.run(append(path, { source: sampleMessage({ n: 2 }) }));
    assert.deepEqual(await told, { kind: "exists", exists: 2 });
    await idle.done();
  }),
  row("NOTIFY", ["NOTIFY"], /^NOTIFY SET/, async (site) => {
    const path = await site.mailbox(1);
    const watcher = await site.open();
    const news = new Promise<FolderEvent>((resolve) => {
      watcher.events.on("folders", (event) => {
        if (event.kind === "status" && event.path === path) resolve(event);
      });
    });
    const events = ["MessageNew", "MessageExpunge"] as const;
    await watcher.run(notify({ groups: [{ of: "personal", events }] }));
    await site.connection.run(append(path, { source: sampleMessage({ n: 2 }) }));
    const event = await news;
    assert.equal(event.kind === "status" ? event.status.messages : 0, 2);
  }),
  ...["IMAP4REV2", "LITERAL-", "INPROGRESS", "JMAPACCESS"].map((name) => unchecked(name)),
];
