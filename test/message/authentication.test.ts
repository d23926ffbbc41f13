import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { describeAuthentication, readAuthentication } from "../../src/message/authentication.ts";
import { headerFields } from "../../src/message/mime.ts";

const read = (receivers: readonly string[], ...lines: string[]) =>
  readAuthentication(headerFields(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`)), receivers);

const received = "Received: from out.example.net (192.0.2.1) by mx1.example.org (x) with ESMTPS id 1";
const results = [
  'Authentication-Results: mx.example.org 1; spf=pass (ok; "(really)) smtp.mailfrom=ann@example.net;',
  ' dkim=pass header.d=example.net; dkim=fail reason="bad; body" header.i=@list.example.com;',
  " dmarc = pass (p=none) header.from=example.net; arc=none; x-odd",
];

test("results of the receiving host are read, comments and quotes passed over", () => {
  const found = read([], received, ...results);
  assert.deepEqual(found, {
    host: "mx.example.org",
    trusted: true,
    spf: { result: "pass", domain: "example.net", reason: "" },
    dkim: [
      { result: "pass", domain: "example.net", reason: "" },
      { result: "fail", domain: "list.example.com", reason: "bad; body" },
    ],
    dmarc: { result: "pass", domain: "example.net", reason: "" },
  });
  assert.deepEqual(found && describeAuthentication(found, "ann@example.net"), {
    verdict: "proven",
    words: "example.net (DMARC, SPF, DKIM)",
  });
});

test("what another host says is not trusted, nor what stands below the topmost", () => {
  const forged = "Authentication-Results: bank.example; dmarc=pass header.from=bank.example";
  assert.equal(read([], received, forged)?.trusted, false);
  assert.equal(read([], received, forged, ...results)?.host, "bank.example");
  assert.equal(read([], ...results)?.trusted, false, "no Received to go by");
  assert.equal(read(["mx.example.org"], ...results)?.trusted, true, "named by the account");
  assert.equal(read(["imap.example.org"], received, ...results)?.trusted, false, "another is named");
  const told = describeAuthentication(read([], received, forged)!, "ann@bank.example");
  assert.equal(told.verdict, "unknown");
  assert.match(told.words, /^bank\.example says DMARC pass: anyone/);
  const shared = "Authentication-Results: evil.co.uk; spf=pass";
  assert.equal(read([], "Received: from x by mx.good.co.uk with ESMTP", shared)?.trusted, false);
});

test("a result counts for whom the message says it is from", () => {
  const proof = (value: string, sender = "ann@news.example.net") =>
    describeAuthentication(read([], received, `Authentication-Results: mx.example.org; ${value}`)!, sender);
  assert.equal(proof("dkim=pass header.d=example.net").verdict, "proven", "one domain lies in the other");
  assert.equal(proof("spf=pass smtp.mailfrom=a@mailer.example").verdict, "doubtful");
  assert.match(proof("spf=pass smtp.mailfrom=a@mailer.example").words, /^mailer\.example sent it/);
  assert.equal(proof("spf=softfail smtp.mailfrom=a@example.net").verdict, "doubtful");
  assert.equal(
    proof("dmarc=fail header.from=example.net; spf=pass smtp.mailfrom=x.example").verdict,
    "refuted",
  );
  assert.equal(proof("none").verdict, "unknown");
});

test("hops within a site, and hosts that leave out their name", () => {
  const inner = "Received: by 2002:a05:6402:1:b0:1 with SMTP id x";
  const gmail = "Received: from a.example by mx.google.com with ESMTPS";
  const said = "Authentication-Results: mx.google.com; spf=pass smtp.mailfrom=a.example";
  assert.equal(read([], inner, gmail, said)?.trusted, true);
  const nameless = read(
    [],
    received,
    "Authentication-Results: spf=none smtp.mailfrom=a@b.example;dmarc=none",
  );
  assert.deepEqual([nameless?.host, nameless?.trusted, nameless?.spf?.domain], ["", false, "b.example"]);
  assert.equal(read([], received), null);
  assert.deepEqual(read([], received, "Authentication-Results: mx.example.org; none")?.dkim, []);
});

test("nothing in the header makes it throw", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'abc.;=()"\\ \t@<>-123dkimspf') }), (value) => {
      const found = readAuthentication([
        { name: "received", value: `from x by ${value}` },
        { name: "authentication-results", value: `h.example; dkim=${value}` },
      ]);
      assert.ok(found);
      describeAuthentication(found, "ann@example.net");
    }),
  );
});
