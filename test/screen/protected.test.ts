/** Signed and encrypted mail on the screen: checked and decrypted beside the keys, by gpg. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { type Home, makeHome, openScreen } from "./postern.ts";
import type { Pty } from "./pty.ts";

const missing =
  serverMissing("dovecot") ||
  (spawnSync("gpg", ["--version"]).status === 0 ? false : "gpg is not installed: OpenPGP is NOT tested");

const entity = "Content-Type: text/plain; charset=utf-8\r\n\r\nThe text that counts.";

describe("signed and encrypted messages", { skip: missing }, () => {
  let server: Dovecot;
  let home: Home;
  let pty: Pty;
  const gpg = (args: readonly string[], input: string) =>
    execFileSync(
      "gpg",
      ["--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback", "--armor", ...args],
      {
        input,
        env: { ...process.env, GNUPGHOME: join(home.dir, ".gnupg") },
        stdio: ["pipe", "pipe", "ignore"],
      },
    ).toString();
  const multipart = (subject: string, type: string, ...parts: string[]) =>
    Buffer.from(
      [
        "From: Ann <ann@example.org>",
        `Subject: ${subject}`,
        `Content-Type: multipart/${type}; boundary="=b"`,
        "",
        ...parts.flatMap((part) => ["--=b", part]),
        "--=b--",
        "",
      ].join("\r\n"),
    );
  const signed = (subject: string, text: string) => {
    const signature = gpg(["--detach-sign"], entity);
    return multipart(
      subject,
      'signed; protocol="application/pgp-signature"; micalg=pgp-sha512',
      text,
      `Content-Type: application/pgp-signature\r\n\r\n${signature}`,
    );
  };
  const encrypted = (subject: string, text: string) =>
    multipart(
      subject,
      'encrypted; protocol="application/pgp-encrypted"',
      "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1",
      `Content-Type: application/octet-stream\r\n\r\n${text}`,
    );
  const file =
    "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\nThe secret words.\r\n--in\r\nContent-Type: text/csv; name=secret.csv\r\n\r\n1,2,3\r\n--in--\r\n";
  before(async () => {
    server = await startDovecot({ tls: "none" });
    home = makeHome(server.port);
    mkdirSync(join(home.dir, ".gnupg"), { mode: 0o700 });
    gpg(["--quick-generate-key", "Ann <ann@example.org>", "default", "default", "never"], "");
    // Says that it is at work, and ends only when it is made to.
    mkdirSync(join(home.dir, "bin"));
    writeFileSync(
      join(home.dir, "bin", "gpg"),
      '#!/bin/sh\n[ -e "$HOME/slow" ] && exec sleep 60\nexec /usr/bin/gpg "$@"\n',
    );
    chmodSync(join(home.dir, "bin", "gpg"), 0o700);
    const secret = gpg(["--encrypt", "--sign", "--recipient", "ann@example.org"], file);
    server.deliver("INBOX", [
      encrypted("Slow", secret),
      encrypted("Not for us", "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----"),
      encrypted("Secret", secret),
      signed("Changed", entity.replace("counts", "matters")),
      signed("Signed", entity),
    ]);
    const env = { ...home.env, PATH: `${join(home.dir, "bin")}:${process.env.PATH}` };
    pty = await openScreen({ ...home, env });
    await pty.waitFor("Signed");
    await pty.waitFor("● online");
    pty.type("\r");
  });
  after(async () => {
    await pty?.stop();
    await server?.stop();
    spawnSync("gpgconf", ["--kill", "all"], { env: { ...process.env, GNUPGHOME: join(home.dir, ".gnupg") } });
    home?.remove();
  });

  test("a good signature says whose it is; the text is there before gpg has answered", async () => {
    await pty.waitFor("The text that counts.");
    await pty.waitFor("Signed   ✓ by Ann <ann@example.org> (OpenPGP)");
  });

  test("a text that was changed is told", async () => {
    pty.type("J");
    await pty.waitFor("The text that matters.");
    await pty.waitFor("✗ changed on its way: the signature of Ann");
  });

  test("what is encrypted is decrypted, its parts and its source too", async () => {
    pty.type("J");
    await pty.waitFor("The secret words.");
    await pty.waitFor("Encrypted  ✓ and decrypted here");
    await pty.waitFor("✓ by Ann");
    await pty.waitFor("secret.csv");
    pty.type("v|cat; echo\r");
    await pty.waitFor("1,2,3");
    await pty.waitFor("Enter goes back");
    pty.type("\r");
    pty.type("q");
  });

  test("what cannot be decrypted says why, and z d tries again", async () => {
    pty.type("J");
    await pty.waitFor("gpg cannot decrypt it");
    await pty.waitFor("what it says is not shown");
    pty.type("zd");
    await pty.waitFor("not decrypted: gpg cannot decrypt it");
  });

  test("while gpg works keys are answered, and C-g ends it", async () => {
    writeFileSync(join(home.dir, "slow"), "");
    pty.type("J");
    await pty.waitFor("decrypting… C-g stops it");
    pty.type("?");
    await pty.waitFor("/ searches, q closes");
    pty.type("q");
    await pty.waitFor("Encrypted  OpenPGP, decrypting…");
    pty.type("\x07");
    await pty.waitFor("stopped; :decrypt tries again");
    assert.ok(!pty.text().some((line) => line.includes("C-g stops it")));
    // Who goes away waits for nothing.
    pty.type("q\r");
    await pty.waitFor("decrypting… C-g stops it");
    pty.type("q");
    await pty.waitFor((shown) => !shown.some((line) => line.includes("C-g stops it")));
    rmSync(join(home.dir, "slow"));
    pty.type("\r");
    await pty.waitFor("The secret words.");
  });
});
