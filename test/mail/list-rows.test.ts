/** The rows that are made of header fields, beside those made of the ENVELOPE that a real server has of the same messages. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import {
  type Address,
  append,
  connect,
  type FetchedMessage,
  fetch,
  isInvalid,
  Secret,
  select,
} from "../../src/imap/index.ts";
import { isListed, listData, toStoredMessage } from "../../src/mail/convert.ts";
import type { StoredMessageInput } from "../../src/store/index.ts";
import { readSources } from "../corpus/sources.ts";
import { startCyrus } from "../servers/cyrus.ts";
import { type ServerName, serverMissing } from "../servers/daemon.ts";
import { startDovecot } from "../servers/dovecot.ts";
import type { AccountServer } from "./fixture.ts";

const corpus = process.env.CORPUS ?? "../shared/corpus";
const noCorpus = existsSync(corpus) ? false : `there are no messages in ${corpus}: set CORPUS`;

/** Where Dovecot found no address, it makes one up. */
const madeUp = ({ mailbox, host }: Address) => mailbox === "MISSING_MAILBOX" || host === "SYNTAX_ERROR";

const byFields = listData({ quirks: { envelopeAtHand: false } });
const byEnvelope = listData({ quirks: { envelopeAtHand: true } });
const references = byEnvelope.sections?.[0]?.section ?? "";

/** A row with all white space made single. */
function spaced(row: StoredMessageInput): Record<string, unknown> {
  const { subject, messageId, inReplyTo, ...others } = row;
  const single = (text: string | null) => text?.replace(/\s+/g, " ").trim() || null;
  return {
    ...others,
    subject: single(subject),
    messageId: single(messageId),
    inReplyTo: single(inReplyTo),
  };
}

interface Read {
  readonly ours: Record<string, unknown>;
  readonly theirs: Record<string, unknown>;
}

/** What both ways tell of each message, by UID; people of whom the server made up something are left out of both. */
async function bothOf({ port, user, password }: AccountServer, messages: readonly Buffer[] = []) {
  const connection = await connect({
    host: "127.0.0.1",
    port,
    security: "none",
    clientId: { name: "postern" },
  });
  try {
    await connection.authenticate({ user, secret: new Secret(password) });
    for (const message of messages) await connection.run(append("INBOX", { source: message }));
    await connection.run(select("INBOX"));
    const read = new Map<number, Read>();
    const onMessage = (message: FetchedMessage) => {
      const { uid, envelope, sections } = message;
      assert.ok(isListed(message) && uid !== undefined && envelope && !isInvalid(envelope));
      const fromEnvelope = {
        ...message,
        sections: new Map([[references, sections?.get(references) ?? null]]),
      };
      assert.ok(isListed(fromEnvelope));
      const [ours, theirs] = [message, fromEnvelope].map((one) =>
        spaced(toStoredMessage(one, 0) ?? assert.fail()),
      ) as [Record<string, unknown>, Record<string, unknown>];
      for (const field of ["from", "to", "cc"] as const)
        if (envelope[field].some(madeUp)) ours[field] = theirs[field] = "made up";
      read.set(uid, { ours, theirs });
    };
    const both = { ...byEnvelope, sections: [...(byFields.sections ?? []), ...(byEnvelope.sections ?? [])] };
    await connection.run(fetch([[1, 0xffff_ffff]], both, { onMessage }));
    return read;
  } finally {
    connection.destroy();
  }
}

const many = Array.from({ length: 3_000 }, (_, n) => `Person ${n} <person${n}@example.org>`).join(",\r\n ");
const written = [
  "From: Al <al@example.org>\r\nTo: b@c.example\r\nSubject: plain\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\nMessage-ID: <1@x>",
  'From: "Bell, \\"Al\\"" <al@example.org>\r\nTo: Team: al@example.org, Bo <bo@example.org>;\r\nCc: undisclosed-recipients:;\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n =?utf-8?q?s?= and\r\n\tmore',
  "FROM: al@example.org (Al Bell)\r\nto: Mary <@node.test,@machine.tld:mary@example.net>, first . last @ example.org\r\nIn-Reply-To:\r\n <2@x>\r\nReferences: <0@x> <2@x>",
  "From: =?utf-8?b?WmXDqw==?= Q <zoe@example.org>, root\r\nTo: Pete(A nice chap) <pete(his account)@silly.test(his host)>\r\nDate: 21 Nov 97 09:55:06 GMT",
  "Subject: no more than this",
  // Cyrus loses from its ENVELOPE what stands behind so many.
  `From: al@example.org\r\nSubject: many\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\nTo: ${many}`,
].map((header) => Buffer.from(`${header}\r\n\r\nText.\r\n`));

const servers: readonly [ServerName, () => Promise<AccountServer>][] = [
  ["dovecot", () => startDovecot({ tls: "none" })],
  ["cyrus", () => startCyrus()],
];
for (const [name, start] of servers)
  test(`header fields and ENVELOPE tell the same on ${name}`, { skip: serverMissing(name) }, async () => {
    const server = await start();
    try {
      const read = await bothOf(server, written);
      assert.equal(read.size, written.length);
      for (const [uid, { ours, theirs }] of read) assert.deepEqual({ uid, ...ours }, { uid, ...theirs });
    } finally {
      await server.stop();
    }
  });

/** Messages of which we tell other than Dovecot 2.3 does, and why. */
const others: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "a field stands there twice: the first one counts, as when the message is opened":
      "headers-with-nullbytes.mbox raw_email_with_binary_encoded.eml raw_email_with_multipart_mixed_quoted_boundary.eml bugmail1 lhost-kddi-02.eml lhost-kddi-03.eml 0568.eml 0569.eml 0570.eml 0571.eml 0572.eml 0573.eml",
    "a comma is missing between two people":
      "malformed-multiple-address-header-values.raw raw_email_multiple_from.eml",
    "a name looks like an address, or an address has more than one @":
      "086.eml issue358.txt raw_email_with_at_display_name.eml 0098.eml",
    "a comment behind angle brackets is a name where there is no other": "rhost-apple-01.eml",
    "a dot stands behind the host": "0352.eml",
    "the server cuts long fields, and reads the rest as something else": "stack-overflow.txt",
    "8-bit text that was encoded twice is not guessed at a second time":
      "content_transfer_encoding_empty.eml",
    "what stands for the seconds is none": "019.eml",
    "lines end in CR alone": "lhost-einsundeins-01.eml",
  }).flatMap(([why, names]) => names.split(" ").map((name) => [name, why] as const)),
);

describe("beside the ENVELOPE of a corpus", { skip: noCorpus || serverMissing("dovecot") }, () => {
  test("rows differ where that is said here, and nowhere else", async () => {
    const { messages } = readSources(["torture", "real"].map((folder) => join(corpus, folder)));
    const server = await startDovecot({ tls: "none" });
    try {
      server.deliver(
        "INBOX",
        messages.map(({ bytes }) => ({ message: bytes })),
      );
      const read = await bothOf(server);
      assert.equal(read.size, messages.length);
      const unnamed: string[] = [];
      for (const [uid, { ours, theirs }] of read) {
        for (const field of Object.keys(theirs)) {
          const [one, other] = [JSON.stringify(ours[field]), JSON.stringify(theirs[field])];
          const name = messages[uid - 1]?.name ?? "";
          if (one !== other && !others.has(basename(name)))
            unnamed.push(`${name} ${field}: ${one} or ${other}`);
        }
      }
      assert.deepEqual(unnamed, []);
    } finally {
      await server.stop();
    }
  });
});
