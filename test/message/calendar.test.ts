import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  answerInvitation,
  describeInvitation,
  describeTime,
  readInvitations,
} from "../../src/message/calendar/invitation.ts";
import { recurrenceWords } from "../../src/message/calendar/recurrence.ts";
import { layoutBody, readMessage } from "../../src/message/index.ts";
import { spending } from "../cost.ts";

const berlin = { timeZone: "Europe/Berlin" };
const calendar = (...lines: string[]) =>
  ["BEGIN:VCALENDAR", "METHOD:REQUEST", ...lines, "END:VCALENDAR"].join("\r\n");
const event = (...lines: string[]) => calendar("BEGIN:VEVENT", "UID:1@x", ...lines, "END:VEVENT");
const when = (...lines: string[]) => {
  const [found] = readInvitations(event(...lines), "1", berlin);
  return found ? describeTime(found, berlin) : null;
};
/** A zone by its own rules, under a name that nothing knows. */
const zone = (name: string) => [
  "BEGIN:VTIMEZONE",
  `TZID:${name}`,
  "BEGIN:STANDARD",
  "DTSTART:16010101T020000",
  "TZOFFSETFROM:-0700",
  "TZOFFSETTO:-0800",
  "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11",
  "END:STANDARD",
  "BEGIN:DAYLIGHT",
  "DTSTART:16010101T020000",
  "TZOFFSETFROM:-0800",
  "TZOFFSETTO:-0700",
  "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3",
  "END:DAYLIGHT",
  "END:VTIMEZONE",
];

const invitation = event(
  "DTSTART;TZID=America/New_York:20260105T100000",
  "DTEND;TZID=America/New_York:20260105T113000",
  "SUMMARY:Budget\\, round",
  "  two",
  "LOCATION:Room 5\\nupstairs",
  'ORGANIZER;CN="Ann, of X":mailto:ann@x.org',
  "ATTENDEE;CN=Bob;PARTSTAT=ACCEPTED:mailto:bob@x.org",
  "ATTENDEE;ROLE=OPT-PARTICIPANT:MAILTO:carl@x.org",
  "ATTENDEE;CUTYPE=ROOM:mailto:room5@x.org",
  "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=10",
  "SEQUENCE:3",
);

test("an invitation: what, when here and there, where, who, how often", () => {
  const [found] = readInvitations(invitation, "2", berlin);
  assert.ok(found);
  assert.equal(found.start?.at, Date.parse("2026-01-05T15:00:00Z"));
  assert.deepEqual(
    describeInvitation(found, berlin).map(({ label, value }) => `${label}: ${value}`),
    [
      "Invitation: Budget, round two",
      "When: Mon, 5 Jan 2026 16:00–17:30 (10:00–11:30 America/New_York)",
      "Repeats: every 2 weeks on Monday and Wednesday, 10 times",
      "Where: Room 5 upstairs",
      "Organizer: Ann, of X <ann@x.org>",
      "Guests: Bob <bob@x.org> (accepted)",
      "Optional: carl@x.org",
    ],
  );
});

test("times: UTC, whole days, durations, zones by name and by their own rules, and none", () => {
  assert.equal(when("DTSTART:20260705T080000Z", "DURATION:PT45M"), "Sun, 5 Jul 2026 10:00–10:45");
  assert.equal(when("DTSTART;VALUE=DATE:20260105"), "Mon, 5 Jan 2026, all day");
  assert.equal(
    when("DTSTART;VALUE=DATE:20260105", "DTEND;VALUE=DATE:20260108"),
    "Mon, 5 Jan 2026–Wed, 7 Jan 2026, all day",
  );
  assert.equal(when("DTSTART:20260105T100000"), "Mon, 5 Jan 2026 10:00");
  assert.equal(
    when("DTSTART;TZID=/mozilla.org/1/Asia/Tokyo:20260105T010000"),
    "Sun, 4 Jan 2026 17:00 (Mon, 5 Jan 2026 01:00 /mozilla.org/1/Asia/Tokyo)",
  );
  assert.equal(
    when("DTSTART;TZID=Tokyo Standard Time:20260105T200000"),
    "Mon, 5 Jan 2026 12:00 (20:00 Tokyo Standard Time)",
  );
  assert.match(
    when("DTSTART;TZID=Nowhere:20260105T100000") ?? "",
    /10:00 \(Nowhere, a zone not known here\)$/,
  );
  assert.equal(when("DTSTART:2026-01-05T10:00:00"), "Mon, 5 Jan 2026 10:00");
  assert.equal(when("DTSTART:20260231T100000"), "");
});

