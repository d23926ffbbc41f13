// Signing and encrypting on the screen, by gpg with real keys: what the message says of it, what gpg asks, what others get.
import assert from "node:assert/strict";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openProtected } from "../../src/message/crypto/index.ts";
import { Gnupg, gpgMissing } from "../servers/gnupg.ts";
import { type SubmissionServer, startSubmission, submissionMissing } from "../servers/submission.ts";
import { eventually, type Home, makeHome, openScreen } from "./postern.ts";
import type { Pty } from "./pty.ts";

/** Speaks for a person who knows the passphrase, as gpg's agent has it (the Assuan protocol). */
const pinentry = `#!/bin/sh
echo "OK ready"
while read -r line; do
  case "$line" in
    GETPIN*) echo asked >> "$(dirname "$0")/asked"; echo "D the word"; echo OK ;;
    BYE*) echo OK; exit ;;
    *) echo OK ;;
  esac
done
`;

describe("signing and encrypting on the screen", { skip: submissionMissing() || gpgMissing }, () => {
  const mine = new Gnupg();
  const anns = new Gnupg();
  let server: SubmissionServer;
  let home: Home;
  let pty: Pty;
  const asked = join(mine.home, "asked");

  before(async () => {
    server = await startSubmission();
    mine.newKey("Me <me@example.org>", [], "the word");
    anns.give(anns.newKey("Ann <ann@example.org>"), mine);
    writeFileSync(join(mine.home, "pinentry"), pinentry);
    chmodSync(join(mine.home, "pinentry"), 0o700);
    writeFileSync(
      join(mine.home, "gpg-agent.conf"),
      `pinentry-program ${join(mine.home, "pinentry")}\nallow-loopback-pinentry\n`,
    );
    mine.forget();
    const made = makeHome(server.dovecot.port);
    home = {
      ...made,
      env: { ...made.env, GNUPGHOME: mine.home, VISUAL: "", EDITOR: 'sh "$HOME/editor.sh"' },
    };
    writeFileSync(join(home.dir, "editor.sh"), 'echo "At nine." >> "$1"\n');
    writeFileSync(join(home.dir, "config.toml"), server.config('send-delay = "0"'));
    pty = await openScreen(home);
    await pty.waitFor("No messages");
  });
  after(async () => {
    await pty?.stop();
    await server?.stop();
    home?.remove();
    mine.stop();
    anns.stop();
  });

  const every =
    (...texts: string[]) =>
    (lines: string[]) =>
      texts.every((text) => lines.some((line) => line.includes(text)));
  async function write(to: string, subject: string): Promise<void> {
    pty.type("m");
    await pty.waitFor("To:");
    pty.type(`${to}\r`);
    await pty.waitFor("Subject:");
    pty.type(`${subject}\r`);
    await pty.waitFor(every("Your message", to, "At nine.", "not signed, not encrypted"));
  }
  async function received(subject: string): Promise<Buffer> {
    let found: Buffer | undefined;
    await eventually(async () => {
      found = server.received("ann").find((source) => source.includes(`Subject: ${subject}\r\n`));
      return found !== undefined;
    }, subject);
    return found ?? Buffer.alloc(0);
  }

  test("S has it signed, and gpg may ask for the passphrase on the terminal", async () => {
    await write("ann@example.org", "Signed");
    pty.type("S");
    await pty.waitFor("signed, not encrypted");
    await pty.waitFor((lines) => !every("not signed")(lines));
    assert.equal(existsSync(asked), false);
    pty.type("y");
    await pty.waitFor("sent: Signed");
    assert.equal(readFileSync(asked, "utf8"), "asked\n");
    const { checks } = await openProtected(await received("Signed"), { gnupgHome: mine.home });
    assert.deepEqual(
      checks.map(({ result, fromSender, whole }) => [result, fromSender, whole]),
      [["good", true, true]],
    );
  });

  test("E has it encrypted for those it is to; who has no key is told, and nothing goes", async () => {
    await write("ann@example.org, nobody@example.org", "Secret");
    pty.type("E");
    await pty.waitFor(every("not signed, encrypted", "there is no key of nobody@example.org"));
    pty.type("y");
    const told = (lines: string[]) =>
      lines.filter((line) => line.includes("there is no key of nobody")).length;
    await pty.waitFor((lines) => told(lines) === 2);
    pty.type("t\x15ann@example.org\r");
    await pty.waitFor((lines) => lines.some((line) => /To +ann@example\.org$/.test(line.trimEnd())));
    pty.type("S");
    await pty.waitFor((lines) => lines.some((line) => /Protect +signed, encrypted/.test(line)));
    pty.type("y");
    await pty.waitFor("sent: Secret");
    const message = await received("Secret");
    assert.doesNotMatch(message.toString("latin1"), /At nine/);
    const opened = await openProtected(message, { gnupgHome: anns.home });
    assert.match(`${opened.source}`, /At nine\./);
  });

  test("Enter on its row goes through all there are; what it says is kept in the draft", async () => {
    await write("ann@example.org", "Kept");
    for (let i = 0; i < 5; i++) pty.type("j");
    for (const state of ["signed, not encrypted", "not signed, encrypted", "signed, encrypted"]) {
      pty.type("\r");
      await pty.waitFor((lines) => lines.some((line) => line.includes(`Protect  ${state}`)));
    }
    pty.type("q");
    await pty.waitFor("kept as draft");
    const drafts = join(home.dir, "state/postern/test/drafts");
    const texts = readdirSync(drafts).filter((name) => name.endsWith(".draft"));
    assert.deepEqual(
      texts.map((name) => /^Protect: .*$/m.exec(readFileSync(join(drafts, name), "utf8"))?.[0]),
      ["Protect: sign, encrypt"],
    );
  });
});
