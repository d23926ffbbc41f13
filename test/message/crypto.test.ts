import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { openProtected, type SignatureCheck } from "../../src/message/crypto/index.ts";
import { layoutBody, readMessage } from "../../src/message/index.ts";
import { Gnupg, gpgMissing } from "../servers/gnupg.ts";

const has = (tool: string, flag: string) => spawnSync(tool, [flag]).status === 0;
const opensslMissing = has("openssl", "version") ? false : "openssl is not installed: S/MIME is NOT tested";
if (opensslMissing) console.error(`# ${opensslMissing}`);

const dir = mkdtempSync(join(tmpdir(), "ptn-"));
const [keys, others] = [new Gnupg(), new Gnupg()];
const [home, stranger] = [keys.home, others.home];
const gpg = (args: readonly string[], input: string | Buffer = "") =>
  keys.run(["--passphrase", "", ...args], input);

let ann = "";
const openssl = (args: readonly string[], input = "") =>
  execFileSync("openssl", args, { input, cwd: dir, stdio: ["pipe", "pipe", "ignore"] });

before(() => {
  if (!gpgMissing) ann = keys.newKey("Ann <ann@example.org>");
  if (!opensslMissing) {
    for (const name of ["ann", "late"]) {
      openssl([
        ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", `${name}.key`, "-out", `${name}.crt`],
        ...["-days", "30", "-subj", "/CN=Ann Example", "-addext", "subjectAltName=email:ann@example.org"],
        ...["-addext", "keyUsage=digitalSignature,keyEncipherment,keyCertSign"],
        ...["-addext", "extendedKeyUsage=emailProtection"],
      ]);
    }
    writeFileSync(
      join(dir, "ann.pem"),
      `${readFileSync(join(dir, "ann.crt"))}${readFileSync(join(dir, "ann.key"))}`,
    );
  }
});
after(() => {
  if (!gpgMissing) for (const one of [keys, others]) one.stop();
  rmSync(dir, { recursive: true, force: true });
});

const TOP = "From: Ann <ann@example.org>\r\nTo: bob@example.org\r\nSubject: outer\r\nMIME-Version: 1.0\r\n";
const ENTITY = "Content-Type: text/plain; charset=utf-8\r\n\r\nThe text that counts.\r\n-- \r\nAnn";

function multipart(kind: string, parts: readonly (string | Buffer)[], more = ""): Buffer {
  const head = `${TOP}Content-Type: multipart/${kind}; boundary="=b"${more}\r\n\r\n`;
  const body = parts.flatMap((part) => ["--=b\r\n", part, "\r\n"]);
  return Buffer.concat([head, ...body, "--=b--\r\n"].map((one) => Buffer.from(one)));
}

function pgpSigned(entity = ENTITY, args: readonly string[] = [], more: readonly string[] = []): Buffer {
  const signature = gpg([...args, "--armor", "--detach-sign"], entity).toString();
  return multipart(
    "signed",
    [entity, `Content-Type: application/pgp-signature\r\n\r\n${signature}`, ...more],
    '; protocol="application/pgp-signature"; micalg=pgp-sha512',
  );
}

const check = async (source: Buffer, gnupgHome = home): Promise<SignatureCheck> => {
  const { checks } = await openProtected(source, { gnupgHome });
  assert.equal(checks.length, 1);
  return checks[0]!;
};

async function text(source: Buffer | null): Promise<string> {
  const message = await readMessage(source ?? Buffer.alloc(0));
  return layoutBody(message.body, 80)
    .map(({ spans }) => spans.map((span) => span.text).join(""))
    .join("\n");
}

test("PGP/MIME: a good signature, and who made it when", { skip: gpgMissing }, async () => {
  const started = Date.now();
  const found = await check(pgpSigned());
  assert.deepEqual([found.result, found.signer, found.fingerprint], ["good", "Ann <ann@example.org>", ann]);
  assert.deepEqual([found.trusted, found.fromSender, found.whole], [true, true, true]);
  assert.ok(Math.abs((found.signedAt ?? 0) - started) < 120_000);
  // As the cache of another program may have it.
  const lf = Buffer.from(pgpSigned().toString().replaceAll("\r\n", "\n"));
  assert.equal((await check(lf)).result, "good");
});

