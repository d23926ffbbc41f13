import { createHash, timingSafeEqual } from "node:crypto";
import { isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type TLSSocket } from "node:tls";
import { ImapError } from "../errors.ts";

/** Whom we expect at the other end. */
export interface TlsOptions {
  /** The name or address the person gave: the certificate must be for it (RFC 7817). */
  readonly host: string;
  /** PEM: these authorities in place of the system's. */
  readonly ca?: string;
  /** `sha256:HEX` of the exact certificate (DER), which is then trusted whatever else it says. */
  readonly pin?: string;
}

/**
 * TLS 1.2 or later over a connected socket; resolves when the server has proved who it is. Nothing is sent before.
 * @throws ImapError CERTIFICATE, TLS, ARGUMENT (the pin is none)
 */
export function secure(socket: Socket, options: TlsOptions): Promise<TLSSocket> {
  const pin = options.pin === undefined ? null : parsePin(options.pin);
  return new Promise((resolve, reject) => {
    const tls = connectTls({
      socket,
      host: options.host,
      ...(isIP(options.host) ? {} : { servername: options.host }),
      ...(options.ca === undefined ? {} : { ca: options.ca }),
      minVersion: "TLSv1.2",
      // With a pin the exact certificate is asked for below, in place of the chain.
      rejectUnauthorized: pin === null,
      checkServerIdentity: (host, certificate) =>
        certificate.subjectaltname
          ? checkServerIdentity(host, certificate)
          : new Error("The certificate names no host (no subjectAltName)."),
    });
    const finish = (error: ImapError | null) => {
      tls.off("error", failed);
      tls.off("close", closed);
      if (error === null) {
        resolve(tls);
        return;
      }
      tls.on("error", () => {}); // what else goes wrong says nothing more
      tls.destroy();
      reject(error);
    };
    const failed = (error: NodeJS.ErrnoException) => finish(tlsError(error, options.host));
    const closed = () =>
      finish(new ImapError("TLS", "The server closed the connection during the TLS handshake."));
    tls.once("error", failed);
    tls.once("close", closed);
    tls.once("secureConnect", () => {
      const proved = pin === null || matches(tls.getPeerCertificate().raw, pin);
      const message = `The certificate of ${options.host} is not the pinned one.`;
      finish(proved ? null : new ImapError("CERTIFICATE", message));
    });
  });
}

function parsePin(pin: string): Buffer {
  const hex = /^sha256:((?:[0-9a-f]{2}:?){32})$/i.exec(pin)?.[1]?.replaceAll(":", "");
  if (hex === undefined || hex.length !== 64)
    throw new ImapError("ARGUMENT", "A pin is written sha256: and 64 hexadecimal digits.");
  return Buffer.from(hex, "hex");
}

function matches(certificate: Buffer | undefined, pin: Buffer): boolean {
  if (!certificate) return false;
  return timingSafeEqual(createHash("sha256").update(certificate).digest(), pin);
}

/** OpenSSL's and Node's words for "not proved"; everything else is the handshake itself. */
const certificateCodes =
  /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|INVALID_CA/;

function tlsError(error: NodeJS.ErrnoException, host: string): ImapError {
  if (certificateCodes.test(error.code ?? "") || /subjectAltName/.test(error.message))
    return new ImapError("CERTIFICATE", `${host} did not prove who it is: ${error.message}`, {
      cause: error,
    });
  // OpenSSL's message is a line of its source code; its reason is words.
  const why = "reason" in error && typeof error.reason === "string" ? error.reason : error.message;
  return new ImapError("TLS", `No TLS could be agreed on with ${host}: ${why}.`, { cause: error });
}
