/** S/MIME by openssl (RFC 8551): signatures checked against the system's authorities, and decryption with a key file. */
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Run, run } from "./run.ts";
import { brokenRun, type CryptoFailure, type CryptoTools, type SignatureResult, timeoutOf } from "./types.ts";

export interface SmimeSignature {
  readonly result: SignatureResult;
  readonly signer: string;
  readonly trusted: boolean;
  readonly fingerprint: string;
  readonly signedAt: number | null;
  readonly detail: string;
  /** Addresses that the certificate is for, lower case. */
  readonly addresses: readonly string[];
  /** What was signed, where it stands inside of the signature; null for a detached one. */
  readonly content: Buffer | null;
}

const MAX_CERTIFICATES = 10;

function openssl(args: readonly string[], input: Buffer, tools: CryptoTools): Promise<Run> {
  return run(tools.openssl ?? "openssl", args, { input, timeout: timeoutOf(tools), signal: tools.signal });
}

/** A directory that only this user can look into; what is in it was signed, not encrypted. */
async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "postern-smime-"));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function certificates(pem: string): X509Certificate[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return found.slice(0, MAX_CERTIFICATES).flatMap((one) => {
    try {
      return [new X509Certificate(one)];
    } catch {
      return [];
    }
  });
}

/** Addresses of a certificate: in its subjectAltName, or as e-mail of its subject (RFC 8550 §3). */
function addressesOf(certificate: X509Certificate): string[] {
  const names = `${certificate.subjectAltName ?? ""}, ${certificate.subject.replace(/\n/g, ", ")}`;
  const found = [...names.matchAll(/(?:email:|emailAddress=)([^\s,"]+@[^\s,"]+)/g)];
  return [...new Set(found.map(([, address = ""]) => address.toLowerCase()))];
}

function ownerOf(certificate: X509Certificate): string {
  const name = /(?:^|\n)CN=([^\n]*)/.exec(certificate.subject)?.[1] ?? "";
  const [address = ""] = addressesOf(certificate);
  return name && address && name.toLowerCase() !== address ? `${name} <${address}>` : name || address;
}

/** `signingTime` of the printed structure: `object: signingTime … UTCTIME:Nov 25 19:00:00 2026 GMT`. */
function signingTime(printed: string): number | null {
  const [, said] =
    /signingTime[\s\S]{0,200}?(?:UTCTIME|GENERALIZEDTIME):([^\r\n]{10,40})/.exec(printed) ?? [];
  const at = Date.parse(said ?? "");
  return Number.isNaN(at) ? null : at;
}

function unchecked(detail: string): SmimeSignature {
  return {
    result: "unchecked",
    signer: "",
    trusted: false,
    fingerprint: "",
    signedAt: null,
    detail,
    addresses: [],
    content: null,
  };
}

/**
 * Checks a CMS signature (DER). `signed` is what a detached one is over, line ends CR LF; null where the signature
 * holds it. Never rejects.
 */
export async function verifySmime(
  signature: Buffer,
  signed: Buffer | null,
  tools: CryptoTools,
): Promise<SmimeSignature> {
  return inDirectory(async (directory) => {
    const signer = join(directory, "signer.pem");
    const content = join(directory, "content");
    if (signed) await writeFile(content, signed, { mode: 0o600 });
    const verify = (...more: string[]) =>
      openssl(
        [
          "cms",
          "-verify",
          "-inform",
          "DER",
          "-binary",
          "-signer",
          signer,
          ...(signed ? ["-content", content] : []),
          ...(tools.smimeAuthorities ? ["-CAfile", tools.smimeAuthorities] : []),
          ...more,
        ],
        signature,
        tools,
      );
    const full = await verify("-purpose", "smimesign");
    if (full.broken) return unchecked(brokenRun(full.broken, "openssl").message);
    // Whether the signature fits is one thing, who made it another.
    const bare = full.code === 0 ? full : await verify("-noverify");
    if (bare.broken) return unchecked(brokenRun(bare.broken, "openssl").message);
    const [certificate] = certificates(await readFile(signer, "utf8").catch(() => ""));
    const printed = await openssl(["cms", "-cmsout", "-print", "-noout", "-inform", "DER"], signature, tools);
    const signedAt = signingTime(printed.stdout.toString("latin1"));
    const known = {
      signer: certificate ? ownerOf(certificate) : "",
      fingerprint: certificate?.fingerprint256.replaceAll(":", "") ?? "",
      signedAt,
      addresses: certificate ? addressesOf(certificate) : [],
    };
    if (bare.code !== 0) {
      // An algorithm or a structure that openssl does not take is no text that was changed.
      const changed = /:(?:verification|digest|signature) failure:/i.test(bare.stderr);
      if (changed) return { ...unchecked("the text or the signature was changed"), ...known, result: "bad" };
      if (/signer certificate not found/i.test(bare.stderr))
        return { ...unchecked("the signer's certificate is not in it"), ...known, result: "unknown-key" };
      const words = bare.stderr.trim().split("\n").at(-1)?.slice(0, 200) ?? "";
      return { ...unchecked(`openssl cannot check it: ${words}`), ...known };
    }
    const plain = signed ? null : bare.stdout;
    if (full.code === 0) return { ...known, result: "good", trusted: true, detail: "", content: plain };
    const why = /.*verify error:\s*([^\r\n]{1,200})/i.exec(full.stderr)?.[1] ?? "its authority is not known";
    const expired = /expired/i.test(why);
    return { ...known, result: expired ? "expired" : "good", trusted: false, detail: why, content: plain };
  });
}

export interface SmimeDecrypted {
  readonly plain: Buffer | null;
  readonly failure: CryptoFailure | null;
}

/** Decrypts a CMS message (DER) with the key of `tools.smimeKey`. Never rejects. */
export async function decryptSmime(encrypted: Buffer, tools: CryptoTools): Promise<SmimeDecrypted> {
  const key = tools.smimeKey;
  if (!key) {
    return {
      plain: null,
      failure: {
        code: "NO_KEY",
        message: "there is no key for S/MIME",
        hint: "name one in the config: smime-key",
      },
    };
  }
  const ran = await openssl(
    // A passphrase would be asked for on the terminal: an empty one is given.
    ["cms", "-decrypt", "-inform", "DER", "-binary", "-recip", key, "-inkey", key, "-passin", "pass:"],
    encrypted,
    tools,
  );
  if (ran.broken) return { plain: null, failure: brokenRun(ran.broken, "openssl") };
  if (ran.code === 0) return { plain: ran.stdout, failure: null };
  const noKey = /no matching recipient|no recipient|unable to load|Could not (?:read|find|open)/i.test(
    ran.stderr,
  );
  return {
    plain: null,
    failure: {
      code: noKey ? "NO_KEY" : "BAD_DATA",
      message: noKey ? "the key cannot decrypt it" : "openssl cannot decrypt it",
      hint: ran.stderr.trim().split("\n")[0]?.slice(0, 300) ?? "",
    },
  };
}
