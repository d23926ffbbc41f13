// What the index finds off line is what a server finds on line, for the same mail; and on line both are put together.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Connection, connect, Secret, select, uidSearch, uidSet } from "../../src/imap/index.ts";
import { parseQuery } from "../../src/mail/query.ts";
import { otherTerms, textTerms } from "../../src/mail/query-terms.ts";
import { searchOffers, toSearchKey } from "../../src/mail/search-key.ts";
import { startCyrus } from "../servers/cyrus.ts";
import { type ServerName, serverMissing } from "../servers/daemon.ts";
import { startDovecot } from "../servers/dovecot.ts";
import { type AccountServer, type Client, type Clients, clientsOf } from "./fixture.ts";
import { searchMail } from "./search-samples.ts";

/** Queries for which the index must answer as a server does. */
const alike = [
  ..."engine body:engine body:ENGINE -body:engine text:engine text:ada text:keepers".split(" "),
  'body:"engine room"',
  'body:"lighthouse keeper"',
  ..."body:Leuchtturmwärter body:grüßt subject:grüße from:jörg from:JÖRG from:joerg@example.net".split(" "),
  ..."subject:маяк body:капитан body:КАПИТАН body:δελτα body:ΔΕΛΤΑ body:žeriav body:Ångström".split(" "),
  ..."body:灯台 body:機関室 body:火事です subject:灯台 subject:機関室 body:ポンプ body:蒸気".split(" "),
  ..."body:发动机 subject:报告 body:등대지기 body:기름 subject:보고서 body:灯塔".split(" "),
  ..."body:quarterly body:valve body:turbine body:invoice body:salvage body:déjà subject:menu".split(" "),
  'body:"100 €"',
  'subject:"two halves"',
  "body:turbine or body:valve",
  "body:engine -(subject:灯台 or body:gasket)",
  "(from:jörg or from:ada) body:engine",
  ..."header:List-Id=keepers header:List-Id= header:X-Priority=1 header:X-Nothing= header:Subject=engine".split(
    " ",
  ),
  ..."header:Message-ID=search.7 mid:search.4 mid:<search.5@example.org> bcc:carol cc:bob cc:carol to:user -to:user".split(
    " ",
  ),
  ..."larger:2k smaller:500 is:unread is:read is:flagged label:work after:2026-01-02 before:2026-01-02".split(
    " ",
  ),
  ..."on:2026-01-03 newer:1d older:1d".split(" "),
  "-(is:read or is:flagged)",
  "",
];

/** Queries for which it finds more, and why. */
const more: readonly (readonly [query: string, found: readonly number[], why: string])[] = [
  ['body:"keeper writes of storms"', [1], "words side by side, whatever line they stand in"],
  ['body:"hums a lighthouse"', [1], "… and whatever stop between them"],
  ["body:figures", [8], "words of HTML, whatever tags are in them"],
  ['body:"valve gasket"', [8], "… or between them"],
  ["body:cafe", [], "the accents of a word that is not there make no difference"],
  ["subject:cafe", [12], "accents aside"],
  ['like:"oil storms"', [1], "all of the words, anywhere"],
  ["file:rechnung", [10], "names of files"],
  ["has:attachment", [10, 11], "structures"],
  ["has:pdf", [10], "… and the names of files"],
  ["in:inbox filename:rechnung", [10], "what is in the folder that is named"],
  ["thread:16 body:noon", [15, 17], "answers, and what they answer"],
  ["thread:search.17@example.org -thread:99", [15, 16, 17], "… by the Message-ID of one of them"],
  ["thread:<search.15@example.org> or subject:menu", [12, 15, 16, 17], "… beside other terms"],
  ["thread:nobody@example.org", [], "no thread of a message that is not there"],
];

/** Terms of which neither can say anything: Gmail's. */
const elsewhere = ["raw"];

/** Queries for which a server finds more than the index, which has words and their beginnings. */
const less: readonly (readonly [query: string, onServer: readonly number[], why: string])[] = [
  ["body:ngine", [1, 4], "the middle of a word"],
  ["body:gasket</td>", [8], "tags"],
  ["text:pump", [8], "style sheets"],
];

