/** Looking at a certificate that was not proved, so that a person can judge it. Nothing of ours is sent but the request for TLS. */
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import { asImapError, ImapError } from "../errors.ts";
import { negotiateStartTls } from "./starttls.ts";
import { openTcp } from "./tcp.ts";

/** What a certificate says of itself: hostile text, and nobody vouches for it. */
export interface ShownCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** The names it is for. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly validFrom: number;
  readonly validTo: number;
  /** As a pin is written: `sha256:` and 64 hexadecimal digits. */
  readonly fingerprint: string;
}

/** A name of X.509 in one line: `CN=…, O=…`. */
const inLine = (name: string | undefined) => (name ?? "").split("\n").filter(Boolean).join(", ");

/**
 * The certificate that the server shows, whatever it is worth.
 * @throws ImapError REFUSED, UNRESOLVED, TLS, INSECURE, TIMEOUT
 */
export async function inspectCertificate(
  { host, port, security }: { host: string; port: number; security: "tls" | "starttls" },
  timeoutMs = 10_000,
): Promise<ShownCertificate> {
  const { socket, opened } = openTcp(host, port);
  const timer = setTimeout(
    () => socket.destroy(new ImapError("TIMEOUT", `${host} shows no certificate.`)),
    timeoutMs,
  );
  try {
    await opened;
    if (security === "starttls") await negotiateStartTls(socket);
    const raw = await new Promise<Buffer>((resolve, reject) => {
      const tls = connectTls({
        socket,
        ...(isIP(host) ? {} : { servername: host }),
        rejectUnauthorized: false,
      });
      tls.once("secureConnect", () => resolve(tls.getPeerCertificate().raw));
      tls.once("error", reject);
      tls.once("close", () => reject(new ImapError("TLS", "The server closed the connection.")));
    });
    const certificate = new X509Certificate(raw);
    return {
      subject: inLine(certificate.subject),
      issuer: inLine(certificate.issuer),
      names: (certificate.subjectAltName ?? "")
        .split(", ")
        .filter((name) => /^(?:DNS|IP Address):/.test(name))
        .map((name) => name.replace(/^[^:]*:/, "")),
      validFrom: Date.parse(certificate.validFrom),
      validTo: Date.parse(certificate.validTo),
      fingerprint: `sha256:${certificate.fingerprint256.replaceAll(":", "").toLowerCase()}`,
    };
  } catch (error) {
    throw asImapError(error, "TLS");
  } finally {
    clearTimeout(timer);
    socket.on("error", () => {});
    socket.destroy();
  }
}
