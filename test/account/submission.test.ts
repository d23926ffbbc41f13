// Looking whether a submission server is there: what it says is read, and nothing is sent before it has proved itself.
import assert from "node:assert/strict";
import { afterEach, before, describe, it } from "node:test";
import { trySubmission } from "../../src/account/submission.ts";
import { ImapError, type ImapErrorCode } from "../../src/imap/index.ts";
import { type Certificates, makeCertificates } from "../servers/certificates.ts";
import { type Peer, type ScriptedServer, scriptedServer } from "../servers/scripted.ts";

const fails =
  (code: ImapErrorCode, says = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof ImapError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(`${error.message} ${error.serverText ?? ""}`, says);
    return true;
  };

describe("a submission server", () => {
  let certificates: Certificates;
  const servers: ScriptedServer[] = [];
  before(async () => {
    certificates = await makeCertificates();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });

  /** Tries a server that follows `script`; returns what it saw. */
  async function attempt(
    security: "tls" | "starttls",
    script: (peer: Peer) => Promise<void>,
    identity = certificates.servers.right,
  ): Promise<string> {
    const server = await scriptedServer(script, security === "tls" ? identity : undefined);
    servers.push(server);
    await trySubmission({ security, host: "localhost", port: server.port }, certificates.ca);
    return server.seen;
  }
  const ehlo = async (peer: Peer, ...offers: string[]) => {
    peer.send("220 mail.example.org ESMTP");
    await peer.expect(/^EHLO /);
    peer.send("250-mail.example.org", ...offers.map((offer) => `250-${offer}`), "250 HELP");
  };

  it("greets behind TLS", async () => {
    await attempt("tls", async (peer) => {
      peer.send("220-two lines", "220 mail.example.org ESMTP");
      await peer.expect(/^QUIT$/);
    });
  });

  it("begins TLS where it is asked to", async () => {
    await attempt("starttls", async (peer) => {
      await ehlo(peer, "SIZE 1000", "STARTTLS");
      await peer.expect(/^STARTTLS$/);
      peer.send("220 go on");
      await peer.startTls(certificates.servers.right);
      await peer.expect(/^QUIT$/);
    });
  });

  it("that is somebody else, or cannot or will not, is told so", async () => {
    const greet = async (peer: Peer) => peer.send("220 hello");
    await assert.rejects(attempt("tls", greet, certificates.servers.otherName), fails("CERTIFICATE"));
    await assert.rejects(
      attempt("starttls", async (peer) => ehlo(peer, "SIZE 1000")),
      fails("INSECURE", /offers no STARTTLS/),
    );
    await assert.rejects(
      attempt("starttls", async (peer) => {
        await ehlo(peer, "STARTTLS");
        await peer.expect(/^STARTTLS$/);
        peer.raw("220 go on\r\n250 injected\r\n");
      }),
      fails("INSECURE", /slipped text in/),
    );
    await assert.rejects(
      attempt("starttls", async (peer) => peer.send("554 go away")),
      fails("NO", /554 go away/),
    );
    await assert.rejects(
      attempt("starttls", async (peer) => peer.send("* OK IMAP4rev1 here")),
      fails("SYNTAX", /does not speak SMTP/),
    );
    await assert.rejects(
      attempt("starttls", async (peer) => peer.raw(`220-${"x".repeat(100_000)}`)),
      fails("SYNTAX"),
    );
    await assert.rejects(
      attempt("starttls", async (peer) => void peer.socket.destroy()),
      fails("CLOSED"),
    );
    await assert.rejects(
      trySubmission({ security: "tls", host: "localhost", port: 1 }, undefined),
      fails("REFUSED"),
    );
  });
});
