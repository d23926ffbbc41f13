// The SASL mechanisms against the examples of their RFCs, and which of them is chosen.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { type Channel, loginCommands } from "../../src/imap/auth/choose.ts";
import { cramMd5 } from "../../src/imap/auth/cram-md5.ts";
import { external } from "../../src/imap/auth/external.ts";
import { loginMechanism } from "../../src/imap/auth/login.ts";
import type { ChannelBinding, Login, Mechanism } from "../../src/imap/auth/mechanism.ts";
import { oauthBearer, xoauth2 } from "../../src/imap/auth/oauth.ts";
import { plain } from "../../src/imap/auth/plain.ts";
import { secretForms } from "../../src/imap/auth/redact.ts";
import { saslPrep } from "../../src/imap/auth/saslprep.ts";
import { scram } from "../../src/imap/auth/scram.ts";
import { Capabilities, ImapError, type ImapErrorCode, Secret } from "../../src/imap/index.ts";
import { Session } from "../../src/imap/session.ts";
import { Writer } from "../../src/imap/wire/writer.ts";

const fails =
  (code: ImapErrorCode, pattern = /./) =>
  (error: unknown): boolean =>
    error instanceof ImapError && error.code === code && pattern.test(error.message) && error.hint !== "";

/** What is said first and to each challenge, as UTF-8; "*" for giving up. */
async function converse(mechanism: Mechanism, ...challenges: string[]): Promise<string[]> {
  const exchange = mechanism.begin();
  const said = exchange.initial ? [exchange.initial().toString("utf8")] : [];
  for (const challenge of challenges)
    said.push((await exchange.respond(Buffer.from(challenge, "utf8")))?.toString("utf8") ?? "*");
  exchange.finish();
  return said;
}

const ann = { user: "ann", secret: new Secret("hunter-2") };
const token = { user: "ann@example.org", token: new Secret("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==") };

describe("mechanism", () => {
  it("PLAIN says all at once (RFC 4616)", async () => {
    assert.deepEqual(await converse(plain(ann)), ["\0ann\0hunter-2"]);
    assert.deepEqual(await converse(plain({ ...ann, authorizeAs: "boss" })), ["boss\0ann\0hunter-2"]);
    assert.throws(
      () =>
        plain({ ...ann, user: "a\0b" })
          .begin()
          .initial?.(),
      fails("ARGUMENT"),
    );
  });

  it("LOGIN says user and password, whatever the prompts, and nothing else", async () => {
    assert.deepEqual(await converse(loginMechanism(ann), "Username:", "Password:"), ["ann", "hunter-2"]);
    assert.deepEqual(await converse(loginMechanism(ann), "", "", "more?"), ["ann", "hunter-2", "*"]);
  });

  it("CRAM-MD5 answers one challenge (RFC 2195 §2)", async () => {
    const tim = { user: "tim", secret: new Secret("tanstaaftanstaaf") };
    const challenge = "<1896.697170952@postoffice.reston.mci.net>";
    const answer = "tim b913a602c7eda7a495b4e6e7334d3890";
    assert.deepEqual(await converse(cramMd5(tim), challenge, challenge), [answer, "*"]);
  });

  it("EXTERNAL names whom to be, or leaves it to the certificate", async () => {
    assert.deepEqual(await converse(external({ user: "", certificate: true })), [""]);
    assert.deepEqual(await converse(external({ user: "ann", certificate: true })), ["ann"]);
  });

  it("OAUTHBEARER and XOAUTH2 send the token, and read why it was refused (RFC 7628 §4)", () => {
    const bearer = "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01";
    const why = '{"status":"invalid_token","scope":"mail","openid-configuration":"https://example.org/o"}';
    for (const [mechanism, first, dummy] of [
      [oauthBearer(token), `n,a=ann@example.org,\x01${bearer}`, "\x01"],
      [xoauth2(token), `user=ann@example.org\x01${bearer}`, ""],
      [oauthBearer({ ...token, user: "a=b,c" }), `n,a=a=3Db=2Cc,\x01${bearer}`, "\x01"],
    ] as const) {
      const exchange = mechanism.begin();
      assert.equal(exchange.initial?.().toString(), first);
      assert.equal(exchange.respond(Buffer.from(why))?.toString(), dummy);
      assert.throws(() => exchange.finish(), fails("AUTH"));
      const error = exchange.refused?.(new ImapError("AUTH", "x", { serverText: "no" }));
      assert.deepEqual(error?.oauth, {
        status: "invalid_token",
        scope: "mail",
        schemes: null,
        openidConfiguration: "https://example.org/o",
      });
      assert.equal(error?.serverText, "no");
    }
  });

  it("OAUTHBEARER takes any nonsense for a reason", () => {
    for (const text of ["", "401", "null", "[]", "{", '{"status":{"a":1}}', '{"__proto__":{"status":"x"}}']) {
      const exchange = oauthBearer(token).begin();
      exchange.initial?.();
      exchange.respond(Buffer.from(text));
      assert.equal(exchange.refused?.(new ImapError("AUTH", "x")).oauth?.status ?? null, null, text);
    }
    for (const user of ["a\x01auth=Bearer x", "a\r\nb"])
      assert.throws(
        () =>
          xoauth2({ ...token, user })
            .begin()
            .initial?.(),
        fails("ARGUMENT"),
      );
    assert.throws(
      () =>
        xoauth2({ ...token, token: new Secret("a\x01b") })
          .begin()
          .initial?.(),
      fails("ARGUMENT"),
    );
  });
});

