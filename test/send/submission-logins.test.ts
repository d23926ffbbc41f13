// Logging in for sending by every mechanism that Dovecot has: by password, bound to the TLS connection or not, and by token.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { AccessToken, type Login, type MechanismName, Secret } from "../../src/imap/index.ts";
import { trySubmission } from "../../src/send/submission/index.ts";
import { openLine, tlsOptions } from "../../src/send/submission/line.ts";
import { logIn } from "../../src/send/submission/login.ts";
import { Smtp, smtpTimeouts } from "../../src/send/submission/smtp.ts";
import { everyLogin, type Logins } from "../servers/logins.ts";
import { type SubmissionServer, startSubmission, submissionMissing } from "../servers/submission.ts";
import { accountOf, fails } from "./handover.ts";

describe("logging in for sending", { skip: submissionMissing() }, () => {
  let logins: Logins;
  let server: SubmissionServer;
  before(async () => {
    logins = await everyLogin();
    server = await startSubmission({ config: logins.config });
  });
  after(async () => {
    await server?.stop();
    logins?.remove();
  });

  async function entered(who: Login, security: "tls" | "starttls" | "none" = "tls"): Promise<void> {
    const account = accountOf(server, security);
    const { smtp: address } = account;
    assert.ok(address);
    const line = await openLine(address, tlsOptions(account, address.host), 5000);
    const smtp = await Smtp.begin(line, smtpTimeouts);
    try {
      await logIn(smtp, who);
      assert.equal((await smtp.command("NOOP")).code, 250);
    } finally {
      smtp.close();
    }
  }
  const byPassword: readonly MechanismName[] = [
    ...(["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"] as const),
  ];
  for (const mechanism of byPassword) {
    it(`by ${mechanism}`, async () => {
      await entered({ user: "me", secret: new Secret("secret"), mechanism });
      await entered({ user: "me", secret: new Secret("secret"), mechanism }, "starttls");
      await assert.rejects(
        entered({ user: "me", secret: new Secret("wrong"), mechanism }),
        fails("LOGIN", /refused the user name or password.* 535/),
      );
    });
  }

  for (const mechanism of ["OAUTHBEARER", "XOAUTH2"] as const) {
    it(`by ${mechanism}`, async () => {
      await entered({ user: "me", token: new AccessToken(logins.token("me")), mechanism });
      await assert.rejects(
        entered({ user: "me", token: new AccessToken(logins.token("me", 1000)), mechanism }),
        fails("LOGIN", /refused the access token.* 535/),
      );
    });
  }

  it("by the strongest that is offered, without being told", async () => {
    await entered({ user: "me", secret: new Secret("secret") }, "none");
    assert.match(await server.dovecot.log(), /Login: user=<me>, method=SCRAM-SHA-256/);
  });

  it("a token that is refused is renewed once", async () => {
    const asked: (string | null)[] = [];
    await trySubmission(accountOf(server), async (refused) => {
      asked.push(refused?.reveal() ?? null);
      return new AccessToken(refused ? logins.token("me") : "stale");
    });
    assert.deepEqual(asked, [null, "stale"]);
    await assert.rejects(
      trySubmission(accountOf(server), async () => new AccessToken("stale")),
      fails("LOGIN"),
    );
  });

  it("no secret is sent where the server offers no way for it", async () => {
    await assert.rejects(
      entered({ user: "me", secret: new Secret("secret"), mechanism: "SCRAM-SHA-512" }),
      fails("LOGIN", /no way to log in that fits/),
    );
  });
});