test("a zone's own rules: on both sides of the change of clocks, by RDATE, and before they begin", () => {
  const at = (wall: string, ...rules: string[]) =>
    readInvitations(
      calendar(...rules, "BEGIN:VEVENT", `DTSTART;TZID=Mine:${wall}`, "END:VEVENT"),
      "1",
      berlin,
    )[0]?.start?.at;
  const mine = zone("Mine");
  for (const [wall, utc] of [
    ["20260115T120000", "2026-01-15T20:00:00Z"],
    ["20260308T015959", "2026-03-08T09:59:59Z"],
    ["20260308T030000", "2026-03-08T10:00:00Z"],
    ["20260715T120000", "2026-07-15T19:00:00Z"],
    ["20261101T120000", "2026-11-01T20:00:00Z"],
  ] as const)
    assert.equal(at(wall, ...mine), Date.parse(utc), wall);
  const dated = [
    "BEGIN:VTIMEZONE",
    "TZID:Mine",
    "BEGIN:STANDARD",
    "DTSTART:20200101T000000",
    "RDATE:20260601T000000",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200",
    "END:STANDARD",
    "END:VTIMEZONE",
  ];
  assert.equal(at("20190101T120000", ...dated), Date.parse("2019-01-01T11:00:00Z"));
  assert.equal(at("20260701T120000", ...dated), Date.parse("2026-07-01T10:00:00Z"));
});