describe("SCRAM", () => {
  const pencil = { user: "user", secret: new Secret("pencil") };
  const sha1 = {
    nonce: "fyko+d2lbbFgONRv9qkxdawL",
    first: "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
    challenge: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
    proof: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    verifier: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
  };

  it("proves, and has proved, as in RFC 5802 §5 and RFC 7677 §3", async () => {
    assert.deepEqual(
      await converse(scram("sha1", pencil, "none", sha1.nonce), sha1.challenge, sha1.verifier),
      [sha1.first, sha1.proof, ""],
    );
    const nonces = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    assert.deepEqual(
      await converse(
        scram("sha256", pencil, "none", "rOprNGfwEbeRWgbNEkqO"),
        `r=${nonces},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
      ),
      [
        "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        `c=biws,r=${nonces},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
        "",
      ],
    );
  });

  it("says what it knows of channel binding, and escapes names", () => {
    const first = (login: Parameters<typeof scram>[1], binding: Parameters<typeof scram>[2]) =>
      scram("sha256", login, binding, "N").begin().initial?.().toString();
    const binding: ChannelBinding = { type: "tls-exporter", data: Buffer.from("x") };
    assert.equal(first(pencil, "missed"), "y,,n=user,r=N");
    assert.equal(first(pencil, binding), "p=tls-exporter,,n=user,r=N");
    assert.equal(
      first({ ...pencil, user: "a,b=c", authorizeAs: "x=y" }, "none"),
      "n,a=x=3Dy,n=a=2Cb=3Dc,r=N",
    );
    assert.equal(scram("sha256", pencil, binding).name, "SCRAM-SHA-256-PLUS");
    assert.notEqual(
      scram("sha1", pencil, "none").begin().initial?.().toString(),
      scram("sha1", pencil, "none").begin().initial?.().toString(),
    );
  });

  it("does not answer a challenge that is none, or is a trap", async () => {
    const trap = async (challenge: string, pattern: RegExp) => {
      const exchange = scram("sha1", pencil, "none", sha1.nonce).begin();
      exchange.initial?.();
      await assert.rejects(
        async () => exchange.respond(Buffer.from(challenge)),
        fails("AUTH", pattern),
        challenge,
      );
      assert.throws(() => exchange.finish(), fails("AUTH"));
    };
    const salted = "s=QSXCR+Q6sek8bf92";
    await trap("", /no sense/);
    await trap(`m=ext,r=${sha1.nonce}x,${salted},i=4096`, /no sense/);
    await trap(`r=${sha1.nonce}x,s=,i=4096`, /no sense/);
    await trap(`r=${sha1.nonce}x,${salted},i=-1`, /no sense/);
    await trap(`r=${sha1.nonce}x,${salted},i=4096000000000`, /no sense/);
    await trap(`r=${sha1.nonce},${salted},i=4096`, /not made for this login/);
    await trap(`r=other,${salted},i=4096`, /not made for this login/);
    await trap(`r=${sha1.nonce}x,${salted},i=1`, /1 rounds/);
    await trap(`r=${sha1.nonce}x,${salted},i=2000000000`, /2000000000 rounds/);
  });

  it("believes nobody who has not proved to know the password", async () => {
    for (const verifier of ["v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "v=", "", "x=y", "v=rmF9"]) {
      const exchange = scram("sha1", pencil, "none", sha1.nonce).begin();
      exchange.initial?.();
      await exchange.respond(Buffer.from(sha1.challenge));
      assert.throws(() => exchange.finish(), fails("AUTH", /before the login was complete/));
      await assert.rejects(async () => exchange.respond(Buffer.from(verifier)), fails("AUTH", /not prove/));
      assert.throws(() => exchange.finish(), fails("AUTH"));
    }
  });

  it("makes one proof only, however often it is asked", async () => {
    const exchange = scram("sha1", pencil, "none", sha1.nonce).begin();
    exchange.initial?.();
    const proof = exchange.respond(Buffer.from(sha1.challenge));
    assert.equal(exchange.respond(Buffer.from(sha1.challenge)), null);
    assert.equal((await proof)?.toString(), sha1.proof);
  });

  it("tells an offer that someone took away", () => {
    const exchange = scram("sha1", pencil, "missed", sha1.nonce).begin();
    exchange.initial?.();
    assert.equal(exchange.respond(Buffer.from("e=server-does-support-channel-binding")), null);
    assert.equal(exchange.refused?.(new ImapError("AUTH", "x")).code, "INSECURE");
  });

  it("prepares passwords as RFC 4013 says", () => {
    for (const [text, prepared] of [
      ["I\u00adX", "IX"],
      ["user", "user"],
      ["USER", "USER"],
      ["\u00aa", "a"],
      ["\u2168", "IX"],
      ["a\u00a0b", "a b"],
      ["u\u0308", "\u00fc"],
    ] as const)
      assert.equal(saslPrep(text), prepared);
    for (const text of ["\u0007", "a\u0000b", "\ue000", "\ud800x", "\u202eabc"])
      assert.throws(() => saslPrep(text), fails("ARGUMENT"), JSON.stringify(text));
  });
});

describe("choice of the mechanism", () => {
  const binding: ChannelBinding = { type: "tls-exporter", data: Buffer.alloc(32) };
  const tls: Channel = { encrypted: true, bindings: [binding] };
  const clear: Channel = { encrypted: false, bindings: [] };

  /** What is sent first, up to the first argument. */
  const sent = (who: Login, offered: string, channel: Channel): string[] => {
    const capabilities = new Capabilities(offered.split(" "));
    return loginCommands(who, capabilities, channel).map((command) => {
      const session = new Session();
      const writer = new Writer("A", { nonSynchronizing: -1, utf8: false });
      command.begin(session, "A").write(writer);
      const [part] = writer.end();
      return part?.kind === "bytes" ? part.log.replace(/^A /, "") : "";
    });
  };
  const all =
    "AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5 AUTH=SCRAM-SHA-1 AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-1-PLUS";

  const rows: [string, Login, string, Channel, string[]][] = [
    ["the strongest", ann, all, tls, ["AUTHENTICATE SCRAM-SHA-256-PLUS"]],
    ["no -PLUS without TLS", ann, all, clear, ["AUTHENTICATE SCRAM-SHA-256"]],
    ["PLAIN behind TLS", ann, "AUTH=CRAM-MD5 AUTH=PLAIN AUTH=LOGIN", tls, ["AUTHENTICATE PLAIN"]],
    ["no password in clear text", ann, "AUTH=PLAIN AUTH=CRAM-MD5", clear, ["AUTHENTICATE CRAM-MD5"]],
    ["LOGIN where nothing is offered", ann, "IMAP4rev1", tls, ["LOGIN {3}"]],
    ["AUTH=LOGIN where LOGIN is not", ann, "LOGINDISABLED AUTH=LOGIN", tls, ["AUTHENTICATE LOGIN"]],
    ["CRAM-MD5 before nothing", ann, "LOGINDISABLED AUTH=CRAM-MD5", tls, ["AUTHENTICATE CRAM-MD5"]],
    [
      "what can act as another",
      { ...ann, authorizeAs: "boss" },
      "AUTH=CRAM-MD5 AUTH=PLAIN",
      clear,
      ["AUTHENTICATE PLAIN"],
    ],
    ["what is forced", { ...ann, mechanism: "CRAM-MD5" }, all, tls, ["AUTHENTICATE CRAM-MD5"]],
    ["LOGIN where forced", { ...ann, mechanism: "LOGIN" }, "IMAP4rev1", tls, ["LOGIN {3}"]],
    ["OAUTHBEARER", token, "AUTH=XOAUTH2 AUTH=OAUTHBEARER AUTH=PLAIN", tls, ["AUTHENTICATE OAUTHBEARER"]],
    ["XOAUTH2", token, "AUTH=XOAUTH2 AUTH=PLAIN", tls, ["AUTHENTICATE XOAUTH2"]],
    ["EXTERNAL", { user: "", certificate: true }, "AUTH=EXTERNAL AUTH=PLAIN", tls, ["AUTHENTICATE EXTERNAL"]],
  ];
  for (const [name, who, offered, channel, expected] of rows)
    it(`takes ${name}`, () =>
      assert.deepEqual(
        sent(who, offered, channel).map((line) => (line.startsWith("LOGIN") ? "LOGIN {3}" : line)),
        expected,
      ));

  it("tries another channel binding before it gives up", () => {
    const bindings: ChannelBinding[] = [binding, { type: "tls-unique", data: Buffer.alloc(12) }];
    assert.equal(sent(ann, all, { encrypted: true, bindings }).length, 2);
  });

  it("refuses where nothing fits", () => {
    const refused = (who: Login, offered: string, code: ImapErrorCode) =>
      assert.throws(() => sent(who, offered, tls), fails(code));
    refused(ann, "LOGINDISABLED AUTH=GSSAPI", "AUTH");
    refused(ann, "LOGINDISABLED AUTH=XOAUTH2", "AUTH");
    refused(token, "AUTH=PLAIN", "AUTH");
    refused({ user: "", certificate: true }, "AUTH=PLAIN", "AUTH");
    refused({ ...ann, mechanism: "SCRAM-SHA-256" }, "AUTH=PLAIN", "UNSUPPORTED");
    refused({ ...ann, mechanism: "PLAIN" }, "AUTH=LOGIN", "UNSUPPORTED");
    refused({ ...ann, mechanism: "LOGIN" }, "LOGINDISABLED AUTH=PLAIN", "UNSUPPORTED");
    refused({ ...ann, authorizeAs: "boss" }, "AUTH=CRAM-MD5", "AUTH");
  });

  it("shows a secret to nobody who prints the login", () => {
    for (const text of [inspect(ann, { depth: 9 }), JSON.stringify(ann), String(ann.secret)])
      assert.ok(!text.includes("hunter"), text);
    const forms = secretForms({ user: "ann", secret: new Secret('a"b\\c') });
    for (const form of ['a"b\\c', 'a\\"b\\\\c', Buffer.from('a"b\\c').toString("base64")])
      assert.ok(forms.includes(form), form);
  });
});
