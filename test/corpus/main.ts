/**
 * `npm run corpus -- FOLDER…`: puts every message of the folders into a Dovecot mailbox, lists and opens each in the
 * shell's way and on the screen, and ends with `N listed, N opened, N failed`, every failure named above.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../../src/account/config.ts";
import { resultJson } from "../../src/cli/json.ts";
import { resultText } from "../../src/cli/text.ts";
import { Secret } from "../../src/imap/index.ts";
import { Mail } from "../../src/mail/index.ts";
import { startPty } from "../screen/pty.ts";
import { strayBytes } from "../screen/stray.ts";
import { startDovecot } from "../servers/dovecot.ts";
import { readSources } from "./sources.ts";

/** A message that takes longer than this to open has hung. */
const openMs = 5_000;

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error("usage: npm run corpus -- FOLDER…");
  process.exit(64);
}
const { messages, others } = readSources(folders);
console.log(`${messages.length} messages in ${folders.join(" ")} (${others} other files passed over)`);

const failures = new Map<string, string>();
const fail = (uid: number, why: string) => {
  const name = messages[uid - 1]?.name ?? `uid ${uid}`;
  if (!failures.has(name)) failures.set(name, why);
};

const dir = mkdtempSync(join(tmpdir(), "postern-corpus-"));
const dovecot = await startDovecot();
const config = join(dir, "config.toml");
writeFileSync(join(dir, "ca.pem"), dovecot.ca);
writeFileSync(
  config,
  `[accounts.corpus]\naddress = "${dovecot.user}@example.org"\nimap = "imaps://${dovecot.user}@localhost:${dovecot.tlsPort}"\nca-file = "ca.pem"\n`,
);
let listed = 0;
let opened = 0;
try {
  dovecot.deliver(
    "INBOX",
    messages.map((m) => m.bytes),
  );
  await inTheShell();
  await onTheScreen();
} finally {
  await dovecot.stop();
  rmSync(dir, { recursive: true, force: true });
}
for (const [name, why] of failures) console.log(`FAILED ${name}: ${why}`);
console.log(`${listed} listed, ${opened} opened, ${failures.size} failed`);
process.exit(failures.size === 0 && listed === messages.length ? 0 : 1);

/** Text for a pipe may hold line ends and tabs, and nothing else that a terminal would obey. */
function unsafeText(text: string): string | null {
  const found = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/.exec(text);
  return found ? `U+${found[0].charCodeAt(0).toString(16).padStart(4, "0")}` : null;
}

/** What `postern list` and `postern fetch` do and print, without a process for each message. */
async function inTheShell(): Promise<void> {
  const account = loadConfig(config).accounts[0]!;
  const mail = Mail.open({
    account,
    directories: { cacheDir: join(dir, "shell-cache"), stateDir: join(dir, "shell-state") },
    password: () => Promise.resolve(new Secret(dovecot.password)),
    offline: false,
    keepOnline: false,
  });
  const folder = await mail.findFolder("INBOX");
  const items = await mail.rows(folder, {
    sort: "arrival",
    descending: false,
    offset: 0,
    limit: messages.length,
  });
  listed = items.length;
  const started = Date.now();
  for (const item of items) {
    const row = resultText(
      { kind: "messages", folder, items: [item], total: 1 },
      { columns: null, now: 0, utf8: true },
    );
    if (row.split("\n").length !== 2) fail(item.uid, "its row is not one line");
    const before = Date.now();
    try {
      const result = {
        kind: "message",
        folder,
        uid: item.uid,
        message: await mail.read(folder, item.uid),
      } as const;
      const text = row + resultText(result, { columns: 80, now: 0, utf8: true });
      const unsafe = unsafeText(text);
      if (unsafe) fail(item.uid, `prints ${unsafe}`);
      JSON.parse(resultJson(result, { account: mail.account, folder }, []));
      for (const { section } of result.message.attachments) {
        const { stream } = await mail.part(folder, item.uid, section);
        for await (const _ of stream);
      }
      opened++;
    } catch (error) {
      fail(item.uid, error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    if (Date.now() - before > openMs) fail(item.uid, `took ${Date.now() - before} ms to open`);
  }
  console.log(`in the shell: ${opened} opened in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  await mail.close();
}

/** Opens one after another by the keys of a person, oldest last, and reads what reaches the terminal. */
async function onTheScreen(): Promise<void> {
  const program = fileURLToPath(new URL("../../bin/postern", import.meta.url));
  const pty = await startPty(process.execPath, [program, "-c", config], {
    columns: 80,
    rows: 24,
    env: {
      POSTERN_PASSWORD: dovecot.password,
      XDG_CACHE_HOME: join(dir, "screen-cache"),
      XDG_STATE_HOME: join(dir, "screen-state"),
      LANG: "C.UTF-8",
    },
  });
  const started = Date.now();
  let seen = 0;
  try {
    const total = messages.length;
    const number = (n: number) => n.toLocaleString("en").replaceAll(",", "\u2009");
    await pty.waitFor(
      (lines) => lines.some((l) => l.includes(`1/${number(total)}`) && l.includes("online")),
      60_000,
    );
    pty.type("\r");
    for (let n = 1; n <= total; n++) {
      const uid = total - n + 1;
      const from = pty.bytes;
      try {
        await pty.waitFor(
          (lines) =>
            lines.some((l) => l.includes(`${number(n)}/${number(total)}`)) &&
            !lines.some((l) => l.includes("Loading…")),
          openMs,
        );
        seen++;
      } catch {
        fail(uid, `does not open on the screen:\n${pty.text().join("\n")}`);
      }
      const stray = strayBytes(pty.raw.subarray(from));
      if (stray) fail(uid, `the terminal got ${stray}`);
      if (n < total) pty.type("J");
    }
    // With marks as read still on their way it would ask.
    await pty.waitFor((lines) => !lines.some((l) => l.includes("↑")), openMs);
    pty.type("qq");
    const ended = await Promise.race([pty.exit, setTimeout(openMs, null, { ref: false })]);
    if (ended !== 0) fail(0, `the screen did not end well:\n${pty.text().join("\n")}`);
  } finally {
    await pty.stop();
  }
  console.log(`on the screen: ${seen} opened in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
