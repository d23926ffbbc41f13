// Signed and encrypted by the sender, and read by the reader: with keyrings of their own, through real servers.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import type { Pgp, Writing } from "../../src/account/writing.ts";
import { plainWriting } from "../../src/account/writing.ts";
import { openProtected } from "../../src/message/crypto/index.ts";
import { extractAttachment, layoutBody, readMessage } from "../../src/message/index.ts";
import { type Built, build } from "../../src/send/compose/build.ts";
import type { Draft, DraftAttachment } from "../../src/send/compose/draft.ts";
import { SendError } from "../../src/send/errors.ts";
import { foresee, protect, protectDraft } from "../../src/send/protect/index.ts";
import { wishOf, withProtection } from "../../src/send/protect/wish.ts";
import { submit } from "../../src/send/submission/index.ts";
import { Gnupg, gpgMissing } from "../servers/gnupg.ts";
import { type SubmissionServer, startSubmission, submissionMissing } from "../servers/submission.ts";
import { accountOf, handover, noServer } from "./handover.ts";

const hard = [
  "Grüße aus Łódź, 日本語, 👩‍👩‍👧‍👦",
  "From the beginning",
  " a space before, and one at the end ",
  ".",
  "-- ",
  "- dashes",
  `long ${"word ".repeat(40)}end`,
].join("\n");

async function bytes(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const fails =
  (code: string, says: RegExp, hint = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof SendError, String(error instanceof Error ? error.stack : error));
    assert.deepEqual([error.code, says.test(error.message)], [code, true], error.message);
    assert.match(error.hint, hint);
    return true;
  };

