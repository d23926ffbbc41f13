/** S/MIME on the screen: checked and decrypted by openssl, with the authorities and the key that the config names. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { type Home, makeHome, openScreen } from "./postern.ts";
import type { Pty } from "./pty.ts";

const missing =
  serverMissing("dovecot") ||
  (spawnSync("openssl", ["version"]).status === 0 ? false : "openssl is not installed: S/MIME is NOT tested");

const entity = "Content-Type: text/plain; charset=utf-8\r\n\r\nThe text that counts.";

describe("S/MIME", { concurrency: false, skip: missing }, () => {
  let server: Dovecot;
  let home: Home;
  let pty: Pty;
  const openssl = (args: readonly string[], input = "") =>
    execFileSync("openssl", args, { input, cwd: home.dir, stdio: ["pipe", "pipe", "ignore"] });
  const message = (subject: string, type: string, ...body: string[]) =>
    Buffer.from(
      ["From: Ann <ann@example.org>", `Subject: ${subject}`, `Content-Type: ${type}`, ...body, ""].join(
        "\r\n",
      ),
    );
  const signed = (subject: string, by: string, text: string) => {
    const der = openssl(
      ["cms", "-sign", "-binary", "-signer", `${by}.crt`, "-inkey", `${by}.key`, "-outform", "DER"],
      entity,
    );
    return message(
      subject,
      'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="=b"',
      "",
      "--=b",
      text,
      "--=b",
      "Content-Type: application/pkcs7-signature; name=smime.p7s",
      "Content-Transfer-Encoding: base64",
      "",
      der.toString("base64"),
      "--=b--",
    );
  };
  before(async () => {
    server = await startDovecot({ tls: "none" });
    home = makeHome(server.port, '[smime]\nkey = "ann.pem"\nauthorities = "ann.crt"\n');
    for (const name of ["ann", "stranger"])
      openssl([
        ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", `${name}.key`, "-out", `${name}.crt`],
        ...["-days", "30", "-subj", "/CN=Ann Example", "-addext", "subjectAltName=email:ann@example.org"],
        ...["-addext", "keyUsage=digitalSignature,keyEncipherment,keyCertSign"],
        ...["-addext", "extendedKeyUsage=emailProtection"],
      ]);
    const at = (name: string) => join(home.dir, name);
    writeFileSync(at("ann.pem"), `${readFileSync(at("ann.crt"))}${readFileSync(at("ann.key"))}`);
    const encrypted = (subject: string, to: string) =>
      message(
        subject,
        "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
        "Content-Transfer-Encoding: base64",
        "",
        openssl(["cms", "-encrypt", "-binary", "-aes256", "-outform", "DER", `${to}.crt`], entity).toString(
          "base64",
        ),
      );
    server.deliver("INBOX", [
      encrypted("Not for us", "stranger"),
      encrypted("Secret", "ann"),
      signed("Unknown", "stranger", entity),
      signed("Changed", "ann", entity.replace("counts", "matters")),
      signed("Signed", "ann", entity),
    ]);
    pty = await openScreen(home);
    await pty.waitFor("Signed");
    await pty.waitFor("● online");
    pty.type("\r");
  });
  after(async () => {
    await pty?.stop();
    await server?.stop();
    home?.remove();
  });

  test("a signature by an authority that is trusted is good, and says whose it is", async () => {
    await pty.waitFor("The text that counts.");
    await pty.waitFor("Signed   ✓ by Ann Example <ann@example.org> (S/MIME)");
  });

  test("a text that was changed is told", async () => {
    pty.type("J");
    await pty.waitFor("The text that matters.");
    await pty.waitFor("✗ changed on its way");
  });

  test("a signature that nobody vouches for is doubted", async () => {
    pty.type("J");
    await pty.waitFor((shown) => shown.some((line) => line.includes("Subject") && line.includes("Unknown")));
    await pty.waitFor((shown) => shown.some((line) => /Signed +[?~!] by Ann Example/.test(line)));
    assert.ok(!pty.text().some((line) => line.includes("✓")));
  });

  test("what is encrypted is decrypted with the key of the config, and what is for another key says so", async () => {
    pty.type("J");
    await pty.waitFor("Encrypted  ✓ and decrypted here");
    await pty.waitFor("The text that counts.");
    pty.type("J");
    await pty.waitFor("Not for us");
    await pty.waitFor("what it says is not shown");
    assert.ok(!pty.text().some((line) => line.includes("The text that counts.")));
  });
});
