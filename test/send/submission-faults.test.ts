// Refusals at each step, lines that are cut at any octet, servers that fall silent: what the outbox is told of each.
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { after, afterEach, before, describe, it } from "node:test";
import { type Handover, SubmissionError, submit, submitWith } from "../../src/send/submission/index.ts";
import { type FaultProxy, faultProxy } from "../servers/faults.ts";
import { type Peer, type ScriptedServer, scriptedServer } from "../servers/scripted.ts";
import { type SubmissionServer, startSubmission, submissionMissing } from "../servers/submission.ts";
import { accountAt, accountOf, fails, handover, text } from "./handover.ts";

describe("a submission server that refuses", () => {
  const servers: ScriptedServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });

  async function at(script: (peer: Peer) => Promise<void>): Promise<ScriptedServer> {
    const server = await scriptedServer(script);
    servers.push(server);
    return server;
  }
  const send = (server: ScriptedServer, more: Partial<Handover> = {}) =>
    submitWith(handover(accountAt(server.port, "none", null), text("refused"), more), {
      timeouts: { silence: 500, taking: 500 },
    });
  /** A server that goes through the steps, each told with what it answers, and gives `answer` at one of them. */
  const steps = {
    greeting: [null, "220 here"],
    ehlo: [/^EHLO /, "250-here\r\n250 AUTH PLAIN"],
    auth: [/^AUTH PLAIN /, "235 in"],
    mail: [/^MAIL FROM:<me@example\.org>$/, "250 ok"],
    rcpt: [/^RCPT TO:<ann@example\.org>$/, "250 ok"],
    data: [/^DATA$/, "354 go on"],
    end: ["body", "250 taken"],
  } as const;
  type Step = keyof typeof steps;
  const refusing =
    (step: Step | null, answer: string | null, offers = "") =>
    async (peer: Peer) => {
      for (const [name, [expected, usual]] of Object.entries(steps)) {
        if (expected === "body") for (let line = ""; line !== "."; ) [line = ""] = await peer.expect(/^.*$/);
        else if (expected !== null) await peer.expect(expected);
        if (name === step && answer === null) return void peer.socket.destroy();
        const said = name === "ehlo" && offers !== "" ? `250-here\r\n250-${offers}\r\n250 HELP` : usual;
        peer.send(name === step && answer !== null ? answer : said);
        if (name === step) return;
      }
    };

  const refusals: readonly (readonly [Step, string, string, RegExp])[] = [
    ["greeting", "421 busy", "TEMPORARY", /turns us away/],
    ["greeting", "554 go away", "REJECTED", /turns us away/],
    ["auth", "454 4.7.0 later", "TEMPORARY", /does not log in/],
    ["auth", "535 5.7.8 no", "LOGIN", /refused the user name or password/],
    ["auth", "534 5.7.9 too weak", "LOGIN", /refused/],
    ["mail", "451 4.3.0 later", "TEMPORARY", /the sender me@example\.org for now/],
    ["mail", "550 5.7.1 not as him", "REJECTED", /the sender me@example\.org\. /],
    ["mail", "530 5.7.0 log in first", "LOGIN", /wants a login/],
    ["rcpt", "450 4.2.1 greylisted", "TEMPORARY", /refused ann@example\.org for now/],
    ["rcpt", "550 5.1.1 nobody", "REJECTED", /refused ann@example\.org\. 550 nobody/],
    ["data", "452 4.3.1 full", "TEMPORARY", /refused the message for now/],
    ["data", "554 5.5.1 no", "REJECTED", /refused the message\./],
    ["end", "451 4.3.0 later", "TEMPORARY", /refused the message for now/],
    ["end", "552 5.3.4 too much", "REJECTED", /refused the message\./],
    ["end", "554-5.7.1 spam\r\n554 5.7.1 it is", "REJECTED", /spam\s+it is/],
  ];
  for (const [step, answer, code, says] of refusals) {
    it(`${step}: ${answer.split("\r\n", 1)}`, async () => {
      const server = await at(refusing(step, answer));
      await assert.rejects(send(server), fails(code as SubmissionError["code"], says));
    });
  }

  for (const step of Object.keys(steps) as Step[]) {
    it(`${step}: the line is cut, or nothing more comes`, async () => {
      const expected = step === "end" ? "UNKNOWN" : "UNREACHABLE";
      await assert.rejects(send(await at(refusing(step, null))), fails(expected));
      const silent = await at(async (peer) => {
        await refusing(step, "", "")(peer).catch(() => {});
      });
      // An empty line is no reply.
      await assert.rejects(send(silent), fails(expected, /silent/));
    });
  }

  it("what is no SMTP", async () => {
    await assert.rejects(
      send(await at(async (peer) => peer.send("* OK IMAP4rev1 here"))),
      fails("UNREACHABLE", /does not speak SMTP/),
    );
    await assert.rejects(
      send(await at(async (peer) => peer.raw(`220-${"x".repeat(100_000)}`))),
      fails("UNREACHABLE"),
    );
    await assert.rejects(
      send(await at(refusing("mail", "250 ok\r\n250 ok\r\n250 unasked"))),
      fails("UNREACHABLE"),
    );
  });

  it("a message that is larger than it takes is not begun", async () => {
    const server = await at(refusing(null, null, "SIZE 100"));
    await assert.rejects(send(server), fails("UNSUPPORTED", /takes 100 B at most|takes 100 at most/));
    assert.doesNotMatch(server.seen, /MAIL/);
  });

  it("what cannot be read to its end, or is not as long as it was, is not sent as if it were whole", async () => {
    const broken = () =>
      Readable.from(
        (async function* () {
          yield text("half");
          throw new Error("the disk is gone");
        })(),
      );
    for (const [more, says] of [
      [{ message: broken }, /the disk is gone/],
      [{ size: 10_000 }, /not as long/],
      [{ size: 10 }, /not as long/],
    ] as const) {
      const server = await at(refusing(null, null));
      await assert.rejects(send(server, more), fails("UNREACHABLE", says));
      await assert.rejects(server.finished);
      assert.doesNotMatch(server.seen, /\r\n\.\r\n/);
    }
  });

  it("nothing of an address becomes a command", async () => {
    for (const to of [
      "ann@example.org>\r\nRCPT TO:<eve@example.org",
      "ann\0@example.org",
      "ann",
      "<ann@x>",
      "",
    ]) {
      const server = await at(refusing(null, null));
      await assert.rejects(
        send(server, { envelope: { from: "me@example.org", to: [to] } }),
        fails("REJECTED", /no address/),
      );
      assert.doesNotMatch(server.seen, /MAIL|eve/);
    }
  });

  it("can be given up at any time", async () => {
    for (const step of ["greeting", "ehlo", "mail", "data"] as const) {
      const abort = new AbortController();
      const server = await at(async (peer) => {
        await refusing(step, "")(peer);
        abort.abort();
      });
      await assert.rejects(
        submitWith(handover(accountAt(server.port, "none", null), text("x"), { signal: abort.signal })),
        fails("UNREACHABLE", /given up/),
      );
    }
    await assert.rejects(
      submit(handover(accountAt(1, "none", null), text("x"), { signal: AbortSignal.abort() })),
      fails("UNREACHABLE", /given up/),
    );
  });

  describe("internationalised mail", () => {
    const to = (address: string) => ({ envelope: { from: "me@example.org", to: [address] } });
    /** What a server that offers `offers` is told, for a message to `address`. */
    async function told(offers: string, address: string, message = text("x")): Promise<string> {
      const server = await at(async (peer) => {
        peer.send("220 here");
        await peer.expect(/^EHLO/);
        peer.send("250-here", `250 ${offers}`);
        for (const code of ["250 ok", "250 ok", "354 go"]) {
          await peer.expect(/./);
          peer.send(code);
        }
        for (let line = ""; line !== "."; ) [line = ""] = await peer.expect(/^.*$/);
        peer.send("250 ok");
      });
      const account = accountAt(server.port, "none", null);
      await submit(handover(account, message, to(address)));
      return Buffer.from(server.seen.split("DATA")[0] ?? "", "latin1").toString("utf8");
    }

    it("goes by SMTPUTF8, and to no server without", async () => {
      const seen = await told("SMTPUTF8", "用户@例え.jp");
      assert.match(seen, /MAIL FROM:<me@example\.org> SMTPUTF8\r\nRCPT TO:<用户@xn--r8jz45g\.jp>\r\n/);
      const server = await at(refusing(null, null));
      await assert.rejects(
        send(server, to("用户@example.org")),
        fails("UNSUPPORTED", /用户@example\.org.*SMTPUTF8/),
      );
      assert.doesNotMatch(server.seen, /MAIL/);
    });

    it("needs nothing of the server where the domain alone is international", async () => {
      const seen = await told("SIZE", "ann@bücher.example");
      assert.match(seen, /MAIL FROM:<me@example\.org> SIZE=\d+\r\nRCPT TO:<ann@xn--bcher-kva\.example>\r\n/);
    });

    it("is declared where only its header is UTF-8", async () => {
      const message = Buffer.from("From: me@example.org\r\nSubject: Grüße\r\n\r\nx\r\n");
      assert.match(
        await told("SMTPUTF8", "ann@example.org", message),
        /MAIL FROM:<me@example\.org> SMTPUTF8\r\n/,
      );
      assert.doesNotMatch(await told("8BITMIME", "ann@example.org", message), /SMTPUTF8/);
      // Of an older program, in Latin-1: no UTF-8 at all.
      const latin1 = Buffer.from("From: me@example.org\r\nSubject: Gr\xfc\xdfe\r\n\r\nx\r\n", "latin1");
      assert.doesNotMatch(await told("SMTPUTF8", "ann@example.org", latin1), /SMTPUTF8/);
      assert.doesNotMatch(await told("SMTPUTF8", "ann@example.org", text("x", "Grüße\r\n")), /SMTPUTF8/);
    });
  });
});

