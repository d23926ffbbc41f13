// An authority of one's own, and certificates right and wrong in every way that matters.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** `subjectAltName` of each kind; "": none, so that there is a common name alone. The common name is always "localhost". */
const kinds = {
  right: "DNS:localhost, IP:127.0.0.1",
  commonNameOnly: "",
  /** A subjectAltName, but no dNSName in it. */
  addressOnly: "IP:127.0.0.2, email:ann@example.org",
  otherName: "DNS:mail.example.net",
  wildcard: "DNS:*.example.org",
  partialWildcard: "DNS:local*",
  service: "otherName:1.3.6.1.5.5.7.8.7;IA5:_imaps.example.org, DNS:mail.example.net",
  otherService: "otherName:1.3.6.1.5.5.7.8.7;IA5:_xmpp-client.example.org",
} as const;

export type CertificateKind = keyof typeof kinds;

export interface Certificates {
  /** The authority that signed them all. */
  readonly ca: string;
  readonly servers: Readonly<Record<CertificateKind, Identity>>;
  /** A client certificate for the common name "user". */
  readonly client: Identity;
}

/** Made with the openssl command, in about a tenth of a second. */
export async function makeCertificates(): Promise<Certificates> {
  const dir = mkdtempSync(join(tmpdir(), "postern-certificates-"));
  const at = (name: string) => join(dir, name);
  const read = (name: string): Identity => ({
    cert: readFileSync(at(`${name}.pem`), "utf8"),
    key: readFileSync(at(`${name}.key`), "utf8"),
  });
  const names = Object.keys(kinds) as CertificateKind[];
  try {
    const server = (name: CertificateKind) => [
      `[${name}]`,
      "basicConstraints = CA:FALSE",
      "extendedKeyUsage = serverAuth",
      ...(kinds[name] === "" ? [] : [`subjectAltName = ${kinds[name]}`]),
    ];
    writeFileSync(
      at("openssl.cnf"),
      [
        ...["[req]", "distinguished_name = name", "[name]"],
        ...[
          "[authority]",
          "basicConstraints = critical, CA:TRUE",
          "keyUsage = critical, keyCertSign, cRLSign",
        ],
        "subjectKeyIdentifier = hash",
        ...["[client]", "basicConstraints = CA:FALSE", "extendedKeyUsage = clientAuth"],
        ...names.flatMap(server),
        "",
      ].join("\n"),
    );
    const make = (name: string, commonName: string, ...more: string[]) =>
      execute("openssl", [
        ...[
          "req",
          "-config",
          at("openssl.cnf"),
          "-x509",
          "-days",
          "2",
          "-nodes",
          "-subj",
          `/CN=${commonName}`,
        ],
        ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-extensions", name],
        ...["-keyout", at(`${name}.key`), "-out", at(`${name}.pem`), ...more],
      ]);
    await make("authority", "Postern test authority");
    const signed = ["-CA", at("authority.pem"), "-CAkey", at("authority.key")];
    await Promise.all([
      ...names.map((name) => make(name, "localhost", ...signed)),
      make("client", "user", ...signed),
    ]);
    const servers = Object.fromEntries(names.map((name) => [name, read(name)])) as Certificates["servers"];
    return { ca: read("authority").cert, servers, client: read("client") };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
