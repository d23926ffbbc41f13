import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { type Pty, startPty } from "../screen/pty.ts";
import { serverMissing } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { type Client, eventually, type Fixture, maildirBelow, startFixture } from "./fixture.ts";

const execute = promisify(execFile);
const subject = (n: number) => `Message number ${n}`;

/** A client that is on line, with `count` messages on the server and here, unread; and one more connection to look. */
async function watching(
  count: number,
  work: (client: Client, wire: Wire, fixture: Fixture) => Promise<void>,
): Promise<void> {
  const fixture = await startFixture();
  let wire: Wire | undefined;
  try {
    fixture.dovecot.deliver(
      "INBOX",
      Array.from({ length: count }, (_, i) => sampleMessage({ n: i + 1, subject: subject(i + 1) })),
    );
    const client = await fixture.client("here", { keepOnline: true });
    await client.mail.sync(client.inbox);
    await cache(client);
    client.mail.watch(client.inbox);
    wire = await Wire.open(fixture.dovecot.port, "INBOX");
    await work(client, wire, fixture);
  } finally {
    wire?.close();
    await fixture.end();
  }
}

/** Keeps the bodies of all messages. */
async function cache({ mail, inbox }: Client): Promise<void> {
  for (const uid of await mail.uids(inbox)) for await (const _ of await mail.source(inbox, uid));
}

async function onServer(wire: Wire): Promise<string[]> {
  return (await wire.listing()).map(({ uid, flags }) =>
    [uid, ...flags.filter((flag) => flag !== "\\Recent").sort()].join(" "),
  );
}

const notices = ({ events }: Client) => events.flatMap((e) => (e.kind === "notice" ? [e.text] : []));

function mutt(fixture: Fixture, maildir: string): Promise<Pty> {
  const rc = join(fixture.dir, "muttrc");
  writeFileSync(
    rc,
    'set folder=/ index_format="{%Z}{%s}" sort=mailbox-order mark_old=no delete=yes arrow_cursor=yes help=no\n',
  );
  const env = { HOME: fixture.dir };
  return startPty("mutt", ["-n", "-F", rc, "-f", maildir], { columns: 100, rows: 24, env });
}