describe("a line that breaks", { skip: submissionMissing() }, () => {
  let server: SubmissionServer;
  let proxy: FaultProxy;
  before(async () => {
    server = await startSubmission();
    proxy = await faultProxy(server.port);
  });
  after(async () => {
    await proxy?.stop();
    await server?.stop();
  });

  const message = (i: number) =>
    text(`cut ${String(i).padStart(3, "0")}`, "x".repeat(70).concat("\r\n").repeat(1000));
  const send = (i: number) =>
    submitWith(handover(accountAt(proxy.port, "none", null), message(i)), {
      timeouts: { silence: 2000, taking: 2000 },
    });
  const received = (i: number) => server.received("ann").filter((each) => each.equals(message(i))).length;

  it("at any octet: before the message it has not been sent; then it has not, or nobody knows", async () => {
    proxy.fault = null;
    await send(0);
    assert.equal(received(0), 1);
    const size = message(0).length;
    const envelope = [
      ...["EHLO [127.0.0.1]", "AUTH PLAIN AG1lAHNlY3JldA=="],
      ...[`MAIL FROM:<me@example.org> BODY=8BITMIME SIZE=${size}`, "RCPT TO:<ann@example.org>"],
      `BDAT ${size} LAST`,
    ];
    const begun = envelope.join("\r\n").length + 2;
    const whole = begun + size;
    const points = [1, 20, 60, begun - 30, begun + 1000, whole - 30_000, whole - 1, whole];
    for (const [i, after] of points.entries()) {
      for (const [j, kind] of (["cut", "reset"] as const).entries()) {
        const n = 1 + 2 * i + j;
        proxy.fault = { kind, direction: "up", after };
        // What has left this machine may be anywhere: only the server could tell.
        const codes = after < begun ? /UNREACHABLE/ : after < whole ? /UNREACHABLE|UNKNOWN/ : /UNKNOWN/;
        await assert.rejects(send(n), (error) => {
          assert.ok(error instanceof SubmissionError);
          assert.match(error.code, codes, `${kind} after ${after}: ${error.message}`);
          return true;
        });
        if (after < whole) assert.equal(received(n), 0, `${kind} after ${after}`);
      }
    }
  });

  it("while more is to come than any buffer holds", async () => {
    const large = text("large", `${"x".repeat(76)}\r\n`.repeat(400_000));
    for (const kind of ["cut", "reset"] as const) {
      proxy.fault = { kind, direction: "up", after: 1_000_000 };
      const sending = submitWith(handover(accountAt(proxy.port, "none", null), large), {
        timeouts: { silence: 1000, taking: 1000 },
      });
      await assert.rejects(sending, fails("UNREACHABLE", /closed/));
    }
  });

  it("behind the server too: its refusals come through", async () => {
    proxy.fault = null;
    server.relay.refuse = { command: /^MAIL/, reply: "451 4.3.0 not now" };
    await assert.rejects(submit(handover(accountOf(server), message(101))), fails("TEMPORARY", /451/));
    server.relay.refuse = { command: /^RCPT/, reply: "550 5.1.1 nobody" };
    await assert.rejects(
      submit(handover(accountOf(server), message(101))),
      fails("REJECTED", /550 <ann@example\.org> nobody/),
    );
    assert.equal(received(101), 0);
  });
});
