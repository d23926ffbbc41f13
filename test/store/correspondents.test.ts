// Whom one wrote to and who wrote: each message counted once, found by beginnings of words, the likeliest first.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Correspondents, GatherFacts } from "../../src/store/correspondents.ts";
import type { Store, StoredMessageInput, StoredPerson } from "../../src/store/index.ts";
import { mailboxIn, message, messages, scratch, storeIn } from "./sample.ts";

const day = 86_400_000;
const now = Date.UTC(2026, 6, 1);
const person = (email: string, name = ""): StoredPerson => ({ name, email });
const me = person("me@example.org");

/** Facts for a store in which one mailbox may be for what was sent, and one for junk. */
const facts = (sent = 0, junk = 0): GatherFacts => ({
  use: (id) => (id === sent ? "sent" : id === junk ? "passed over" : "other"),
  isOwn: (email) => email === me.email,
});

function gather({ correspondents }: Store, how = facts()): number {
  let steps = 1;
  while (correspondents.gather(how)) steps++;
  return steps;
}

const found = (correspondents: Correspondents, query: string, limit = 50) =>
  correspondents.find(query, limit, now).map(({ email }) => email);

let uid = 0;
function mail(
  from: StoredPerson,
  to: readonly StoredPerson[],
  daysAgo: number,
  cc: readonly StoredPerson[] = [],
) {
  const over: Partial<StoredMessageInput> = { from: [from], to, cc, internalDate: now - daysAgo * day };
  return message(++uid, over);
}

test("each message is counted once, however often and by whom it is asked for", (t) => {
  const directory = scratch(t);
  const store = storeIn(t, directory);
  const { id } = mailboxIn(store);
  store.messages.put(id, messages(1_000));
  assert.ok(gather(store) > 1);
  assert.equal(gather(store), 1);
  const other = storeIn(t, directory);
  assert.equal(other.correspondents.gather(facts()), false);
  const [first] = other.correspondents.find("ada1@", 1, now);
  assert.deepEqual(
    [first?.email, first?.name, first?.wrote, first?.written],
    ["ada1@example.org", "Ada 1", 100, 0],
  );
  // The newest go, and others come: their rows are not taken for those that were there.
  store.messages.remove(id, [999, 1_000]);
  store.messages.put(id, [message(1_001, { from: [person("new@example.org")] })]);
  gather(store);
  assert.deepEqual(found(store.correspondents, "new@"), ["new@example.org"]);
});

test("whom one wrote to comes before who wrote, lately and often before long ago, machines last", (t) => {
  const store = storeIn(t, scratch(t));
  const { id } = mailboxIn(store);
  const sent = mailboxIn(store, "Sent").id;
  const junk = mailboxIn(store, "Junk").id;
  const at = (name: string) => person(`${name}@anna.example`);
  store.messages.put(id, [
    ...Array.from({ length: 9 }, () => mail(at("no-reply"), [me], 1)),
    mail(at("wrote"), [me], 1),
    mail(at("wrote-long-ago"), [me], 700),
    mail(me, [at("written")], 3),
    mail(me, [at("written-long-ago"), at("written-lately")], 700, [at("copied")]),
  ]);
  store.messages.put(sent, [
    mail(person("alias@elsewhere.example"), [at("written-lately")], 1),
    mail(me, [at("support+noreply")], 2_000),
  ]);
  store.messages.put(junk, [mail(at("spam"), [me], 1)]);
  gather(store, facts(sent, junk));
  assert.deepEqual(
    found(store.correspondents, "anna"),
    [
      ...["written-lately", "written", "copied", "written-long-ago", "support+noreply"],
      ...["wrote", "wrote-long-ago", "no-reply"],
    ].map((name) => `${name}@anna.example`),
  );
  assert.equal(store.correspondents.hasWritten("Written@ANNA.example"), true);
  assert.equal(store.correspondents.hasWritten("wrote@anna.example"), false);
  assert.equal(store.correspondents.sent, 4);
});

test("all words of a query begin words of the name or the address", (t) => {
  const store = storeIn(t, scratch(t));
  const { id } = mailboxIn(store);
  store.messages.put(
    id,
    [
      person("j.mueller@post.uni-x.example", "Müller, Jörg"),
      person("taro@example.jp", "山田太郎"),
      person("dunne@example.ie", "Anne O'Neill-Smith"),
    ].map((from) => mail(from, [me], 1)),
  );
  gather(store);
  for (const [query, emails] of [
    ["jorg mull", ["j.mueller@post.uni-x.example"]],
    ["MÜLLER", ["j.mueller@post.uni-x.example"]],
    ["mueller", ["j.mueller@post.uni-x.example"]],
    ["j.mueller@post.u", ["j.mueller@post.uni-x.example"]],
    ["uni-x", ["j.mueller@post.uni-x.example"]],
    ["uller", []],
    ["jorg smith", []],
    ["太郎", ["taro@example.jp"]],
    ["山田", ["taro@example.jp"]],
    ["smith", ["dunne@example.ie"]],
    ["o'nei", ["dunne@example.ie"]],
    ["%", []],
    ["' OR 1", []],
  ] as const)
    assert.deepEqual(found(store.correspondents, query), emails, query);
  assert.equal(found(store.correspondents, " , ").length, 3);
  assert.equal(found(store.correspondents, "example", 2).length, 2);
  assert.equal(found(store.correspondents, "x ".repeat(5_000)).length, 0);
});

test("people are called as they call themselves, lately, and the same in any case", (t) => {
  const store = storeIn(t, scratch(t));
  const { id } = mailboxIn(store);
  store.messages.put(id, [
    mail(person("Ada@Example.org", "Ada King"), [me], 9),
    mail(person("ada@example.org", "Ada Lovelace"), [me], 5),
    mail(me, [person("ada@example.org", "the boss")], 1),
    mail(person("ada@example.org"), [me], 1),
    mail(me, [person("bob@example.org", "Bob")], 1),
  ]);
  gather(store);
  const [ada, ...others] = store.correspondents.find("ada", 9, now);
  assert.deepEqual([ada?.name, ada?.wrote, ada?.written, others.length], ["Ada Lovelace", 3, 1, 0]);
  assert.equal(store.correspondents.find("bob", 9, now)[0]?.name, "Bob");
});

test("what is no address, and what steers a terminal, is not kept", (t) => {
  const store = storeIn(t, scratch(t));
  const { id } = mailboxIn(store);
  const bad = [
    "",
    "nobody",
    "a b@x.example",
    "a@b@x.example",
    `${"a".repeat(300)}@x.example`,
    "a\u202e@x.example",
  ];
  store.messages.put(id, [
    ...bad.map((email) => mail(person(email, "Bad"), [me], 1)),
    mail(person("good@x.example", `Good\u001b[2J\n\u202e${"x".repeat(500)}`), [me], 1),
  ]);
  gather(store);
  const all = store.correspondents.find("", 50, now);
  assert.deepEqual(
    all.map(({ email, name }) => [email, /\p{C}/u.test(name), name.length <= 100]),
    [["good@x.example", false, true]],
  );
});
