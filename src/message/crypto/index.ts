/**
 * Signatures checked, and what is encrypted decrypted, by the programs that the person has for it. Loaded when a
 * message has either. Nothing here shows anything: what comes out is a message to be read like any other.
 */
import { planMessage } from "../choose.ts";
import { decodeAll } from "../decode.ts";
import { field, headerFields, leaves, type MimeTree, parseMime } from "../mime.ts";
import { readHeaders } from "../read-headers.ts";
import { inlinePgp } from "../text.ts";
import type { LeafDescription, PartDescription, ProtectedPart } from "../types.ts";
import { decryptPgp, type GpgSignature, verifyClear, verifyDetached } from "./gpg.ts";
import { decryptSmime, verifySmime } from "./smime.ts";
import type { CryptoFailure, CryptoTools, OpenedMessage, SignatureCheck } from "./types.ts";

export type * from "./types.ts";

/** Messages within messages that are opened, and parts of one that are checked. */
const MAX_LAYERS = 4;
const MAX_CHECKS = 8;
/** Larger parts are not handed on. */
const MAX_OCTETS = 64 * 1024 * 1024;
const MAX_HEADER = 1024 * 1024;

/** Line ends as they are signed (RFC 1847 §2.1): CR LF. */
function canonical(bytes: Buffer): Buffer {
  let bare = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1))
    if (bytes[at - 1] !== 13) bare++;
  if (bare === 0) return bytes;
  return Buffer.from(bytes.toString("latin1").replace(/\r?\n/g, "\r\n"), "latin1");
}

/** Not From and Reply-To: who can encrypt to somebody could put any name there. */
const PROTECTED = ["subject", "to", "cc", "date"];

/** The lines of a header whose names are kept, with their continuations. */
function keepFields(header: Buffer, keeps: (name: string) => boolean): string {
  let keeping = false;
  let out = "";
  for (const line of header.toString("latin1").split(/\r\n|\n|\r/)) {
    if (!/^[ \t]/.test(line))
      keeping = keeps(
        line
          .slice(0, Math.max(0, line.indexOf(":")))
          .trim()
          .toLowerCase(),
      );
    if (keeping) out += `${line}\r\n`;
  }
  return out;
}

