// Reaching a submission server: what it says before TLS is read, and nothing is sent before it has proved itself.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { Secret } from "../../src/imap/index.ts";
import { trySubmission } from "../../src/send/submission/index.ts";
import { type Certificates, makeCertificates } from "../servers/certificates.ts";
import { type Peer, type ScriptedServer, scriptedServer } from "../servers/scripted.ts";
import { accountAt, fails } from "./handover.ts";

describe("a submission server", () => {
  let certificates: Certificates;
  let directory: string;
  const servers: ScriptedServer[] = [];
  before(async () => {
    certificates = await makeCertificates();
    directory = mkdtempSync(join(tmpdir(), "postern-line-"));
    writeFileSync(join(directory, "ca.pem"), certificates.ca);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));
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
    const account = accountAt(server.port, security, join(directory, "ca.pem"));
    await trySubmission(account, async () => new Secret("secret"));
    await server.finished;
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
      await peer.expect(/^EHLO \[127\.0\.0\.1\]$/);
      peer.send("250-mail.example.org", "250 SIZE 1000");
      await peer.expect(/^QUIT$/);
    });
  });

  it("begins TLS where it is asked to", async () => {
    await attempt("starttls", async (peer) => {
      await ehlo(peer, "SIZE 1000", "STARTTLS");
      await peer.expect(/^STARTTLS$/);
      peer.send("220 go on");
      await peer.startTls(certificates.servers.right);
      // What was offered before is forgotten.
      await peer.expect(/^EHLO /);
      peer.send("250-mail.example.org", "250 AUTH PLAIN");
      await peer.expect(/^AUTH PLAIN AG1lAHNlY3JldA==$/);
      peer.send("235 2.7.0 you are in");
      await peer.expect(/^QUIT$/);
    });
  });

  it("that is somebody else, or cannot or will not, is told so", async () => {
    const greet = async (peer: Peer) => peer.send("220 hello");
    await assert.rejects(
      attempt("tls", greet, certificates.servers.otherName),
      fails("UNTRUSTED", /did not prove/),
    );
    await assert.rejects(
      attempt("starttls", async (peer) => ehlo(peer, "SIZE 1000")),
      fails("UNTRUSTED", /offers no STARTTLS/),
    );
    await assert.rejects(
      attempt("starttls", async (peer) => {
        await ehlo(peer, "STARTTLS");
        await peer.expect(/^STARTTLS$/);
        peer.raw("220 go on\r\n250 injected\r\n");
      }),
      fails("UNTRUSTED", /slipped text in/),
    );
    await assert.rejects(
      attempt("starttls", async (peer) => peer.send("554 go away")),
      fails("REJECTED", /554 go away/),
    );
    await assert.rejects(
      attempt("starttls", async (peer) => peer.send("* OK IMAP4rev1 here")),
      fails("UNREACHABLE", /does not speak SMTP/),
    );
    await assert.rejects(
      attempt("starttls", async (peer) => peer.raw(`220-${"x".repeat(100_000)}`)),
      fails("UNREACHABLE", /does not speak/),
    );
    await assert.rejects(
      attempt("starttls", async (peer) => void peer.socket.destroy()),
      fails("UNREACHABLE", /closed/),
    );
    await assert.rejects(
      trySubmission(accountAt(1, "tls", null), async () => new Secret("secret")),
      fails("UNREACHABLE", /ECONNREFUSED/),
    );
  });
});
