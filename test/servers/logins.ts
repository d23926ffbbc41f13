// Settings that let Dovecot log people in by every mechanism it has: by password, by token (RFC 7628), by certificate.
import { createHmac } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificates, makeCertificates } from "./certificates.ts";

export interface Logins {
  /** For DovecotOptions. */
  readonly config: string;
  /** `client` is whose bearer is "user". */
  readonly certificates: Certificates;
  /** A JSON Web Token (RFC 7519) for `user`, good for an hour from `now` (s). */
  token(user: string, now?: number): string;
  /** Removes the files behind it. */
  remove(): void;
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

export async function everyLogin(): Promise<Logins> {
  const key = "a key that only the provider and the server know";
  const certificates = await makeCertificates();
  const dir = mkdtempSync(join(tmpdir(), "postern-auth-"));
  chmodSync(dir, 0o755);
  mkdirSync(join(dir, "keys/default/HS256"), { recursive: true });
  writeFileSync(join(dir, "keys/default/HS256/default"), Buffer.from(key).toString("base64"));
  writeFileSync(join(dir, "clients.pem"), certificates.ca);
  writeFileSync(
    join(dir, "oauth2.conf"),
    `introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix=${dir}/keys/\nusername_attribute = sub\n`,
  );
  return {
    certificates,
    config: `
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 external oauthbearer xoauth2
ssl_ca = <${dir}/clients.pem
ssl_verify_client_cert = yes
ssl_require_crl = no
auth_ssl_username_from_cert = yes
auth_master_user_separator = *
passdb {
  driver = static
  mechanisms = external
  args = nopassword=y
}
passdb {
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = ${dir}/oauth2.conf
}
`,
    token(user, now = Math.floor(Date.now() / 1000)) {
      const claims = { sub: user, iat: now, exp: now + 3600 };
      const signed = `${base64url({ alg: "HS256", typ: "JWT" })}.${base64url(claims)}`;
      return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