test("every term of the language is among these queries", () => {
  const asked = [...alike, ...more.map(([query]) => query)].join(" ");
  for (const name of [...Object.keys(textTerms), ...Object.keys(otherTerms)])
    if (!elsewhere.includes(name)) assert.match(asked, new RegExp(`(^|[ (-])${name}:`), name);
});

const servers: readonly [ServerName, () => Promise<AccountServer>][] = [
  ["dovecot", () => startDovecot({ tls: "none" })],
  ["cyrus", () => startCyrus()],
];

for (const [name, start] of servers) {
  describe(`the same mail searched here and on ${name}`, { skip: serverMissing(name) }, () => {
    let clients: Clients;
    let bare: Connection;
    let off: Client;
    let on: Client;
    before(async () => {
      const server = await start();
      clients = clientsOf(server);
      const { mail, inbox } = await clients.client("filler");
      for (const source of searchMail) await mail.append(inbox, source, []);
      await mail.flag(inbox, [2, 3], "add", ["\\Seen"]);
      await mail.flag(inbox, [3, 4], "add", ["\\Flagged"]);
      await mail.flag(inbox, [5], "add", ["Work"]);
      bare = await connect({ host: "127.0.0.1", port: server.port, security: "none", insecure: true });
      await bare.authenticate({ user: server.user, secret: new Secret(server.password) });
      await bare.run(select("INBOX"));
      on = await clients.client("reader");
      await on.mail.sync(on.inbox);
      for (let uid = 1; uid <= searchMail.length; uid++) await on.mail.read(on.inbox, uid);
      off = await clients.client("reader", { offline: true });
    });
    after(async () => {
      bare?.destroy();
      await clients?.end();
    });

    async function onServer(query: string): Promise<number[]> {
      const key = toSearchKey(parseQuery(query, Date.now()), searchOffers(bare.capabilities), Date.now());
      return key ? [...uidSet.iterate((await bare.run(uidSearch(key))).uids)] : [];
    }

    // Cyrus finds nothing in bodies that are not ASCII, and compares ISO-2022-JP as it came.
    const knows = (query: string) =>
      name === "dovecot" || !/(?:body|text):\S*([^\x00-\x7f]|engine)|100 €/iu.test(query);

    test("off line the index answers as the server does, and leaves nothing open", async () => {
      for (const query of alike) {
        const { uids, notes } = await off.mail.find(off.inbox, query);
        if (knows(query)) assert.deepEqual(uids, await onServer(query), query);
        else assert.notEqual(uids.length, 0, query);
        assert.deepEqual(notes, [], query);
      }
    });

    test("on line the answer is the server's, with what the index can tell", async () => {
      for (const query of alike) {
        const { uids, notes } = await on.mail.find(on.inbox, query);
        const server = await onServer(query);
        if (knows(query)) assert.deepEqual(uids, server, query);
        else for (const uid of server) assert.ok(uids.includes(uid), `${query}: ${uid}`);
        assert.deepEqual(notes, [], query);
      }
    });

    for (const [query, found, why] of more) {
      test(`${query} finds ${why}`, async () => {
        assert.deepEqual((await off.mail.find(off.inbox, query)).uids, found, "off line");
        assert.deepEqual((await on.mail.find(on.inbox, query)).uids, found, "on line");
      });
    }

    for (const [query, found, why] of less) {
      test(`${query} is found by the server alone: ${why}`, async () => {
        const expected = await onServer(query);
        if (name === "dovecot") assert.deepEqual(expected, found);
        assert.deepEqual((await off.mail.find(off.inbox, query)).uids, [], "off line");
        assert.deepEqual((await on.mail.find(on.inbox, query)).uids, expected, "on line");
        // That the index does not find it makes its opposite no truer.
        const { uids } = await on.mail.find(on.inbox, `-${query}`);
        for (const uid of expected) assert.ok(!uids.includes(uid), `-${query}: ${uid}`);
      });
    }
  });
}