test("recurrence in words", () => {
  const words = (rule: string) => recurrenceWords(rule, (until) => until);
  for (const [rule, said] of [
    ["FREQ=DAILY", "every day"],
    ["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every week on Monday to Friday"],
    ["FREQ=MONTHLY;BYMONTHDAY=15", "every month on the 15th"],
    ["FREQ=MONTHLY;BYMONTHDAY=-1", "every month on the last day"],
    ["FREQ=MONTHLY;BYDAY=2TU", "every month on the second Tuesday"],
    ["FREQ=MONTHLY;BYDAY=TU;BYSETPOS=-1", "every month on the last Tuesday"],
    ["FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "every month on the last weekday"],
    ["FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=5;UNTIL=2030", "every year on the 5th of March, until 2030"],
    ["FREQ=YEARLY;BYWEEKNO=20", "by the rule FREQ=YEARLY;BYWEEKNO=20"],
    ["nonsense", "by the rule nonsense"],
  ] as const)
    assert.equal(words(rule), said);
});

test("broken lines cost themselves alone", () => {
  const [found] = readInvitations(
    event(
      "DESCRIPTION:first",
      "second: without a fold",
      "no colon at all",
      "SUMMARY:Still here",
      "DTSTART;X",
    ),
    "1",
  );
  assert.equal(found?.summary, "Still here");
  assert.equal(
    readInvitations("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:never closed", "1")[0]?.summary,
    "never closed",
  );
});

test("an answer can be matched and sent (RFC 5546 §3.2.3)", () => {
  const answer = answerInvitation(invitation, {
    status: "tentative",
    attendee: { name: 'Bob "B" Brown', email: "bob@x.org" },
    comment: "perhaps;\nlate",
    now: new Date("2026-01-01T00:00:00Z"),
  });
  assert.ok(answer);
  assert.deepEqual(answer.to, { name: "Ann, of X", email: "ann@x.org" });
  assert.equal(answer.subject, "Tentatively accepted: Budget, round two");
  const lines = answer.calendar.replaceAll("\r\n ", "").split("\r\n");
  for (const line of [
    "METHOD:REPLY",
    "UID:1@x",
    "SEQUENCE:3",
    "DTSTAMP:20260101T000000Z",
    'ATTENDEE;PARTSTAT=TENTATIVE;CN="Bob  B  Brown":mailto:bob@x.org',
    "COMMENT:perhaps\\;\\nlate",
  ])
    assert.ok(lines.includes(line), line);
  assert.equal(lines.filter((line) => line.startsWith("ATTENDEE")).length, 1);
  for (const line of answer.calendar.split("\r\n")) assert.ok(Buffer.byteLength(line) <= 75);
  const [read] = readInvitations(answer.calendar, "1", berlin);
  assert.deepEqual([read?.method, read?.uid, read?.attendees[0]?.status], ["REPLY", "1@x", "tentative"]);
  const options = { status: "accepted", attendee: { name: "", email: "a@b" }, now: new Date() } as const;
  assert.equal(answerInvitation(invitation.replace("REQUEST", "PUBLISH"), options), null);
  assert.equal(answerInvitation(calendar(), options), null);
  const own = answerInvitation(
    calendar(
      ...zone("Mine"),
      "BEGIN:VEVENT",
      "UID:1",
      "ORGANIZER:mailto:a@b",
      "DTSTART;TZID=Mine:20260101T000000",
      "END:VEVENT",
    ),
    options,
  );
  assert.match(own?.calendar ?? "", /BEGIN:VTIMEZONE\r\nTZID:Mine\r\n/);
});

test("an invitation is told above the text, once, and stays a part to save", async () => {
  const part = (type: string) => ["--b", `Content-Type: ${type}`, "", invitation];
  const message = await readMessage(
    Buffer.from(
      [
        "Content-Type: multipart/mixed; boundary=b",
        "",
        "--b",
        "",
        "See you there.",
        ...part("text/calendar; method=REQUEST"),
        ...part("text/calendar; method=REQUEST; name=invite.ics"),
        "--b--",
        "",
      ].join("\r\n"),
    ),
    berlin,
  );
  const text = layoutBody(message.body, 100).map(({ spans }) => spans.map((span) => span.text).join(""));
  assert.equal(text.filter((line) => line.startsWith("Invitation")).length, 1);
  assert.equal(message.items.length, 1);
  assert.deepEqual(
    message.attachments.map((one) => one.section),
    ["2", "3"],
  );
});

test("where an invitation is all there is, what the organizer wrote of it is the text", async () => {
  const only = event("SUMMARY:Walk", "DTSTART:20260105T100000Z", "DESCRIPTION:Bring boots.\\nAnd tea.");
  const message = await readMessage(
    Buffer.from(`Content-Type: text/calendar; method=REQUEST\r\n\r\n${only}`),
    { timeZone: "no/such zone" },
  );
  const text = layoutBody(message.body, 80).map(({ spans }) => spans.map((span) => span.text).join(""));
  assert.equal(text[0], "Invitation  Walk");
  assert.deepEqual(text.slice(-2), ["Bring boots.", "And tea."]);
});

test("hostile calendars: nothing throws, nothing takes long", () => {
  const slow = calendar(
    "BEGIN:VTIMEZONE",
    "TZID:Z",
    ...Array.from({ length: 300 }, () => [
      "BEGIN:STANDARD",
      "DTSTART:16010101T000000",
      "RRULE:FREQ=SECONDLY",
      `RRULE:FREQ=YEARLY;BYMONTHDAY=${"1,".repeat(500)}1;BYDAY=SU`,
      `RDATE:${"20200101T000000,".repeat(500)}20200101T000000`,
      "END:STANDARD",
    ]).flat(),
    "END:VTIMEZONE",
    ...Array.from({ length: 1000 }, () => [
      "BEGIN:VEVENT",
      "DTSTART;TZID=Z:99991231T235959",
      "END:VEVENT",
    ]).flat(),
  );
  const spent = spending();
  for (const one of readInvitations(slow, "1", berlin)) describeInvitation(one, berlin);
  readInvitations("BEGIN:X\n".repeat(100_000), "1", berlin);
  readInvitations(
    `BEGIN:VCALENDAR\nBEGIN:VEVENT\n${"x".repeat(500_000)};${"=".repeat(500_000)}`,
    "1",
    berlin,
  );
  assert.ok(spent() < 5_000);
  const lines = invitation.split("\r\n");
  const line = fc.oneof(
    fc.constantFrom(
      ...lines,
      ...zone("America/New_York"),
      "DURATION:P99999999999W",
      "DTSTART:99991231T235960",
      "RECURRENCE-ID:0",
    ),
    fc.string({ unit: fc.constantFrom(...'DTSTART;:="\\,0129TZ-+\r\n ') }),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), (mixed) => {
      const text = calendar("BEGIN:VEVENT", ...mixed);
      for (const one of readInvitations(text, "1", berlin)) describeInvitation(one, berlin);
      const answer = answerInvitation(text, {
        status: "accepted",
        attendee: { name: "a\r\nX:y", email: "a@b\r\nX:y" },
        now: new Date(0),
      });
      if (answer) assert.doesNotMatch(answer.calendar, /^X:y/m);
    }),
    { numRuns: 300 },
  );
});
