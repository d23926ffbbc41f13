import assert from "node:assert/strict";
import { test } from "node:test";
import { serverMissing, startDovecot } from "../servers/dovecot.ts";
import { literalOf, Wire, withDemo } from "./wire.ts";

/** An answer with literals as quoted strings, and in one case, a part that is not there as empty: what servers may write differently. */
function normal(answer: string): string[] {
  let text = answer;
  for (let found = /\{(\d+)\}\r\n/.exec(text); found; found = /\{(\d+)\}\r\n/.exec(text)) {
    const start = found.index + found[0].length;
    const octets = text.slice(start, start + Number(found[1]));
    text = `${text.slice(0, found.index)}"${octets.replace(/\r\n/g, "|")}"${text.slice(start + Number(found[1]))}`;
  }
  return text
    .split("\r\n")
    .map((line) => line.toLowerCase().replace(/\] nil\)$/, '] "")'))
    .filter((line) => line.startsWith("* ") && line.includes(" fetch "));
}

// Not asked: part 1.1 of a part that is no multipart, which Dovecot takes for part 1 and the RFC does not have.
const queries = [
  "RFC822.SIZE ENVELOPE",
  "BODYSTRUCTURE",
  "BODY",
  "BODY.PEEK[HEADER.FIELDS (FROM SUBJECT LIST-ID REFERENCES)]",
  "BODY.PEEK[1]",
  "BODY.PEEK[2]",
  "BODY.PEEK[2.MIME]",
  "BODY.PEEK[3.HEADER]",
  "BODY.PEEK[3.1]",
  "BODY.PEEK[TEXT]<20.30>",
];

test("the demo answers FETCH as Dovecot does", { skip: serverMissing("dovecot") }, async () => {
  const dovecot = await startDovecot();
  try {
    const real = new Wire(dovecot.port);
    await real.command(`LOGIN ${dovecot.user} ${dovecot.password}`);
    await withDemo(1, async (demo) => {
      const listed = await demo.command('LIST "" * RETURN (STATUS (MESSAGES))');
      for (const [, name = "", count] of listed.matchAll(/\* STATUS "(.*)" \(MESSAGES (\d+)\)/g)) {
        await demo.command(`EXAMINE "${name}"`);
        const messages: Buffer[] = [];
        for (let n = 1; n <= Number(count); n++)
          messages.push(Buffer.from(literalOf(await demo.command(`FETCH ${n} BODY.PEEK[]`)), "latin1"));
        dovecot.deliver(`Demo/${name}`, messages);
        await real.command(`SELECT "Demo/${name}"`);
        for (const query of queries) {
          const line = `FETCH 1:* (${query})`;
          const [ours, theirs] = [normal(await demo.command(line)), normal(await real.command(line))];
          assert.equal(ours.length, Number(count));
          assert.deepEqual(ours, theirs, `${name} ${query}`);
        }
      }
    });
    real.socket.destroy();
  } finally {
    await dovecot.stop();
  }
});
