/** The little of X.509 (RFC 5280) that Node does not tell: SRV-IDs (RFC 4985) and the hash of the signature. */

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

const sequence = 0x30;
const objectIdentifier = 0x06;
const octetString = 0x04;
const ia5String = 0x16;
/** [0] and [3], constructed. */
const context0 = 0xa0;
const context3 = 0xa3;

const subjectAltName = "551d11"; // 2.5.29.17
const dnsSrv = "2b06010505070807"; // 1.3.6.1.5.5.7.8.7
const pss = "2a864886f70d01010a"; // 1.2.840.113549.1.1.10

/** RFC 5929 §4.1: where the certificate is signed over MD5 or SHA-1, SHA-256 is used. */
const signatureHashes: ReadonlyMap<string, string> = new Map([
  ["2a864886f70d010104", "sha256"], // md5WithRSAEncryption
  ["2a864886f70d010105", "sha256"], // sha1WithRSAEncryption
  ["2a864886f70d01010e", "sha224"],
  ["2a864886f70d01010b", "sha256"],
  ["2a864886f70d01010c", "sha384"],
  ["2a864886f70d01010d", "sha512"],
  ["2a8648ce3d0401", "sha256"], // ecdsa-with-SHA1
  ["2a8648ce3d040301", "sha224"],
  ["2a8648ce3d040302", "sha256"],
  ["2a8648ce3d040303", "sha384"],
  ["2a8648ce3d040304", "sha512"],
]);
const digestHashes: ReadonlyMap<string, string> = new Map([
  ["2b0e03021a", "sha256"], // SHA-1
  ["608648016503040201", "sha256"],
  ["608648016503040202", "sha384"],
  ["608648016503040203", "sha512"],
]);

/** The DER elements that lie side by side in `bytes`, up to the first that is damaged. */
function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const tag = bytes[at]!;
    let length = bytes[at + 1]!;
    at += 2;
    if (length > 0x80) {
      const octets = length - 0x80;
      if (octets > 4 || at + octets > bytes.length) break;
      length = bytes.readUIntBE(at, octets);
      at += octets;
    }
    if (at + length > bytes.length) break;
    found.push({ tag, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return found;
}

const child = (bytes: Buffer | undefined, tag: number): Buffer | undefined =>
  bytes && elements(bytes).find((element) => element.tag === tag)?.content;

/** The certificate's three parts: what is signed, by which algorithm, and the signature. */
function parts(der: Buffer): Element[] {
  return elements(child(der, sequence) ?? Buffer.alloc(0));
}

/** The hash for `tls-server-end-point`, as node:crypto calls it; null where none is defined (Ed25519). */
export function signatureHash(der: Buffer): string | null {
  const algorithm = parts(der)[1]?.content;
  const name = child(algorithm, objectIdentifier)?.toString("hex") ?? "";
  if (name !== pss) return signatureHashes.get(name) ?? null;
  const chosen = child(child(child(algorithm, sequence), context0), sequence);
  const digest = child(chosen, objectIdentifier)?.toString("hex");
  return digest === undefined ? "sha256" : (digestHashes.get(digest) ?? null);
}

/** The SRV-IDs of a certificate in DER: `_imaps.example.org`, as they are written there. */
export function srvIds(der: Buffer): readonly string[] {
  const extensions = child(child(parts(der)[0]?.content, context3), sequence);
  const names: string[] = [];
  for (const extension of elements(extensions ?? Buffer.alloc(0))) {
    if (child(extension.content, objectIdentifier)?.toString("hex") !== subjectAltName) continue;
    const generalNames = child(child(extension.content, octetString), sequence) ?? Buffer.alloc(0);
    for (const { tag, content } of elements(generalNames)) {
      if (tag !== context0 || child(content, objectIdentifier)?.toString("hex") !== dnsSrv) continue;
      const name = child(child(content, context0), ia5String);
      if (name) names.push(name.toString("latin1"));
    }
  }
  return names;
}