/** A message with the header of this one, but the content of another entity. */
function withContent(header: Buffer, content: Buffer): Buffer {
  const end = headerEnd(content);
  const own = content.subarray(0, end);
  const fields = headerFields(own);
  // Headers that were protected with the text (RFC 9788) are the true ones.
  const marked = /;\s*(?:protected-headers\s*=\s*"?v1|hp\s*=)/i.test(field(fields, "content-type") ?? "");
  const truths = new Set(marked ? PROTECTED.filter((name) => field(fields, name) !== null) : []);
  const isContent = (name: string) => name.startsWith("content-");
  const outer = keepFields(header, (name) => !isContent(name) && !truths.has(name) && name !== "");
  const inner = keepFields(own, (name) => isContent(name) || truths.has(name));
  return Buffer.concat([Buffer.from(`${outer}${inner}\r\n`, "latin1"), content.subarray(end)]);
}

/** Where the header of an entity ends, its empty line included. */
function headerEnd(entity: Buffer): number {
  // An entity may begin with the empty line.
  const found = /^(?:[\s\S]*?\r?\n)??\r?\n/.exec(entity.subarray(0, MAX_HEADER).toString("latin1"));
  return found ? found[0].length : entity.length;
}

const MISSING: CryptoFailure = {
  code: "BAD_DATA",
  message: "the encrypted part is missing or broken",
  hint: "look at the message's source",
};

function findMultipart(structure: PartDescription, section: string): PartDescription | null {
  const open: PartDescription[] = [structure];
  for (let part = open.pop(); part; part = open.pop()) {
    if (part.section === section && part.kind === "multipart") return part;
    if (part.kind === "multipart") open.push(...part.parts);
    else if (part.body) open.push(part.body);
  }
  return null;
}

interface Opened {
  readonly checks: readonly SignatureCheck[];
  /** The entity that was wrapped; null where nothing was. */
  readonly content: Buffer | null;
  readonly decrypted: boolean;
  readonly failure: CryptoFailure | null;
}

const nothing: Opened = { checks: [], content: null, decrypted: false, failure: null };

class Opener {
  private readonly tree: MimeTree;
  private readonly tools: CryptoTools;
  private readonly sender: string;

  constructor(tree: MimeTree, tools: CryptoTools, sender: string) {
    this.tree = tree;
    this.tools = tools;
    this.sender = sender;
  }

  private async bytes(leaf: LeafDescription | null | undefined): Promise<Buffer | null> {
    const raw = leaf && this.tree.parts.get(leaf.section)?.body;
    if (!leaf || !raw || raw.length > MAX_OCTETS) return null;
    return decodeAll(raw, leaf.encoding).catch(() => null);
  }

  private pgp(section: string, whole: boolean, found: readonly GpgSignature[]): SignatureCheck[] {
    return found.map((one) => ({
      section,
      protocol: "pgp",
      whole,
      ...one,
      fromSender:
        one.signer.toLowerCase().includes(`<${this.sender}>`) || one.signer.toLowerCase() === this.sender,
    }));
  }

  async open(part: ProtectedPart): Promise<Opened> {
    const { structure } = this.tree;
    const multipart = findMultipart(structure, part.section);
    if (multipart?.kind === "multipart" && !part.inline) {
      const children = multipart.parts;
      if (part.kind === "signed") return this.signed(part, children, multipart === structure);
      const last = children.at(-1);
      return this.encrypted(part.protocol, last?.kind === "part" ? last : null);
    }
    const leaf = leaves(structure).find(({ section }) => section === part.section) ?? null;
    if (part.inline) return this.inline(part, leaf);
    const bytes = await this.bytes(leaf);
    if (!bytes) return { ...nothing, failure: MISSING };
    return part.kind === "signed"
      ? this.opaque(part, bytes, leaf === structure)
      : this.encrypted(part.protocol, leaf);
  }

  private async signed(
    part: ProtectedPart,
    children: readonly PartDescription[],
    whole: boolean,
  ): Promise<Opened> {
    const [first, second] = children;
    const signed = first && this.tree.entities.get(first.section);
    const signature = second?.kind === "part" ? await this.bytes(second) : null;
    if (!signed || !signature || signed.length > MAX_OCTETS) {
      const detail = "the signature is missing";
      return { ...nothing, checks: [this.failed(part, detail)] };
    }
    // What stands beside the two parts is signed by nobody.
    const alone = whole && children.length === 2;
    if (part.protocol === "smime") {
      const { content: _, addresses, ...found } = await verifySmime(signature, canonical(signed), this.tools);
      return { ...nothing, checks: [this.smime(part, alone, found, addresses)] };
    }
    const found = await verifyDetached(canonical(signed), signature, this.tools);
    return { ...nothing, checks: this.pgp(part.section, alone, found) };
  }

  private smime(
    part: ProtectedPart,
    whole: boolean,
    found: GpgSignature,
    addresses: readonly string[],
  ): SignatureCheck {
    return {
      section: part.section,
      protocol: "smime",
      whole,
      ...found,
      fromSender: addresses.includes(this.sender),
    };
  }

  private failed(part: ProtectedPart, detail: string): SignatureCheck {
    return {
      section: part.section,
      protocol: part.protocol,
      result: "unchecked",
      whole: false,
      signer: "",
      trusted: false,
      fromSender: false,
      fingerprint: "",
      signedAt: null,
      detail,
    };
  }

  private async opaque(part: ProtectedPart, bytes: Buffer, whole: boolean): Promise<Opened> {
    const { content, addresses, ...found } = await verifySmime(bytes, null, this.tools);
    return { ...nothing, checks: [this.smime(part, whole, found, addresses)], content };
  }

  private async encrypted(protocol: "pgp" | "smime", leaf: LeafDescription | null): Promise<Opened> {
    const bytes = await this.bytes(leaf);
    if (!leaf || !bytes) return { ...nothing, failure: MISSING };
    if (protocol === "smime") {
      const { plain, failure } = await decryptSmime(bytes, this.tools);
      return { ...nothing, content: plain, decrypted: plain !== null, failure };
    }
    const { plain, decrypted, signatures, failure } = await decryptPgp(bytes, this.tools);
    return {
      checks: this.pgp(leaf.section, true, signatures),
      content: plain,
      decrypted,
      failure,
    };
  }

  /** Armour in a plain text. What stands around it is shown as well, so a signature is over the whole only where nothing does. */
  private async inline(part: ProtectedPart, leaf: LeafDescription | null): Promise<Opened> {
    const bytes = await this.bytes(leaf);
    const text = bytes?.toString("latin1") ?? "";
    const block = armourIn(text, part.kind);
    if (!leaf || block === null) return { ...nothing, failure: part.kind === "encrypted" ? MISSING : null };
    const around = text.replace(block, "").trim();
    const armoured = Buffer.from(block, "latin1");
    if (part.kind === "signed") {
      const whole = leaf === this.tree.structure && around === "";
      const found = await verifyClear(armoured, this.tools);
      return { ...nothing, checks: this.pgp(part.section, whole, found) };
    }
    const { plain, decrypted, signatures, failure } = await decryptPgp(armoured, this.tools);
    const header = "Content-Type: text/plain; charset=utf-8\r\n\r\n";
    return {
      checks: this.pgp(part.section, true, signatures),
      // What stands around was not encrypted, and is not shown as if it had been.
      content: plain && Buffer.concat([Buffer.from(header), plain]),
      decrypted,
      failure,
    };
  }
}

const ARMOUR = { signed: ["SIGNED MESSAGE", "SIGNATURE"], encrypted: ["MESSAGE", "MESSAGE"] } as const;

/** The first block of armour in a text, from its first line to its last; null where it has no end. */
function armourIn(text: string, kind: ProtectedPart["kind"]): string | null {
  const [first, last] = ARMOUR[kind];
  const start = new RegExp(`^-----BEGIN PGP ${first}-----`, "m").exec(text)?.index;
  if (start === undefined) return null;
  const end = new RegExp(`^-----END PGP ${last}-----[ \\t]*\\r?$`, "m");
  const found = end.exec(text.slice(start));
  return found ? text.slice(start, start + found.index + found[0].length) : null;
}

/** Inline armour is told by the text, which is not in the structure. */
async function protectionsOf(tree: MimeTree): Promise<ProtectedPart[]> {
  const { protections, shown } = planMessage(tree.structure);
  const found = [...protections];
  for (const item of shown) {
    if (item.kind !== "text" || item.part.subtype !== "plain") continue;
    const raw = tree.parts.get(item.part.section)?.body;
    if (!raw || raw.length > MAX_OCTETS || !raw.includes("-----BEGIN PGP")) continue;
    const text = await decodeAll(raw, item.part.encoding).catch(() => raw);
    const kind = inlinePgp(text.toString("latin1"));
    if (kind) found.push({ kind, section: item.part.section, protocol: "pgp", inline: true });
  }
  return found.slice(0, MAX_CHECKS);
}

/**
 * Checks what is signed and decrypts what is encrypted in a whole message, layer by layer. Never rejects. gpg is not
 * let to ask for a passphrase unless `tools.ask` says so.
 */
export async function openProtected(source: Buffer, tools: CryptoTools = {}): Promise<OpenedMessage> {
  const checks: SignatureCheck[] = [];
  let current = source;
  let decrypted = false;
  const done = (failure: CryptoFailure | null): OpenedMessage => ({
    checks,
    source: current === source ? null : current,
    decrypted,
    failure,
  });
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    const tree = parseMime(current);
    const { from } = await readHeaders(tree.header);
    const opener = new Opener(tree, tools, from[0]?.email.toLowerCase() ?? "");
    let content: Buffer | null = null;
    for (const part of await protectionsOf(tree)) {
      const opened = await opener.open(part);
      checks.push(...opened.checks);
      if (opened.failure) return done(opened.failure);
      if (opened.decrypted) decrypted = true;
      content = opened.content;
      if (content) break;
    }
    if (!content) break;
    current = withContent(tree.header, content);
  }
  return done(null);
}
