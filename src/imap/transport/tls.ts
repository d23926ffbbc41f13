import { createHash, timingSafeEqual, X509Certificate } from "node:crypto";
import { isIP, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import { domainToASCII } from "node:url";
import { asImapError, ImapError } from "../errors.ts";
import { srvIds } from "./certificate.ts";

/** Whom we expect at the other end, and who we are. */
export interface TlsOptions {
  /** The name or address the person gave: the certificate must be for it (RFC 7817). */
  readonly host: string;
  /**
   * Set where DNS named `host` as the server of this domain (SRV, RFC 6186) and nobody confirmed it: the certificate must
   * then be for the domain, or for its IMAP service (SRV-ID, RFC 4985), since DNS can be forged.
   */
  readonly srvDomain?: string;
  /** PEM: these authorities in place of those that Node.js trusts. */
  readonly ca?: string;
  /** `sha256:HEX` of the exact certificate (DER), which is then trusted whatever else it says. */
  readonly pin?: string;
  /** PEM: our certificate, with what is needed to prove it up to the authority the server trusts; for EXTERNAL. */
  readonly cert?: string;
  /** PEM: the private key of `cert`. */
  readonly key?: string;
}

/**
 * TLS 1.2 or later over a connected socket; resolves when the server has proved who it is. Nothing is sent before.
 * @throws ImapError CERTIFICATE, TLS, ARGUMENT (the pin is none, or one of the PEM texts cannot be read)
 */
export async function secure(socket: Socket, options: TlsOptions): Promise<TLSSocket> {
  const pin = options.pin === undefined ? null : parsePin(options.pin);
  const { secureContext, trust } = readContext(options);
  const named = (options.srvDomain ?? options.host).replace(/\.$/, ""); // the dot of DNS is in no certificate
  const expected = domainToASCII(named) || named;
  return new Promise((resolve, reject) => {
    const tls = connectTls({
      socket,
      host: options.host,
      ...(isIP(expected) ? {} : { servername: expected }),
      secureContext,
      // With a pin the exact certificate is asked for below, in place of the chain.
      rejectUnauthorized: pin === null,
      checkServerIdentity: (_host, { raw }) =>
        isFor(raw, expected, options.srvDomain !== undefined)
          ? undefined
          : new Error(`The certificate is not for ${expected} (subjectAltName).`),
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
    try {
      trust();
    } catch (error) {
      finish(unreadable(error));
    }
  });
}

/** Of Node's own context: whom it trusts. Not among what Node.js promises to keep. */
interface Authorities {
  addRootCerts?(): void;
  addCACert?(pem: string): void;
}

/**
 * What TLS begins with. Whom to trust is not asked before the server's certificate has come, and Node.js takes 20 ms to
 * read its authorities: `trust` does that when our first octets are on their way. Until then nobody is trusted.
 */
function readContext({ ca, cert, key }: TlsOptions): { secureContext: SecureContext; trust: () => void } {
  const minVersion = "TLSv1.2";
  try {
    // The issuer of a certificate of our own is looked for among the authorities: then they are read at once.
    if (cert === undefined && key === undefined) {
      const secureContext = createSecureContext({ minVersion, ca: [] });
      const authorities: Authorities = secureContext.context;
      if (authorities.addRootCerts && authorities.addCACert) {
        const trust = () => (ca === undefined ? authorities.addRootCerts?.() : authorities.addCACert?.(ca));
        return { secureContext, trust };
      }
    }
    const secureContext = createSecureContext({
      minVersion,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
    return { secureContext, trust: () => {} };
  } catch (cause) {
    throw unreadable(cause);
  }
}

function unreadable(cause: unknown): ImapError {
  return new ImapError("ARGUMENT", "The CA, the client certificate or its key cannot be read.", {
    hint: "They are PEM files; the key must be the certificate's own, without a passphrase.",
    cause,
  });
}

/**
 * Whether a certificate is for the name (RFC 7817 §3): by a subjectAltName of its kind. The subject's common name does not
 * count, and `*` stands for one whole label, the first.
 */
function isFor(der: Buffer, name: string, service: boolean): boolean {
  const certificate = new X509Certificate(der);
  if (isIP(name)) return certificate.checkIP(name) !== undefined;
  const dns = { subject: "never", partialWildcards: false, multiLabelWildcards: false } as const;
  if (certificate.checkHost(name, dns) !== undefined) return true;
  const wanted = [`_imaps.${name}`, `_imap.${name}`].map((id) => id.toLowerCase());
  return service && srvIds(der).some((id) => wanted.includes(id.toLowerCase()));
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

/**
 * What ended an established line. With TLS 1.3 the server refuses our certificate, or that there is none, only when for us
 * the handshake is done.
 */
export function lineError(error: NodeJS.ErrnoException): ImapError {
  if (!error.code?.startsWith("ERR_SSL_")) return asImapError(error);
  if (!/ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(error.code))
    return brokenTls(error);
  return new ImapError("CERTIFICATE", "The server wants a client certificate, or did not accept ours.", {
    hint: "Give a certificate and key that the server's operator has issued.",
    cause: error,
  });
}

/** OpenSSL's and Node's words for "not proved"; everything else is the handshake itself. */
const certificateCodes =
  /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|INVALID_CA/;

function tlsError(error: NodeJS.ErrnoException, host: string): ImapError {
  if (certificateCodes.test(error.code ?? "") || /subjectAltName/.test(error.message))
    return new ImapError("CERTIFICATE", `${host} did not prove who it is: ${error.message}`, {
      cause: error,
    });
  return brokenTls(error, `No TLS could be agreed on with ${host}`);
}

function brokenTls(error: NodeJS.ErrnoException, what = "TLS broke off"): ImapError {
  // OpenSSL's message is a line of its source code; its reason is words.
  const why = "reason" in error && typeof error.reason === "string" ? error.reason : error.message;
  return new ImapError("TLS", `${what}: ${why}.`, { cause: error });
}
