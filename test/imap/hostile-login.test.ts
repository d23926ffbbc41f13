// What a server may try to get at a password or token, or to be believed; and what it gets instead.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type Connection,
  enable,
  ImapError,
  type ImapErrorCode,
  type Login,
  noop,
  Secret,
  select,
  unauthenticate,
} from "../../src/imap/index.ts";
import { spending } from "../cost.ts";
import type { Peer } from "../servers/scripted.ts";
import { answerScram, type ScramAnswers } from "./scram-server.ts";
import { scriptedPeers } from "./scripted-session.ts";

const password = "hunter-2";
const ann = { user: "ann", secret: new Secret(password) };
const token = { user: "ann", token: new Secret("ya29.very-secret-token") };
const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64");
const plainMessage = base64(`\0ann\0${password}`);

describe("hostile login", () => {
  const { serve, dial } = scriptedPeers();

  const greeting = (capabilities: string) => `* OK [CAPABILITY IMAP4rev1 ${capabilities}] hi`;
  const mechanism = (name: string) => greeting(`SASL-IR LOGINDISABLED AUTH=${name}`);

  /** Logs in against a script that must fail it with `code`; what the server saw and what the error and the log say. */
  async function attacked(
    who: Login,
    code: ImapErrorCode,
    script: (peer: Peer) => Promise<void>,
  ): Promise<{ seen: string; told: string; error: ImapError; connection: Connection }> {
    let told = "";
    const server = await serve(script);
    const connection = await dial(server, {
      log: (direction, text) => {
        told += `${direction} ${text}\n`;
      },
    });
    connection.events.on("alert", (text) => {
      told += text;
    });
    let error: unknown;
    await connection.authenticate(who).catch((problem: unknown) => {
      error = problem;
    });
    assert.ok(error instanceof ImapError, "it must fail");
    assert.equal(error.code, code, error.message);
    assert.notEqual(connection.state, "authenticated");
    await server.finished;
    const { message, hint, serverText = "", stack = "" } = error;
    return { seen: server.seen, told: `${told}${message}${hint}${serverText}${stack}`, error, connection };
  }

  describe("by SCRAM", () => {
    const first = mechanism("SCRAM-SHA-256");
    const exchange = (answers: Partial<ScramAnswers>, end: string | null) => async (peer: Peer) => {
      peer.send(first);
      const { tag } = await answerScram(peer, { password, ...answers });
      if (end !== null) peer.send(`${tag} ${end}`);
    };
    /** The client hangs up on the server in the middle of its script. */
    const orGone = (script: (peer: Peer) => Promise<void>) => async (peer: Peer) => {
      await script(peer).catch((error: unknown) => assert.match(String(error), /client is gone/));
    };

    it("does not believe a server that does not know the password", async () => {
      const { seen } = await attacked(
        ann,
        "AUTH",
        exchange({ verifier: () => `v=${base64("guess")}` }, "OK welcome"),
      );
      assert.ok(!seen.includes(plainMessage));
    });

    it("does not believe an OK in place of the server's proof", async () => {
      await attacked(ann, "AUTH", async (peer) => {
        peer.send(first);
        peer.send(`${await peer.command(/^AUTHENTICATE/)} OK [CAPABILITY IMAP4rev1] welcome`);
      });
      await attacked(ann, "AUTH", async (peer) => {
        peer.send(first);
        const [, tag, encoded = ""] = await peer.expect(/^(\w+) AUTHENTICATE \S+ (\S+)$/);
        const nonce = Buffer.from(encoded, "base64").toString().split("r=")[1];
        peer.send(`+ ${base64(`r=${nonce}x,s=AAAA,i=4096`)}`);
        await peer.expect(/./);
        peer.send(`${tag} OK welcome`);
      });
    });

    it("does not hash for hours, nor so little that the proof tells the password", async () => {
      for (const iterations of ["2000000000", "1"]) {
        const spent = spending();
        const challenge = (text: string) => text.replace(/i=\d+/, `i=${iterations}`);
        await attacked(ann, "AUTH", orGone(exchange({ challenge }, null)));
        assert.ok(spent() < 1_000);
      }
    });

    it("does not answer a challenge recorded elsewhere, nor one that makes no sense", async () => {
      for (const challenge of [
        () => "r=recorded,s=AAAA,i=4096",
        () => "",
        () => "m=more,r=x",
        () => "\0".repeat(5000),
        (text: string) => text.replace(/,s=[^,]*/, ""),
      ])
        await attacked(ann, "AUTH", orGone(exchange({ challenge }, null)));
    });

    it("proves once, however many challenges come", async () => {
      await attacked(ann, "AUTH", async (peer) => {
        peer.send(first);
        const [, tag, encoded = ""] = await peer.expect(/^(\w+) AUTHENTICATE \S+ (\S+)$/);
        const nonce = Buffer.from(encoded, "base64").toString().split("r=")[1];
        const challenge = (end: string) => `+ ${base64(`r=${nonce}${end},s=AAAA,i=4096`)}`;
        peer.send(challenge("1"), challenge("2"));
        const answers = [await peer.expect(/^(.*)$/), await peer.expect(/^(.*)$/)].map(([text]) => text);
        assert.equal(answers.filter((text) => text !== "*").length, 1);
        peer.send(`${tag} NO no`);
      });
    });
  });

  describe("by a password that is shown", () => {
    it("does not take an OK for a login before it has said anything", async () => {
      const { seen } = await attacked(ann, "AUTH", async (peer) => {
        peer.send(greeting("LOGINDISABLED AUTH=PLAIN"));
        peer.send(`${await peer.command(/^AUTHENTICATE PLAIN$/)} OK welcome`);
      });
      assert.ok(!seen.includes(plainMessage));
      for (const name of ["LOGIN", "CRAM-MD5"])
        await attacked(ann, "AUTH", async (peer) => {
          peer.send(mechanism(name));
          peer.send(`${await peer.command(/^AUTHENTICATE/)} OK welcome`);
        });
    });

    it("does not take an OK for leave to send the literal, nor a refusal", async () => {
      const odd = { user: "ann", secret: new Secret("pässword") };
      const script = (answer: string) => async (peer: Peer) => {
        peer.send(greeting("X"));
        peer.send(`${await peer.command(/^LOGIN "ann" \{9\}$/)} ${answer}`);
      };
      for (const [answer, code] of [
        ["OK welcome", "SYNTAX"],
        ["NO not like this", "AUTH"],
      ] as const) {
        const { seen } = await attacked(odd, code, script(answer));
        assert.ok(!seen.includes("ssword"));
      }
    });

    it("sends nothing where LOGIN is forbidden and nothing else is offered", async () => {
      for (const offered of ["LOGINDISABLED", "LOGINDISABLED AUTH=GSSAPI", "logindisabled AUTH=XOAUTH2"]) {
        const { seen } = await attacked(ann, "AUTH", async (peer) => peer.send(greeting(offered)));
        assert.equal(seen, "");
      }
    });

    it("answers CRAM-MD5 once, and no empty challenge", async () => {
      const challenges = async (peer: Peer, ...texts: string[]) => {
        peer.send(mechanism("CRAM-MD5"));
        const tag = await peer.command(/^AUTHENTICATE CRAM-MD5$/);
        const answers: string[] = [];
        for (const text of texts) {
          peer.send(`+ ${base64(text)}`);
          answers.push((await peer.expect(/^.*$/))[0]);
        }
        peer.send(`${tag} BAD cancelled`);
        return answers;
      };
      await attacked(ann, "AUTH", async (peer) => {
        assert.equal((await challenges(peer, "<1@x>", "<2@x>"))[1], "*");
      }).catch((error: unknown) => assert.match(String(error), /BAD/));
      await attacked(ann, "AUTH", async (peer) => {
        assert.deepEqual(await challenges(peer, ""), ["*"]);
      }).catch((error: unknown) => assert.match(String(error), /BAD/));
    });

    it("gives up once, and hangs up on a server that asks on", async () => {
      const { seen } = await attacked(ann, "AUTH", async (peer) => {
        peer.send(mechanism("PLAIN"));
        await peer.command(/^AUTHENTICATE PLAIN/);
        peer.send(...Array.from({ length: 1000 }, () => `+ ${base64("Password:")}`));
        await peer.expect(/^\*$/);
      });
      assert.equal(seen.split(plainMessage).length, 2, "the password was sent once, as PLAIN does");
      assert.equal(seen.split("*").length, 2);
    });

    it("says nothing to a request that was not made", async () => {
      const server = await serve(async (peer) => {
        peer.send(greeting("AUTH=PLAIN"), "+ VXNlcm5hbWU6", "+ UGFzc3dvcmQ6");
        await peer.answer(/^NOOP$/);
        peer.send("+ UGFzc3dvcmQ6");
        await peer.answer(/^NOOP$/);
      });
      const connection = await dial(server);
      await connection.run(noop());
      await connection.run(noop());
      assert.match(server.seen, /^\w+ NOOP\r\n\w+ NOOP\r\n$/);
    });

    it("follows no referral to another server", async () => {
      const { error, seen } = await attacked(ann, "AUTH", async (peer) => {
        peer.send(mechanism("PLAIN"));
        peer.send(
          `${await peer.command(/^AUTHENTICATE PLAIN/)} NO [REFERRAL imap://ann;AUTH=*@evil.example.net/] moved`,
        );
      });
      assert.equal(error.responseCode, "REFERRAL");
      assert.equal(seen.split("\r\n").length, 2);
    });
  });

  describe("keeps secrets out of logs and errors", () => {
    const odd = 'p"a\\ss: wörd';
    const cases: [string, Login, string, (tag: string) => string[]][] = [
      [
        "in the refusal",
        ann,
        "PLAIN",
        (tag) => [`${tag} NO AUTHENTICATE PLAIN ${plainMessage}: ${password}`],
      ],
      ["with BAD", ann, "PLAIN", (tag) => [`${tag} BAD ${plainMessage} ${password}`]],
      ["in an ALERT", ann, "PLAIN", (tag) => [`* NO [ALERT] ${password} is bad`, `${tag} NO no`]],
      [
        "in an untagged line",
        ann,
        "PLAIN",
        (tag) => [`* ${plainMessage}`, `* OK ${password}`, `${tag} NO no`],
      ],
      ["in a BYE", ann, "PLAIN", () => [`* BYE ${plainMessage} ${password}`]],
      [
        "in all its forms",
        { user: "ann", secret: new Secret(odd) },
        "PLAIN",
        (tag) => [
          `* OK ${Buffer.from(odd).toString("latin1")} ${base64(odd)}`,
          `${tag} NO "p\\"a\\\\ss: w\\{rd" ${base64(`\0ann\0${odd}`)}`,
        ],
      ],
      [
        "as a token",
        token,
        "XOAUTH2",
        (tag) => [
          `* OK ${base64("user=ann\x01auth=Bearer ya29.very-secret-token\x01\x01")}`,
          `${tag} NO ya29.very-secret-token ${base64("ya29.very-secret-token")}`,
        ],
      ],
    ];
    for (const [what, who, name, answer] of cases)
      it(`where the server repeats them ${what}`, async () => {
        const code = what === "in a BYE" ? "BYE" : what === "with BAD" ? "BAD" : "AUTH";
        const { told } = await attacked(who, code, async (peer) => {
          peer.send(mechanism(name));
          peer.send(...answer(await peer.command(new RegExp(`^AUTHENTICATE ${name}`))));
        });
        const secrets = "secret" in who ? [who.secret.reveal()] : "token" in who ? [who.token.reveal()] : [];
        for (const secret of secrets) {
          assert.ok(!told.includes(secret), told);
          assert.ok(!told.includes(base64(secret)), told);
          assert.ok(!told.includes(base64(`\0ann\0${secret}`)), told);
          assert.ok(!told.includes(base64(`user=ann\x01auth=Bearer ${secret}\x01\x01`)), told);
        }
        assert.match(told, /\[secret\]/);
      });

    it("where a challenge asks for them in disguise", async () => {
      const { told } = await attacked(token, "AUTH", async (peer) => {
        peer.send(mechanism("XOAUTH2"));
        const tag = await peer.command(/^AUTHENTICATE XOAUTH2/);
        peer.send(`+ ${base64('{"status":"401","scope":"x ya29.very-secret-token"}')}`);
        await peer.expect(/^$/);
        peer.send(`${tag} NO no`);
      });
      assert.ok(!Buffer.from(told.replace(/[^A-Za-z0-9+/=]/g, ""), "base64").includes("very-secret"));
    });
  });

  describe("by token", () => {
    it("says why it was refused, and asks for a new one", async () => {
      for (const [name, dummy] of [
        ["XOAUTH2", /^$/],
        ["OAUTHBEARER", /^AQ==$/],
      ] as const) {
        const { error } = await attacked(token, "AUTH", async (peer) => {
          peer.send(mechanism(name));
          const tag = await peer.command(new RegExp(`^AUTHENTICATE ${name} \\S+$`));
          peer.send(`+ ${base64('{"status":"401","schemes":"bearer","scope":"https://mail.example.org/"}')}`);
          await peer.expect(dummy);
          peer.send(`${tag} NO [AUTHENTICATIONFAILED] SASL authentication failed`);
        });
        assert.equal(error.oauth?.status, "401");
        assert.equal(error.oauth.scope, "https://mail.example.org/");
        assert.equal(error.responseCode, "AUTHENTICATIONFAILED");
        assert.match(error.hint, /token/);
      }
    });

    it("is never sent as a password, nor a password as a token", async () => {
      const noToken = await attacked(token, "AUTH", async (peer) =>
        peer.send(greeting("AUTH=PLAIN AUTH=LOGIN")),
      );
      assert.equal(noToken.seen, "");
      const noPassword = await attacked(ann, "AUTH", async (peer) => peer.send(mechanism("OAUTHBEARER")));
      assert.equal(noPassword.seen, "");
    });

    it("is not repeated to a server that goes on challenging", async () => {
      const { seen } = await attacked(token, "AUTH", async (peer) => {
        peer.send(mechanism("XOAUTH2"));
        await peer.command(/^AUTHENTICATE/);
        peer.send(...Array.from({ length: 100 }, () => `+ ${base64("{}")}`));
        await peer.expect(/^$/);
        await peer.expect(/^\*$/);
      });
      assert.equal(seen.split("\r\n").length, 4);
    });
  });

  describe("UNAUTHENTICATE (RFC 8437)", () => {
    it("forgets the account: mailbox, what was enabled, capabilities", async () => {
      const offered = "IMAP4rev1 ENABLE CONDSTORE UNAUTHENTICATE AUTH=PLAIN SASL-IR";
      const server = await serve(async (peer) => {
        peer.send(greeting("SASL-IR AUTH=PLAIN"));
        const tag = await peer.command(/^AUTHENTICATE PLAIN/);
        peer.send(`${tag} OK [CAPABILITY ${offered} X-ANN] hi`);
        await peer.answer(/^ENABLE CONDSTORE/, "* ENABLED CONDSTORE");
        await peer.answer(/^SELECT/, "* 3 EXISTS", "* OK [UIDVALIDITY 1] x");
        await peer.answer(/^UNAUTHENTICATE$/);
        await peer.answer(/^CAPABILITY$/, `* CAPABILITY ${offered}`);
        await peer.answer(new RegExp(`^AUTHENTICATE PLAIN ${base64("\0bob\0other")}$`));
        await peer.answer(/^CAPABILITY$/, `* CAPABILITY ${offered}`);
      });
      const connection = await dial(server);
      await connection.authenticate(ann);
      await connection.run(enable(["CONDSTORE"]));
      await connection.run(select("INBOX"));
      await connection.run(unauthenticate());
      assert.equal(connection.state, "not-authenticated");
      assert.equal(connection.selected, null);
      assert.equal(connection.enabled("CONDSTORE"), false);
      await assert.rejects(
        connection.run(select("INBOX")),
        (e) => e instanceof ImapError && e.code === "STATE",
      );
      await connection.authenticate({ user: "bob", secret: new Secret("other") });
      await server.finished;
      assert.equal(connection.capabilities.has("X-ANN"), false);
    });

    it("is not sent where it is not offered", async () => {
      const server = await serve(async (peer) => peer.send("* PREAUTH [CAPABILITY IMAP4rev1] hi"));
      const connection = await dial(server);
      await assert.rejects(
        connection.run(unauthenticate()),
        (error) => error instanceof ImapError && error.code === "UNSUPPORTED",
      );
      assert.equal(server.seen, "");
    });
  });
});
