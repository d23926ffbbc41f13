// The list data of a large mailbox (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE), from Dovecot on loopback: messages a
// second and peak memory of this client, beside a bare socket that drains the same reply, and beside imapflow. Each
// client runs in a process of its own. `npm run bench -- protocol [MESSAGES]`
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { fileURLToPath } from "node:url";
import { startDovecot } from "../servers/dovecot.ts";

interface Server {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

interface Measured {
  readonly messages: number;
  readonly seconds: number;
}

/** Sends the commands by hand, and looks for nothing but the tag of the last. */
async function bare({ host, port, user, password }: Server): Promise<Measured> {
  const socket = connectTcp({ host, port });
  await once(socket, "data");
  const answered = (tag: string) =>
    new Promise<number>((resolve) => {
      let octets = 0;
      let tail = "";
      const received = (chunk: Buffer) => {
        octets += chunk.length;
        tail = (tail + chunk.toString("latin1", Math.max(0, chunk.length - 2000))).slice(-2000);
        if (!new RegExp(`(^|\n)${tag} OK[^\n]*\r\n$`).test(tail)) return;
        socket.off("data", received);
        resolve(octets);
      };
      socket.on("data", received);
    });
  socket.write(`a LOGIN ${user} ${password}\r\n`);
  await answered("a");
  let exists = 0;
  const selected = answered("b");
  socket.on("data", (chunk: Buffer) => {
    exists ||= Number(/\* (\d+) EXISTS/.exec(chunk.toString("latin1", 0, 4096))?.[1] ?? 0);
  });
  socket.write("b SELECT INBOX\r\n");
  await selected;
  socket.removeAllListeners("data");
  const started = performance.now();
  const drained = answered("c");
  socket.write("c UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)\r\n");
  await drained;
  const seconds = (performance.now() - started) / 1000;
  socket.destroy();
  return { messages: exists, seconds };
}

async function postern({ host, port, user, password }: Server): Promise<Measured> {
  const { connect, fetch, Secret, select } = await import("../../src/imap/index.ts");
  const connection = await connect({ host, port, security: "none" });
  await connection.authenticate({ user, secret: new Secret(password) });
  await connection.run(select("INBOX"));
  const wanted = { flags: true, internalDate: true, size: true, envelope: true };
  let messages = 0;
  const started = performance.now();
  await connection.run(
    fetch([[1, 0xffff_ffff]], wanted, {
      onMessage(message) {
        if (message.envelope && "subject" in message.envelope && message.uid) messages++;
      },
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  await connection.logout();
  return { messages, seconds };
}

async function imapflow({ host, port, user, password }: Server): Promise<Measured> {
  const { ImapFlow } = await import("imapflow");
  const auth = { user, pass: password };
  const client = new ImapFlow({ host, port, secure: false, doSTARTTLS: false, auth, logger: false });
  await client.connect();
  await client.mailboxOpen("INBOX");
  const wanted = { uid: true, flags: true, internalDate: true, size: true, envelope: true };
  let messages = 0;
  const started = performance.now();
  for await (const message of client.fetch("1:*", wanted, { uid: true }))
    if (message.envelope && message.uid) messages++;
  const seconds = (performance.now() - started) / 1000;
  await client.logout();
  return { messages, seconds };
}

const clients = { bare, postern, imapflow };
type Name = keyof typeof clients;

function isName(name: string | undefined): name is Name {
  return name !== undefined && name in clients;
}

/** What one child said: messages a second, and its peak memory in MB. */
interface Result {
  readonly rate: number;
  readonly megabytes: number;
}

function measure(name: Name, server: Server, expected: number): Result {
  const args = [
    "--enable-source-maps",
    fileURLToPath(import.meta.url),
    "--child",
    name,
    JSON.stringify(server),
  ];
  const said: unknown = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
  const { messages, seconds, kilobytes } = said as Measured & { kilobytes: number };
  if (messages !== expected) throw new Error(`${name} saw ${messages} messages of ${expected}`);
  return { rate: messages / seconds, megabytes: kilobytes / 1024 };
}

/** The run of middle speed. */
function median(results: Result[]): Result {
  return results.sort((a, b) => a.rate - b.rate)[results.length >> 1]!;
}

function* mail(count: number): Generator<Buffer> {
  for (let i = 0; i < count; i++)
    yield Buffer.from(
      `From: Correspondent ${i % 97} <c${i % 97}@example.org>\r\nTo: Ann Reader <ann@example.com>, list-${i % 7}@example.net\r\n` +
        `Cc: "Someone, Else" <else@example.org>\r\nSubject: Message ${i} about one thing and another\r\n` +
        `Date: Mon, 2 Jan 2023 10:${String(i % 60).padStart(2, "0")}:00 +0000\r\nMessage-ID: <${i}.${i * 7919}@mail.example.org>\r\n` +
        `In-Reply-To: <${i - 1}.${(i - 1) * 7919}@mail.example.org>\r\n\r\nText ${i}.\r\n`,
    );
}

async function main(count: number): Promise<void> {
  const dovecot = await startDovecot({ tls: "none" });
  try {
    dovecot.deliver("INBOX", mail(count));
    const { host, port, user, password } = dovecot;
    const server = { host, port, user, password };
    measure("bare", server, count); // Dovecot's first look at the messages is not ours to measure
    const runs = (name: Name, n: number) => Array.from({ length: n }, () => measure(name, server, count));
    const results = new Map<string, Result>([
      ["bare socket", median(runs("bare", 3))],
      ["postern", median(runs("postern", 3))],
      ["imapflow 2.1.2", median(runs("imapflow", 1))],
    ]);
    const drained = results.get("bare socket")!.rate;
    console.log(`list data of ${count} messages: UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE`);
    for (const [name, { rate, megabytes }] of results)
      console.log(
        `${name.padEnd(16)}${Math.round(rate).toString().padStart(8)} messages/s  ${(rate / drained).toFixed(2).padStart(5)} of the drain  ${Math.round(megabytes).toString().padStart(4)} MB`,
      );
  } finally {
    await dovecot.stop();
  }
}

const [flag, name, server] = process.argv.slice(2);
if (flag === "--child" && isName(name) && server !== undefined) {
  const measured = await clients[name](JSON.parse(server) as Server);
  console.log(JSON.stringify({ ...measured, kilobytes: process.resourceUsage().maxRSS }));
} else {
  await main(Number(flag ?? 100_000));
}