describe("a message signed and encrypted", { skip: gpgMissing }, () => {
  const [mine, anns] = [new Gnupg(), new Gnupg()];
  const dir = mkdtempSync(join(tmpdir(), "postern-protect-"));
  const tools = { gnupgHome: mine.home };
  let me = "";

  before(() => {
    me = mine.newKey("Me <me@example.org>");
    anns.give(anns.newKey("Ann <ann@example.org>"), mine);
    anns.give(anns.newKey("Bob <bob@example.org>"), mine);
    anns.give(anns.newKey("Cy <cy@example.org>"), mine, false);
    mine.give(me, anns);
    mine.newKey("Old <old@example.org>", ["--faked-system-time", "20200101T000000"]);
    mine.run(["--passphrase", "", "--quick-generate-key", "Sig <sig@example.org>", "ed25519", "sign"]);
  });
  after(() => {
    for (const one of [mine, anns]) one.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const draftOf = (headers: Record<string, string> = {}, attachments: DraftAttachment[] = []): Draft => ({
    headers: Object.entries({
      From: "Me <me@example.org>",
      To: "Ann <ann@example.org>",
      Subject: "Tëst",
      ...headers,
    }).map(([name, value]) => ({ name, value })),
    body: `${hard}\n`,
    attachments,
    origin: null,
  });
  const file = (name: string, content: string | Buffer, mediaType: string | null = null): DraftAttachment => {
    writeFileSync(join(dir, name), content);
    return { path: join(dir, name), name, mediaType, disposition: "attachment", contentId: null };
  };
  const writingWith = (pgp: Partial<Pgp>): Writing => {
    const writing = plainWriting("me@example.org");
    const [own] = writing.identities;
    return { ...writing, identities: [{ ...own, pgp: { ...own.pgp, ...pgp } }] };
  };
  const made = async (draft: Draft, pgp: Partial<Pgp> = {}, how = tools): Promise<Built> => {
    const wish = wishOf(draft, writingWith(pgp));
    return protect(await build(draft, { sevenBit: wish.sign, markdown: true }), wish, how, noServer);
  };
  const source = async (draft: Draft, pgp: Partial<Pgp> = {}) => bytes((await made(draft, pgp)).message());
  const textOf = async (message: Buffer) =>
    layoutBody((await readMessage(message)).body, 300)
      .map(({ spans }) => spans.map(({ text }) => text).join(""))
      .join("\n");
  const plainText = async () => textOf(await bytes((await build(draftOf())).message()));

  it("is signed so that the reader finds the signature good, whatever is in it", async () => {
    const eml = Buffer.from("From: x@example.net\r\nSubject: caf\xe9\r\n\r\nbl\xe4\xf6\x00\r\n", "latin1");
    const attachments = [
      file("octets.bin", Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256))),
      file("trailing.txt", "x   \nFrom y\n.\n\t\n"),
      file("old.eml", eml, "message/rfc822"),
      file("seven.eml", "From: x@example.net\r\nSubject: y\r\n\r\nFrom z\r\n", "message/rfc822"),
    ];
    const signed = await source(draftOf({ Protect: "sign" }, attachments));
    assert.match(signed.toString("latin1"), /Content-Type: multipart\/signed; micalg=pgp-sha512;/);
    const opened = await openProtected(signed, { gnupgHome: anns.home });
    const [check] = opened.checks;
    assert.deepEqual(
      [check?.result, check?.trusted, check?.fromSender, check?.whole, check?.fingerprint],
      ["good", true, true, true, me],
    );
    assert.equal(await textOf(signed), await plainText());
    const read = await readMessage(signed);
    const names = attachments.map(({ name }) => name);
    const parts = await Promise.all(
      read.attachments
        .filter(({ fileName }) => names.includes(fileName))
        .map(async ({ section }) => extractAttachment(signed, section)),
    );
    assert.deepEqual(parts.map((part) => part?.fileName).sort(), [...names].sort());
    const old = parts.find((part) => part?.fileName === "old.eml");
    assert.deepEqual([old?.mediaType, old?.encoding], ["message/global", "base64"]);
    assert.deepEqual(Buffer.from(old?.bytes.toString("latin1") ?? "", "base64"), eml);
    assert.equal(parts.find((part) => part?.fileName === "seven.eml")?.mediaType, "message/rfc822");
  });

  it("is signed over 7 bits with CRLF and no space at the end of a line", async () => {
    const whole = (await source(draftOf({ Protect: "sign" }))).toString("latin1");
    const boundary = /boundary="(=_s[^"]+)"/.exec(whole)?.[1] ?? "";
    const signed = whole.split(`--${boundary}\r\n`)[1] ?? "";
    assert.match(signed, /^Content-Type: multipart\/alternative/);
    assert.doesNotMatch(signed, /[^\x01-\x7f]|[ \t]\r|[^\r]\n|\r[^\n]/);
    assert.doesNotMatch(signed, /^From /m);
    assert.doesNotMatch(whole, /^Protect:/im);
    // The same text changed on its way.
    const changed = Buffer.from(whole.replace("dashes", "dishes"), "latin1");
    assert.equal((await openProtected(changed, tools)).checks[0]?.result, "bad");
  });

  it("is encrypted to those it is for and to oneself, and says who wrote it", async () => {
    const draft = draftOf({ Cc: "bob@example.org", Protect: "sign, encrypt" });
    const message = await source(draft, {});
    assert.doesNotMatch(message.toString("latin1"), /dashes|=46rom|Content-Transfer-Encoding/);
    for (const { home } of [mine, anns]) {
      const opened = await openProtected(message, { gnupgHome: home });
      assert.deepEqual([opened.failure, opened.decrypted, opened.checks[0]?.result], [null, true, "good"]);
      assert.ok(opened.checks[0]?.fromSender && opened.checks[0].whole);
      assert.equal(await textOf(opened.source ?? Buffer.alloc(0)), await plainText());
      assert.equal((await readMessage(opened.source ?? Buffer.alloc(0))).headers.subject, "Tëst");
    }
    const stranger = new Gnupg();
    const strange = await openProtected(message, { gnupgHome: stranger.home });
    stranger.stop();
    assert.equal(strange.failure?.code, "NO_KEY");
  });

  const keyIds = (message: Buffer): string[] => {
    const armoured = /-----BEGIN PGP MESSAGE-----[\s\S]*-----END PGP MESSAGE-----/.exec(
      message.toString("latin1"),
    );
    // It fails where it cannot decrypt what it lists.
    const { stdout: packets } = spawnSync("gpg", ["--batch", "--list-packets"], {
      input: armoured?.[0],
      env: { ...process.env, GNUPGHOME: mine.home },
      encoding: "utf8",
    });
    return [...packets.matchAll(/^:pubkey enc packet:.* keyid ([0-9A-F]+)/gm)].map(([, id = ""]) => id);
  };

  it("does not tell by its keys who has a blind copy, who can read it all the same", async () => {
    const blind = await source(draftOf({ Bcc: "bob@example.org", Protect: "encrypt" }));
    const open = await source(draftOf({ Cc: "bob@example.org", Protect: "encrypt" }));
    assert.deepEqual([keyIds(blind).length, keyIds(open).length], [3, 3]);
    assert.equal(keyIds(blind).filter((id) => /^0+$/.test(id)).length, 1);
    assert.equal(keyIds(open).filter((id) => /^0+$/.test(id)).length, 0);
    assert.doesNotMatch(blind.toString("latin1"), /bob@|<bob/i);
    assert.ok((await openProtected(blind, { gnupgHome: anns.home })).decrypted);
  });

  it("is not sent where a key is missing, and says whose and what to do", async () => {
    const to = (list: string) => made(draftOf({ To: list, Protect: "encrypt" }));
    await assert.rejects(
      to("ann@example.org, nobody@example.org"),
      fails("NO_KEY", /^there is no key of nobody@example\.org$/, /--locate-keys nobody@example\.org/),
    );
    await assert.rejects(
      to("cy@example.org"),
      fails("NO_KEY", /nobody you trust .* cy@example\.org/, /gpg --quick-lsign-key [0-9A-F]{40}/),
    );
    await assert.rejects(to("old@example.org"), fails("NO_KEY", /the key of old@example\.org has expired/));
    await assert.rejects(
      to("sig@example.org"),
      fails("NO_KEY", /the key of sig@example\.org cannot encrypt/),
    );
    // All of them at once; what is like an address is not it.
    await assert.rejects(
      to("x@example.org, cy@example.org, example.org@ann"),
      fails("NO_KEY", /x@example\.org; .*cy@example\.org; .*example\.org@ann/),
    );
    const other = draftOf({ From: "other@example.org", Protect: "sign, encrypt" });
    await assert.rejects(made(other), fails("NO_KEY", /you have no usable key of other@example\.org/));
    const signing = await made(draftOf({ From: "other@example.org", Protect: "sign" }));
    await assert.rejects(bytes(signing.message()), fails("NO_KEY", /other@example\.org/, /pgp-key/));
    assert.ok(await source(draftOf({ From: "other@example.org", Protect: "sign" }), { key: me }));
  });

  it("is encrypted by setting: always, or where all keys are known", async () => {
    const encrypts = async (headers: Record<string, string>, pgp: Partial<Pgp>) =>
      /multipart\/encrypted/.test((await source(draftOf(headers), pgp)).toString("latin1"));
    assert.equal(await encrypts({}, {}), false);
    assert.equal(await encrypts({}, { encrypt: "known" }), true);
    assert.equal(await encrypts({ Cc: "nobody@example.org" }, { encrypt: "known" }), false);
    assert.equal(await encrypts({ From: "sig@example.org" }, { encrypt: "known" }), false);
    assert.equal(await encrypts({ Protect: "none" }, { encrypt: "always" }), false);
    await assert.rejects(
      encrypts({ Cc: "nobody@example.org" }, { encrypt: "always" }),
      fails("NO_KEY", /nobody/),
    );
    const wish = wishOf(draftOf(), writingWith({ encrypt: "known", sign: true }));
    assert.deepEqual(await foresee(wish, ["ann@example.org"], tools), {
      sign: true,
      encrypt: true,
      problems: [],
    });
    assert.deepEqual(wishOf(withProtection(draftOf(), { sign: true, encrypt: false }), writingWith({})), {
      ...{ sign: true, encrypt: "never", own: "<me@example.org>" },
    });
    assert.throws(() => wishOf(draftOf({ Protect: "encrpyt" }), writingWith({})), fails("HEADER", /encrpyt/));
  });

  it("is kept as a draft for one's own eyes", async () => {
    const saved = async (headers: Record<string, string>, pgp: Partial<Pgp>) => {
      const draft = draftOf({ To: "", Bcc: "nobody@exam", ...headers });
      const wish = wishOf(draft, writingWith(pgp));
      return bytes(
        (await protectDraft(await build(draft, { unfinished: true }), wish, tools, noServer)).message(),
      );
    };
    for (const [headers, pgp] of [
      [{ Protect: "encrypt" }, {}],
      [{}, { encrypt: "known" }],
    ] as const) {
      const message = await saved(headers, pgp);
      assert.equal(keyIds(message).length, 1);
      const opened = await openProtected(message, tools);
      assert.equal(await textOf(opened.source ?? Buffer.alloc(0)), await plainText());
    }
    await assert.rejects(
      saved({ From: "other@example.org", Protect: "encrypt" }, {}),
      fails("NO_KEY", /other/),
    );
    assert.match(String(await saved({ From: "other@example.org" }, { encrypt: "known" })), /dashes/);
  });

  it("fails as what it is made of fails, and where gpg does", async () => {
    const gone = file("gone.txt", "x");
    for (const word of ["sign", "encrypt", "sign, encrypt"]) {
      const built = await made(draftOf({ Protect: word }, [gone]));
      rmSync(gone.path);
      await assert.rejects(bytes(built.message()), /ENOENT/);
      writeFileSync(gone.path, "x");
      await assert.rejects(
        async () =>
          bytes((await made(draftOf({ Protect: word }), {}, { ...tools, gpg: "false" } as never)).message()),
        fails(word === "sign" ? "GPG" : "NO_KEY", /./),
      );
      await assert.rejects(
        async () =>
          bytes(
            (await made(draftOf({ Protect: word }), {}, { ...tools, gpg: "/no/gpg" } as never)).message(),
          ),
        fails("GPG", /gpg is not installed/),
      );
    }
    const locked = new Gnupg();
    locked.newKey("Me <me@example.org>", [], "secret words");
    locked.run(["--import-ownertrust"], "");
    const built = await made(draftOf({ Protect: "sign" }), {}, { gnupgHome: locked.home });
    // Made just now, the agent remembers it.
    locked.forget();
    await assert.rejects(bytes(built.message()), fails("PASSPHRASE", /me@example\.org/));
    locked.stop();
  });

  it("takes 60 MB in the memory that little takes", { timeout: 120_000 }, async () => {
    const large = file("large.bin", "");
    // Of zeros, and held by nobody: other tests of this process measure their memory too.
    truncateSync(large.path, 60e6);
    for (const word of ["sign", "sign, encrypt"]) {
      const built = await made(draftOf({ Protect: word }, [large]));
      const before = process.memoryUsage().arrayBuffers;
      let [most, size] = [0, 0];
      for await (const chunk of built.message()) {
        size += (chunk as Buffer).length;
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
      assert.ok(size > (word === "sign" ? 80e6 : 5e4), `${size}`);
      assert.ok(most < 40e6, `${Math.round(most / 1e6)} MB`);
    }
  });

  describe("through Dovecot", { skip: submissionMissing() }, () => {
    let server: SubmissionServer;
    before(async () => {
      server = await startSubmission();
    });
    after(() => server?.stop());

    for (const word of ["sign", "encrypt", "sign, encrypt"])
      it(`arrives as it was meant: ${word}`, async () => {
        const draft = draftOf({ Bcc: "bob@example.org", Protect: word }, [file("a.txt", "x \n")]);
        const { message, envelope, messageId } = await made(draft);
        const whole = await bytes(message());
        await submit(handover(accountOf(server), whole, { envelope, message: () => Readable.from([whole]) }));
        for (const user of ["ann", "bob"]) {
          const got = server.received(user).find((each) => each.includes(messageId));
          assert.ok(got?.equals(whole));
          const opened = await openProtected(got ?? whole, { gnupgHome: anns.home });
          assert.equal(opened.failure, null);
          assert.deepEqual(
            opened.checks.map(({ result }) => result),
            word === "encrypt" ? [] : ["good"],
          );
        }
      });
  });
});
