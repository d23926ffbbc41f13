/** Generated mail, the same in every run: rows for the index, headers for lists, whole messages for bodies. */
import type { StoredMessageInput } from "../../../src/store/index.ts";
import type { Delivery } from "../../servers/dovecot.ts";
import { sampleMessage } from "../../servers/messages.ts";

const names = [
  "Ada Lovelace",
  "Grace Hopper",
  "Alan Turing",
  "Katherine Johnson",
  "Edsger W. Dijkstra",
  "Jürgen Groß",
  "Build Server",
  "Weekly Digest",
  "Margaret Hamilton",
  "Frances Allen",
  "山田 太郎",
];
const words =
  "the of a mailbox server message garden river winter report meeting answer question plan draft review budget release notes about from with next week and".split(
    " ",
  );

const epoch = Date.UTC(2020, 0, 1);

/** A number below `limit` that depends on `n` and `salt` alone. */
export function pick(n: number, salt: number, limit: number): number {
  let state = Math.imul(n + 1, 0x9e3779b1) ^ Math.imul(salt + 1, 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
  state = Math.imul(state ^ (state >>> 12), 0x297a2d39);
  return ((state ^ (state >>> 15)) >>> 0) % limit;
}

function subject(n: number): string {
  const text = Array.from({ length: 3 + pick(n, 1, 6) }, (_, i) => words[pick(n, 10 + i, words.length)]).join(
    " ",
  );
  return `${pick(n, 2, 3) === 0 ? "Re: " : ""}Number ${n} ${text}`;
}

function person(n: number): { name: string; email: string } {
  return { name: names[pick(n, 3, names.length)] ?? "", email: `person${pick(n, 4, 400)}@example.org` };
}

export const dateOf = (n: number) => epoch + n * 180_000;

/** Message `n` as a row of the index. */
export function row(n: number): StoredMessageInput {
  return {
    uid: n,
    flags: pick(n, 5, 5) > 0 ? ["\\Seen"] : [],
    modSeq: String(n),
    internalDate: dateOf(n),
    sentAt: dateOf(n) - 4000,
    size: 2000 + pick(n, 6, 30_000),
    subject: subject(n),
    from: [person(n)],
    to: [{ name: "", email: "user@example.org" }],
    cc: pick(n, 7, 4) === 0 ? [person(n + 1)] : [],
    messageId: `<${n}.${pick(n, 8, 1e9)}@mail.example.org>`,
    inReplyTo: pick(n, 2, 3) === 0 ? `<${n - 7}.${pick(n - 7, 8, 1e9)}@mail.example.org>` : null,
    references: [],
    threadId: null,
    emailId: null,
  };
}

function fieldsOf(n: number) {
  const { from, messageId, inReplyTo } = row(n);
  const author = from[0]!;
  const ascii = /^[\x20-\x7e]*$/.test(author.name);
  const name = ascii ? `"${author.name}"` : `=?utf-8?B?${Buffer.from(author.name).toString("base64")}?=`;
  return {
    n,
    subject: subject(n),
    from: `${name} <${author.email}>`,
    date: new Date(dateOf(n)),
    ...(messageId ? { messageId } : {}),
    ...(inReplyTo ? { inReplyTo, references: [inReplyTo] } : {}),
  };
}

const delivery = (n: number, message: Buffer): Delivery => ({
  message,
  date: new Date(dateOf(n)),
  flags: pick(n, 5, 5) > 0 ? "S" : "",
});

/** Messages of half a kilobyte: for lists, where headers alone are read. */
export function* headers(count: number): Generator<Delivery> {
  for (let n = 1; n <= count; n++) yield delivery(n, sampleMessage({ ...fieldsOf(n), body: `Text ${n}.\n` }));
}

export function prose(n: number, octets: number): string {
  const lines: string[] = [];
  for (let length = 0, at = 0; length < octets; at++) {
    const line = Array.from({ length: 11 }, (_, i) => words[pick(n, at * 11 + i, words.length)]).join(" ");
    lines.push(line);
    length += line.length + 2;
  }
  return `${lines.join("\n")}\n`;
}

/** What people get: most of it short texts, a third with HTML, one in fifteen with a file; 19.3 kB on average. */
export function* bodies(count: number): Generator<Delivery> {
  for (let n = 1; n <= count; n++) {
    const kind = pick(n, 9, 30);
    const body = prose(n, 600 + pick(n, 20, 4000));
    const html =
      kind < 10 ? `<html><body><p>${prose(n + 1, 4000 + pick(n, 21, 25_000))}</p></body></html>` : undefined;
    const attachmentBytes = kind >= 28 ? 20_000 + pick(n, 22, 190_000) : undefined;
    yield delivery(
      n,
      sampleMessage({
        ...fieldsOf(n),
        body,
        ...(html === undefined ? {} : { html }),
        ...(attachmentBytes === undefined ? {} : { attachmentBytes }),
      }),
    );
  }
}
