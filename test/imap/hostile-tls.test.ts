// Who stands between us and the server, or poses as it: nothing of ours is sent before the peer has proved itself.
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { afterEach, before, describe, it } from "node:test";
import type { TLSSocket, TlsOptions } from "node:tls";
import {
  type Connection,
  type ConnectOptions,
  connect,
  ImapError,
  type ImapErrorCode,
  Secret,
} from "../../src/imap/index.ts";
import { signatureHash, srvIds } from "../../src/imap/transport/certificate.ts";
import { type CertificateKind, type Certificates, makeCertificates } from "../servers/certificates.ts";
import { type Peer, type ScriptedServer, scriptedServer } from "../servers/scripted.ts";
import { answerScram } from "./scram-server.ts";

const login = { user: "ann", secret: new Secret("hunter-2") };
const fails =
  (code: ImapErrorCode, pattern = /./) =>
  (error: unknown): boolean => {
    if (!(error instanceof ImapError) || error.code !== code || !pattern.test(error.message)) throw error;
    return error.hint !== "";
  };

describe("hostile line", () => {
  let certificates: Certificates;
  const servers: ScriptedServer[] = [];
  const connections: Connection[] = [];
  before(async () => {
    certificates = await makeCertificates();
  });
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.destroy();
    for (const server of servers.splice(0)) await server.stop();
  });

  async function serve(script: (peer: Peer) => Promise<void>, tls?: TlsOptions): Promise<ScriptedServer> {
    const server = await scriptedServer(script, tls);
    servers.push(server);
    return server;
  }

  async function dial(server: ScriptedServer, options: Partial<ConnectOptions> = {}): Promise<Connection> {
    const { port } = server;
    const { ca } = certificates;
    const connection = await connect({ host: "localhost", port, security: "tls", ca, ...options });
    connections.push(connection);
    return connection;
  }

  const greet = async (peer: Peer) => peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi");
  const sha256 = (pem: string) => createHash("sha256").update(new X509Certificate(pem).raw).digest("hex");

  describe("certificate (RFC 7817)", () => {
    const accepted: [string, CertificateKind, Partial<ConnectOptions>][] = [
      ["for the name", "right", {}],
      ["for the address", "right", { host: "127.0.0.1" }],
      ["for the domain's IMAP service", "service", { srvDomain: "example.org" }],
      [
        "for the domain, in any case of letters, with the dot of DNS",
        "service",
        { srvDomain: "Mail.Example.NET." },
      ],
      ["for the domain by a wildcard", "wildcard", { srvDomain: "mail.example.org" }],
    ];
    for (const [what, kind, options] of accepted)
      it(`is believed ${what}`, async () => {
        const server = await serve(greet, certificates.servers[kind]);
        await dial(server, options);
      });

    const refused: [string, CertificateKind, Partial<ConnectOptions>][] = [
      ["with a common name alone", "commonNameOnly", {}],
      ["with the right common name and other kinds of names", "addressOnly", {}],
      ["for another name", "otherName", {}],
      ["for another address", "addressOnly", { host: "127.0.0.1" }],
      ["for part of a label", "partialWildcard", {}],
      ["for two labels by a wildcard", "wildcard", { srvDomain: "a.b.example.org" }],
      ["for the server DNS named, not the domain", "right", { srvDomain: "example.org" }],
      ["for another service of the domain", "otherService", { srvDomain: "example.org" }],
      ["for the service of another domain", "service", { srvDomain: "example.com" }],
      ["for the service, where the name was asked for", "service", {}],
    ];
    for (const [what, kind, options] of refused)
      it(`is not believed ${what}`, async () => {
        const server = await serve(greet, certificates.servers[kind]);
        await assert.rejects(dial(server, options), fails("CERTIFICATE"));
        assert.equal(server.seen, "");
      });

    it("is not believed where its authority is not trusted", async () => {
      const { servers: made } = await makeCertificates();
      const server = await serve(greet, made.right);
      await assert.rejects(dial(server), fails("CERTIFICATE"));
      assert.equal(server.seen, "");
    });

    it("is believed for its pin alone, and for no other", async () => {
      const { otherName, right } = certificates.servers;
      const server = await serve(greet, otherName);
      await dial(server, { pin: `sha256:${sha256(otherName.cert)}` });
      await assert.rejects(
        dial(server, { pin: `sha256:${sha256(right.cert)}` }),
        fails("CERTIFICATE", /pinned/),
      );
      await assert.rejects(dial(server, { pin: "sha256:00" }), fails("ARGUMENT"));
      assert.equal(server.seen, "");
    });

    it("is wanted of us, and that is said, also where TLS 1.3 says it late", async () => {
      const wanted = { ca: certificates.ca, requestCert: true, rejectUnauthorized: true } as const;
      for (const [maxVersion, code] of [
        ["TLSv1.2", "TLS"], // which has but one word for every failure
        ["TLSv1.3", "CERTIFICATE"],
      ] as const) {
        const server = await serve(greet, { ...certificates.servers.right, ...wanted, maxVersion });
        await assert.rejects(dial(server), fails(code));
        await dial(server, certificates.client);
      }
    });

    it("is not taken over a protocol older than TLS 1.2", async () => {
      const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
      const server = await serve(greet, { ...certificates.servers.right, ...old });
      await assert.rejects(dial(server), fails("TLS"));
    });

    it("is read as it is written, and damaged ones harm nobody", () => {
      const { raw } = new X509Certificate(certificates.servers.service.cert);
      assert.deepEqual(srvIds(raw), ["_imaps.example.org"]);
      assert.equal(signatureHash(raw), "sha256");
      for (let at = 0; at < raw.length; at++) {
        const damaged = Buffer.from(raw);
        damaged[at] = 0xff;
        for (const bytes of [damaged, raw.subarray(0, at)]) {
          srvIds(bytes);
          signatureHash(bytes);
        }
      }
    });
  });

  describe("STARTTLS", () => {
    const offered = "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi";
    const attacks: [string, ImapErrorCode, (peer: Peer) => Promise<void>][] = [
      [
        "the offer taken away",
        "INSECURE",
        async (peer) => peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi"),
      ],
      [
        "a refusal",
        "INSECURE",
        async (peer) => {
          peer.send(offered);
          peer.send(`${await peer.command(/^STARTTLS/)} NO not today`);
        },
      ],
      ["PREAUTH", "INSECURE", async (peer) => peer.send("* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi")],
      ["an OK nobody asked for", "INSECURE", async (peer) => peer.send(offered, "S1 OK begin TLS")],
      [
        "an OK before the capabilities",
        "INSECURE",
        async (peer) => {
          peer.send("* OK hi");
          peer.send(`${await peer.command(/^CAPABILITY/)} OK done`);
        },
      ],
      [
        "an answer slipped in behind the OK",
        "INSECURE",
        async (peer) => {
          peer.send(offered);
          peer.send(`${await peer.command(/^STARTTLS/)} OK go`, "* OK [ALERT] give me your password");
        },
      ],
      [
        "a byte slipped in behind the OK",
        "INSECURE",
        async (peer) => {
          peer.send(offered);
          peer.raw(`${await peer.command(/^STARTTLS/)} OK go\r\n*`);
        },
      ],
      [
        "clear text in place of TLS",
        "TLS",
        async (peer) => {
          peer.send(offered);
          peer.send(`${await peer.command(/^STARTTLS/)} OK go`);
          await new Promise((resolve) => setTimeout(resolve, 20));
          peer.send("* CAPABILITY IMAP4rev1 AUTH=PLAIN");
        },
      ],
      ["an endless line", "LIMIT", async (peer) => peer.raw(Buffer.alloc(3 << 20, "x"))],
      [
        "a BYE with a referral",
        "BYE",
        async (peer) => peer.send("* BYE [REFERRAL imap://evil.example.net/] go there"),
      ],
    ];
    for (const [what, code, script] of attacks)
      it(`is given up over ${what}`, async () => {
        const server = await serve(script);
        await assert.rejects(dial(server, { security: "starttls" }), fails(code));
        assert.match(server.seen.replace(/\x16.*/s, ""), /^(\S+ (CAPABILITY|STARTTLS)\r\n)*$/);
      });

    it("forgets all that was said before it", async () => {
      const server = await serve(async (peer) => {
        peer.send("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=XOAUTH2 X-FORGED] hi", "* OK [ALERT] forged");
        peer.send(`${await peer.command(/^STARTTLS/)} OK go`);
        await peer.startTls(certificates.servers.right);
        await peer.answer(/^CAPABILITY/, "* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN");
        await peer.answer(/^AUTHENTICATE PLAIN /, "* CAPABILITY IMAP4rev1");
      });
      const connection = await dial(server, { security: "starttls" });
      assert.equal(connection.capabilities.has("X-FORGED"), false);
      await connection.authenticate(login);
      await server.finished;
      assert.equal(connection.state, "authenticated");
    });

    it("asks for the certificate like TLS from the start", async () => {
      const server = await serve(async (peer) => {
        peer.send(offered);
        peer.send(`${await peer.command(/^STARTTLS/)} OK go`);
        await peer.startTls(certificates.servers.commonNameOnly).catch(() => {});
      });
      await assert.rejects(dial(server, { security: "starttls" }), fails("CERTIFICATE"));
    });
  });

  describe("channel binding (RFC 5802 §6)", () => {
    const offering = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS] hi";
    const tlsOf = (peer: Peer) => peer.socket as TLSSocket;
    const bindings: Record<string, (peer: Peer, pem: string) => Buffer | null> = {
      "tls-exporter": (peer) =>
        tlsOf(peer).exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0)),
      "tls-server-end-point": (_peer, pem) => Buffer.from(sha256(pem), "hex"),
      "tls-unique": (peer) => tlsOf(peer).getPeerFinished() ?? null,
    };
    for (const version of ["TLSv1.3", "TLSv1.2"] as const)
      for (const [type, data] of Object.entries(bindings)) {
        if (version === "TLSv1.2" && type === "tls-exporter") continue;
        it(`is by ${type} where the server knows no other, over ${version}`, async () => {
          const { right } = certificates.servers;
          const server = await serve(
            async (peer) => {
              peer.send(offering);
              const binding = (asked: string) => (asked === type ? data(peer, right.cert) : null);
              for (;;) {
                const outcome = await answerScram(peer, { password: "hunter-2", binding });
                if (outcome.right === null) {
                  peer.send(`${outcome.tag} NO no`);
                  continue;
                }
                assert.equal(outcome.right, true);
                await peer.expect(/^$/);
                peer.send(`${outcome.tag} OK [CAPABILITY IMAP4rev1] welcome`);
                return;
              }
            },
            { ...right, maxVersion: version },
          );
          const connection = await dial(server);
          await connection.authenticate(login);
          await server.finished;
          assert.equal(connection.state, "authenticated");
        });
      }

    it("fails where someone stands between, and then the server is not believed", async () => {
      const server = await serve(async (peer) => {
        peer.send(offering);
        // What the real server would expect of its own line; the one between can only pass it on.
        const outcome = await answerScram(peer, { password: "hunter-2", binding: () => Buffer.alloc(32) });
        assert.equal(outcome.right, false);
        await peer.expect(/^$/);
        peer.send(`${outcome.tag} NO [AUTHENTICATIONFAILED] no`);
      }, certificates.servers.right);
      const connection = await dial(server);
      await assert.rejects(connection.authenticate(login), fails("AUTH"));
      await server.finished;
    });

    it("is said to be missed where its offer was taken away, and never left out silently", async () => {
      const server = await serve(async (peer) => {
        peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256] hi");
        const [, tag] = await peer.expect(/^(\w+) AUTHENTICATE SCRAM-SHA-256 eSws/); // "y,,"
        peer.send(`+ ${Buffer.from("e=server-does-support-channel-binding").toString("base64")}`);
        await peer.expect(/^\*$/);
        peer.send(`${tag} NO no`);
      }, certificates.servers.right);
      const connection = await dial(server);
      await assert.rejects(connection.authenticate(login), fails("INSECURE"));
      await server.finished;
    });
  });
});