describe("other programs at work in our maildirs", () => {
  test("mutt: its flags reach the server, what it deletes does not, and expunges meanwhile do it no harm", {
    skip: serverMissing("dovecot") || serverMissing("mutt"),
  }, async () => {
    await watching(6, async (client, wire, fixture) => {
      const maildir = maildirBelow(join(fixture.dir, "here/cache"));
      const pty = await mutt(fixture, maildir);
      const rows = () => pty.text().filter((line) => line.includes("}{"));
      try {
        await pty.waitFor(() => rows().length === 6);
        // In the order of the directory: which message it is that stands there is read from its row.
        const shown = rows().map((line) => Number(/number (\d)/.exec(line)?.[1]));
        pty.type("FWNd$");
        await eventually("both flags have come", async () => {
          const now = await onServer(wire);
          return now.includes(`${shown[0]} \\Flagged`) && now.includes(`${shown[1]} \\Seen`);
        });
        assert.equal((await onServer(wire)).length, 6, "nothing is gone");
        await pty.waitFor(() => rows().length === 5);
        assert.ok(await client.mail.read(client.inbox, shown[2] ?? 0), "it comes again");
        assert.match(notices(client).join("\n"), /another program changed the flags of /);

        const [, , , fourth = 0] = shown;
        await wire.command(`UID STORE ${fourth} +FLAGS (\\Deleted)`);
        await wire.command(`UID EXPUNGE ${fourth}`);
        await eventually("it has gone here", () => client.mail.message(client.inbox, fourth) === null);
        pty.type("jjjjF$");
        await eventually("another flag has come", async () => {
          return (await onServer(wire)).filter((row) => row.includes("\\Flagged")).length === 2;
        });
      } finally {
        await pty.stop();
      }
    });
  });

  test("notmuch: with its tags in the names of files, on line and off", {
    skip: serverMissing("dovecot") || serverMissing("notmuch"),
  }, async () => {
    await watching(6, async (client, wire, fixture) => {
      const root = join(fixture.dir, "here/cache/maildir");
      const config = join(fixture.dir, "notmuch-config");
      writeFileSync(
        config,
        `[database]\npath=${root}\n[user]\nprimary_email=user@example.org\n[new]\ntags=unread\n[maildir]\nsynchronize_flags=true\n`,
      );
      const notmuch = async (...args: string[]) =>
        (
          await execute("notmuch", args, {
            env: { ...process.env, NOTMUCH_CONFIG: config, HOME: fixture.dir },
          })
        ).stdout;
      const count = async (query: string) => Number(await notmuch("count", query));
      await notmuch("new");
      assert.equal(await count("*"), 6);
      assert.equal(await count("tag:unread"), 6);
      await notmuch("tag", "-unread", "+flagged", "+passed", "--", `subject:"${subject(2)}"`);
      await notmuch("tag", "-unread", "--", `subject:"${subject(5)}"`);
      await eventually("the tags are flags on the server", async () => {
        const now = (await onServer(wire)).join("\n");
        return now.includes("2 $Forwarded \\Flagged \\Seen") && now.includes("5 \\Seen");
      });
      await client.mail.flag(client.inbox, [3], "add", ["\\Answered"]);
      await wire.command("UID STORE 1 +FLAGS (\\Deleted)");
      await wire.command("UID EXPUNGE 1");
      await eventually("it has gone here", () => client.mail.message(client.inbox, 1) === null);
      await notmuch("new");
      assert.equal(await count("*"), 5);
      assert.equal(await count("tag:replied"), 1);
      await client.mail.close();

      await notmuch("tag", "-flagged", "--", `subject:"${subject(2)}"`);
      await notmuch("tag", "+flagged", "--", `subject:"${subject(6)}"`);
      const away = await fixture.client("here", { offline: true });
      await away.mail.rows(away.inbox, { sort: "arrival", descending: true, offset: 0, limit: 10 });
      assert.equal(away.mail.queued, 2);
      assert.ok(away.mail.message(away.inbox, 6)?.flags.includes("\\Flagged"));
      await away.mail.close();
      const back = await fixture.client("here");
      await back.mail.sync(back.inbox);
      await back.mail.close();
      const now = await onServer(wire);
      assert.deepEqual(now, ["2 $Forwarded \\Seen", "3 \\Answered", "4", "5 \\Seen", "6 \\Flagged"]);
      assert.ok(existsSync(join(root, ".notmuch")));
    });
  });

  test("mu: what it finds is what there is, and a flag of its server reaches ours", {
    skip: serverMissing("dovecot") || serverMissing("mu"),
  }, async () => {
    await watching(6, async (client, wire, fixture) => {
      const root = join(fixture.dir, "here/cache/maildir");
      const home = join(fixture.dir, "mu");
      mkdirSync(home);
      const env = { ...process.env, HOME: fixture.dir };
      const mu = async (command: string, ...args: string[]) =>
        (await execute("mu", [command, `--muhome=${home}`, ...args], { env })).stdout;
      await mu("init", `--maildir=${root}`);
      await mu("index");
      const found = async (query: string) =>
        (await mu("find", "--fields=s", query)).trim().split("\n").sort();
      assert.deepEqual(await found("flag:unread"), [1, 2, 3, 4, 5, 6].map(subject));
      await client.mail.flag(client.inbox, [4], "add", ["\\Seen", "\\Flagged"]);
      await mu("index");
      assert.deepEqual(await found("flag:flagged"), [subject(4)]);

      const id = (await mu("find", "--fields=i", `subject:"${subject(2)}"`)).trim();
      const server = spawn("mu", ["server", `--muhome=${home}`], {
        env,
        stdio: ["pipe", "ignore", "ignore"],
      });
      const ended = once(server, "exit");
      try {
        server.stdin.write(`(move :msgid "${id}" :flags "+S-u-N+R")\n`);
        await eventually("the flags are on the server", async () =>
          (await onServer(wire)).includes("2 \\Answered \\Seen"),
        );
      } finally {
        server.stdin.end("(quit)\n");
        await ended;
      }
    });
  });

  test("none: an index older than the names of its files, as a power failure may leave it", {
    skip: serverMissing("dovecot"),
  }, async () => {
    const fixture = await startFixture();
    let wire: Wire | undefined;
    try {
      fixture.dovecot.deliver(
        "INBOX",
        [1, 2, 3].map((n) => sampleMessage({ n, subject: subject(n) })),
      );
      const kept = join(fixture.dir, "here/cache");
      const index = () => readdirSync(kept).filter((name) => name.startsWith("index.sqlite"));
      const at = async (work: (client: Client) => Promise<unknown>) => {
        const client = await fixture.client("here");
        await client.mail.sync(client.inbox);
        await work(client);
        await client.mail.close();
        return notices(client);
      };
      await at(cache);
      for (const name of index()) copyFileSync(join(kept, name), join(fixture.dir, name));
      await at(async ({ mail, inbox }) => {
        await mail.flag(inbox, [1, 3], "add", ["\\Flagged"]);
        await mail.flag(inbox, [2], "add", ["\\Seen"]);
      });
      for (const name of index()) rmSync(join(kept, name));
      for (const name of readdirSync(fixture.dir).filter((found) => found.startsWith("index.sqlite")))
        copyFileSync(join(fixture.dir, name), join(kept, name));
      assert.deepEqual(await at(({ mail }) => mail.refreshFolders()), [], "nobody is said to have done it");
      wire = await Wire.open(fixture.dovecot.port, "INBOX");
      assert.deepEqual(await onServer(wire), ["1 \\Flagged", "2 \\Seen", "3 \\Flagged"]);
    } finally {
      wire?.close();
      await fixture.end();
    }
  });
});