test("PGP/MIME: changed, by an unknown key, by another sender, beside unsigned text", {
  skip: gpgMissing,
}, async () => {
  const changed = Buffer.from(pgpSigned().toString().replace("counts", "matters"));
  assert.equal((await check(changed)).result, "bad");
  const unknown = await check(pgpSigned(), stranger);
  assert.deepEqual([unknown.result, unknown.signer, unknown.trusted], ["unknown-key", "", false]);
  assert.ok(ann.endsWith(unknown.fingerprint.slice(-16)));
  const spoofed = Buffer.from(pgpSigned().toString().replace("From: Ann <ann@", "From: Ann <boss@"));
  assert.equal((await check(spoofed)).fromSender, false);
  assert.equal((await check(pgpSigned(ENTITY, [], ["\r\nunsigned"]))).whole, false);
  const without = multipart("signed", [ENTITY], '; protocol="application/pgp-signature"');
  assert.equal((await check(without)).result, "unchecked");
});

test("PGP/MIME: an expired and a revoked key", { skip: gpgMissing }, async () => {
  const then = ["--faked-system-time", "20200101T000000"];
  const old = keys.newKey("Old <old@example.org>", then);
  const expired = await check(pgpSigned(ENTITY, [...then, "--local-user", old]));
  assert.deepEqual([expired.result, expired.trusted], ["expired", false]);
  const gone = keys.newKey("Gone <gone@example.org>");
  const source = pgpSigned(ENTITY, ["--local-user", gone]);
  const revocation = readFileSync(join(home, "openpgp-revocs.d", `${gone}.rev`), "utf8");
  gpg(["--import"], revocation.replace(":-----BEGIN", "-----BEGIN"));
  assert.equal((await check(source)).result, "revoked");
});

test("PGP/MIME: encrypted and signed, with a protected subject", { skip: gpgMissing }, async () => {
  const inner = ENTITY.replace("utf-8", 'utf-8; protected-headers="v1"').replace(
    /^/,
    "Subject: inner\r\nFrom: boss@example.org\r\n",
  );
  const encrypted = gpg(
    ["--armor", "--sign", "--trust-model", "always", "--recipient", ann, "--encrypt"],
    inner,
  );
  const source = multipart(
    "encrypted",
    [
      "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1",
      `Content-Type: application/octet-stream\r\n\r\n${encrypted}`,
    ],
    '; protocol="application/pgp-encrypted"',
  );
  assert.doesNotMatch(await text(source), /counts/);
  const opened = await openProtected(source, { gnupgHome: home });
  assert.deepEqual([opened.decrypted, opened.failure, opened.checks[0]?.result], [true, null, "good"]);
  assert.match(await text(opened.source), /^The text that counts\./);
  const { headers } = await readMessage(opened.source ?? Buffer.alloc(0));
  assert.deepEqual([headers.subject, headers.from[0]?.email], ["inner", "ann@example.org"]);
  const strange = await openProtected(source, { gnupgHome: stranger });
  assert.deepEqual([strange.source, strange.failure?.code], [null, "NO_KEY"]);
  const damaged = Buffer.from(source);
  damaged.writeUInt8(damaged.readUInt8(damaged.length - 200) ^ 1, damaged.length - 200);
  assert.notEqual((await openProtected(damaged, { gnupgHome: home })).failure, null);
});

test("PGP in the text: signed, encrypted, and what stands around", { skip: gpgMissing }, async () => {
  const clear = gpg(["--clear-sign"], "Signed words.\n").toString().replaceAll("\n", "\r\n");
  const plain = (body: string) => Buffer.from(`${TOP}\r\n${body}`);
  assert.deepEqual([(await check(plain(clear))).result, (await check(plain(clear))).whole], ["good", true]);
  assert.equal((await check(plain(`Unsigned.\r\n${clear}`))).whole, false);
  assert.equal((await check(plain(clear.replace("words", "lies")))).result, "bad");
  const secret = gpg(
    ["--armor", "--trust-model", "always", "-r", ann, "--encrypt"],
    "Secret words.\n",
  ).toString();
  const opened = await openProtected(plain(secret), { gnupgHome: home });
  assert.equal(await text(opened.source), "Secret words.");
  assert.deepEqual(opened.checks, []);
});

