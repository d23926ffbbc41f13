import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { layoutBody, readMessage } from "../../src/message/index.ts";
import { describeReport, readReport, statusWords } from "../../src/message/report.ts";

const status = [
  "Reporting-MTA: dns; mx.example.org",
  "Arrival-Date: Fri, 21 Nov 1997 09:55:06 -0600",
  "",
  "Final-Recipient: rfc822; bob@example.net",
  "Action: Failed",
  "Status: 5.1.1",
  "Remote-MTA: dns; in.example.net",
  "Diagnostic-Code: smtp; 550 5.1.1 <bob@example.net>:",
  " no such user",
  "",
  "Original-Recipient: rfc822;carl@example.net",
  "Final-Recipient: rfc822;carl-2@example.net",
  "Action: delayed",
  "Diagnostic-Code: smtp; 452 4.2.2 mailbox full",
  "",
  "Final-Recipient: rfc822;dora@example.net",
  "Action: delivered",
  "Status: 2.0.0",
].join("\r\n");

test("a delivery report: who, what, why", () => {
  const report = readReport("message/delivery-status", "2", Buffer.from(status));
  assert.ok(report?.kind === "delivery");
  assert.equal(report.reportingHost, "mx.example.org");
  assert.deepEqual(
    report.outcomes.map((one) => [one.recipient, one.action, one.status, one.remoteHost]),
    [
      ["bob@example.net", "failed", "5.1.1", "in.example.net"],
      ["carl@example.net", "delayed", "4.2.2", ""],
      ["dora@example.net", "delivered", "2.0.0", ""],
    ],
  );
  assert.deepEqual(describeReport(report), [
    "Not delivered: bob@example.net",
    "  there is no such mailbox (5.1.1)",
    "  in.example.net said: 550 5.1.1 <bob@example.net>: no such user",
    "Not delivered yet: carl@example.net",
    "  the mailbox is full (4.2.2)",
    "  mx.example.org said: 452 4.2.2 mailbox full",
    "Delivered: dora@example.net",
  ]);
});

test("a bounce is told before what the server wrote, and its fields stay a part to save", async () => {
  const message = await readMessage(
    Buffer.from(
      [
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "",
        "--b",
        "",
        "I am sorry to inform you.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        status,
        "--b--",
        "",
      ].join("\r\n"),
    ),
  );
  const lines = layoutBody(message.body, 100).map(({ spans }) => spans.map((span) => span.text).join(""));
  assert.equal(lines[0], "Not delivered: bob@example.net");
  assert.equal(lines.at(-1), "I am sorry to inform you.");
  assert.deepEqual(message.body.lines.map(({ region }) => region).lastIndexOf("note"), 7);
  assert.deepEqual(
    message.attachments.map((one) => one.section),
    ["2"],
  );
  assert.equal(message.items[0]?.kind, "delivery");
});

test("a receipt and a complaint", () => {
  const receipt = readReport(
    "message/disposition-notification",
    "2",
    Buffer.from(
      "Final-Recipient: rfc822;bob@example.net\nOriginal-Message-ID: <1@x>\nDisposition: automatic-action/MDN-sent-automatically; deleted/expired",
    ),
  );
  assert.ok(receipt?.kind === "disposition");
  assert.deepEqual([receipt.disposition, receipt.originalMessageId], ["deleted", "<1@x>"]);
  assert.deepEqual(describeReport(receipt), [
    "Deleted: bob@example.net",
    "  sent by a program, not by a person",
  ]);
  const complaint = readReport(
    "message/feedback-report",
    "2",
    Buffer.from("Feedback-Type: abuse\nSource-IP: 192.0.2.1\nOriginal-Rcpt-To: <bob@example.net>"),
  );
  assert.deepEqual(complaint && describeReport(complaint), [
    "Complaint: abuse",
    "  by bob@example.net",
    "  sent from 192.0.2.1",
  ]);
});

test("until when a server goes on trying is told in the reader's time", () => {
  const report = readReport(
    "message/delivery-status",
    "2",
    Buffer.from(
      "Final-Recipient: rfc822;a@x\nAction: delayed\nWill-Retry-Until: Fri, 2 Jan 2026 23:30:00 +0000",
    ),
  );
  assert.deepEqual(report && describeReport(report, { timeZone: "Europe/Berlin" }), [
    "Not delivered yet: a@x",
    "  will be tried until Sat, 3 Jan 2026 00:30",
  ]);
});

test("status codes that are not known by their detail are told by their subject", () => {
  assert.equal(statusWords("5.7.999"), "security or policy forbids it");
  assert.equal(statusWords("2.1.5"), "");
  assert.equal(statusWords("nonsense"), "");
});

test("parts that are no report are none, and none throws", () => {
  assert.equal(readReport("message/delivery-status", "1", Buffer.from("hello\n\nyou")), null);
  const line = fc.constantFrom(
    ...status.split("\r\n"),
    "Disposition: ;;/",
    "Feedback-Type: ",
    "Will-Retry-Until: never",
    "Status: 9.9.9",
    "Diagnostic-Code: ;;;",
    "\0\x1b[2J",
  );
  const type = fc.constantFrom(
    "message/delivery-status",
    "message/disposition-notification",
    "message/feedback-report",
  );
  fc.assert(
    fc.property(type, fc.array(line), (mediaType, lines) => {
      const report = readReport(mediaType, "1", Buffer.from(lines.join("\n")));
      if (report) describeReport(report);
    }),
  );
});