test("a program that is missing or hangs is a value, not an error", async () => {
  const source = multipart(
    "signed",
    [ENTITY, "Content-Type: application/pgp-signature\r\n\r\nx"],
    '; protocol="application/pgp-signature"',
  );
  const missing = await openProtected(source, { gpg: join(dir, "no-such-gpg") });
  assert.deepEqual(
    [missing.checks[0]?.result, missing.checks[0]?.detail],
    ["unchecked", "gpg is not installed"],
  );
  const slow = join(dir, "slow");
  writeFileSync(slow, "#!/bin/sh\nexec sleep 60\n", { mode: 0o700 });
  const hung = await openProtected(source, { gpg: slow, timeout: 200 });
  assert.match(hung.checks[0]?.detail ?? "", /did not end in time/);
  const liar = join(dir, "liar");
  writeFileSync(
    liar,
    "#!/bin/sh\ncat >/dev/null\nprintf '[GNUPG:] GOODSIG \\nVALIDSIG\\n[GNUPG:] VALIDSIG\\n\\377\\000' >&3\n",
    {
      mode: 0o700,
    },
  );
  assert.equal((await openProtected(source, { gpg: liar })).checks[0]?.trusted, false);
});

test("S/MIME: detached, in one piece, changed, by an unknown authority", {
  skip: opensslMissing,
}, async () => {
  writeFileSync(join(dir, "entity"), ENTITY);
  const sign = (name: string, ...more: string[]) =>
    openssl([
      "cms",
      "-sign",
      "-binary",
      "-in",
      "entity",
      "-signer",
      `${name}.crt`,
      "-inkey",
      `${name}.key`,
      "-outform",
      "DER",
      ...more,
    ]);
  const detached = (der: Buffer) =>
    multipart(
      "signed",
      [
        ENTITY,
        `Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n${der.toString("base64")}`,
      ],
      '; protocol="application/pkcs7-signature"; micalg=sha-256',
    );
  const tools = { smimeAuthorities: join(dir, "ann.crt") };
  const [good] = (await openProtected(detached(sign("ann")), tools)).checks;
  assert.deepEqual(
    [good?.result, good?.trusted, good?.signer, good?.fromSender, good?.whole],
    ["good", true, "Ann Example <ann@example.org>", true, true],
  );
  assert.match(good?.fingerprint ?? "", /^[0-9A-F]{64}$/);
  assert.ok(Math.abs((good?.signedAt ?? 0) - Date.now()) < 120_000);
  const [strange] = (await openProtected(detached(sign("late")), tools)).checks;
  assert.deepEqual([strange?.result, strange?.trusted], ["good", false]);
  const changed = Buffer.from(detached(sign("ann")).toString().replace("counts", "matters"));
  assert.equal((await openProtected(changed, tools)).checks[0]?.result, "bad");
  const opaque = Buffer.from(
    `${TOP}Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n${sign("ann", "-nodetach").toString("base64")}\r\n`,
  );
  const opened = await openProtected(opaque, tools);
  assert.deepEqual([opened.checks[0]?.result, opened.decrypted], ["good", false]);
  assert.match(await text(opened.source), /^The text that counts\./);
  const garbage = detached(Buffer.from("no CMS"));
  assert.equal((await openProtected(garbage, tools)).checks[0]?.result, "unchecked");
});

test("S/MIME: encrypted", { skip: opensslMissing }, async () => {
  writeFileSync(join(dir, "entity"), ENTITY);
  const der = openssl([
    "cms",
    "-encrypt",
    "-binary",
    "-aes256",
    "-in",
    "entity",
    "-outform",
    "DER",
    "ann.crt",
  ]);
  const source = Buffer.from(
    `${TOP}Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64\r\n\r\n${der.toString("base64")}\r\n`,
  );
  const opened = await openProtected(source, { smimeKey: join(dir, "ann.pem") });
  assert.match(await text(opened.source), /^The text that counts\./);
  assert.equal((await openProtected(source)).failure?.code, "NO_KEY");
  assert.equal((await openProtected(source, { smimeKey: join(dir, "none.pem") })).failure?.code, "NO_KEY");
});

test("messages that are hostile to it", async () => {
  const line = fc.constantFrom(
    'Content-Type: multipart/signed; boundary=b; protocol="application/pgp-signature"',
    "Content-Type: multipart/encrypted; boundary=b",
    "Content-Type: application/pkcs7-mime; smime-type=signed-data",
    "Content-Type: message/rfc822",
    "-----BEGIN PGP MESSAGE-----",
    "-----END PGP MESSAGE-----",
    "-----BEGIN PGP SIGNED MESSAGE-----",
    "--b",
    "--b--",
    "",
    "x",
  );
  // Programs that do nothing: what is tried here is what is around them.
  const tools = { gpg: "true", openssl: "true" };
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 20 }), async (lines) => {
      await openProtected(Buffer.from(lines.join("\r\n")), tools);
    }),
    { numRuns: 60 },
  );
});
