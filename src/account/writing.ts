/** How an account writes: under which addresses, with what below, and what becomes of a message once it is sent. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { configFile } from "./paths.ts";
import { Section } from "./section.ts";
import { type Encryption, encryptions, identitySettings } from "./settings.ts";

/** How gpg protects what is sent, where a draft says nothing of it. */
export interface Pgp {
  /** As gpg takes it; null: that of the address. */
  readonly key: string | null;
  readonly sign: boolean;
  readonly encrypt: Encryption;
}

/** With what a person's messages begin, where they do not say otherwise: names of templates, null for none. */
export interface Templates {
  /** Where they lie, each a file. */
  readonly directory: string;
  readonly new: string | null;
  readonly reply: string | null;
  readonly forward: string | null;
}

/** One address a person writes under. */
export interface Identity {
  /** `*@example.org` stands for every address there: the one that was written to is then answered from. */
  readonly address: string;
  readonly name: string;
  /** Without the "-- " above it; null for none. A file is read when it is needed. */
  readonly signature: string | null;
  readonly signatureFile: string | null;
  readonly replyTo: string | null;
  /** Gets a blind copy of everything. */
  readonly bcc: string | null;
  readonly pgp: Pgp;
}

export interface Writing {
  /** The account's own address first. */
  readonly identities: readonly [Identity, ...Identity[]];
  /** Whether a copy goes into the Sent folder; null: unless the server is known to put one there by itself. */
  readonly sentCopy: boolean | null;
  /** Milliseconds in which a message can be called back. */
  readonly sendDelay: number;
  /** Texts are Markdown, and go out as HTML too. */
  readonly markdown: boolean;
  /** What stands above a quote, with {date}, {name}, {address} and {subject}. */
  readonly attribution: string;
  readonly templates: Templates;
}

const defaults = { sendDelay: 10_000, attribution: "On {date}, {name} wrote:" } as const;

const plain: Pgp = { key: null, sign: false, encrypt: "never" };

/** `fallback`: what holds where nothing is said here. */
function pgp(section: Section, fallback: Pgp): Pgp {
  const text = section.text("encrypt") ?? fallback.encrypt;
  const encrypt = encryptions.find((one) => one === text);
  if (!encrypt)
    throw section.wrong(
      `has an "encrypt" that is none of ${encryptions.join(", ")}: ${text}`,
      'write encrypt = "known"',
    );
  return { key: section.text("pgp-key"), sign: section.flag("sign", fallback.sign), encrypt };
}

function identity(section: Section, address: string, fallback: Pgp): Identity {
  return {
    address,
    name: section.text("name") ?? "",
    signature: section.text("signature"),
    signatureFile: section.file("signature-file"),
    replyTo: section.text("reply-to"),
    bcc: section.text("bcc"),
    pgp: pgp(section, fallback),
  };
}

/** `[[accounts.NAME.identities]]` */
function others(section: Section, own: Identity): Identity[] {
  const tables = section.table.identities ?? [];
  if (!Array.isArray(tables))
    throw section.wrong(
      'has "identities" that are no list of tables',
      `write [[${section.name}.identities]]`,
    );
  return tables.map((table: unknown) => {
    const one = new Section(section.path, `${section.name}.identities`, table);
    one.only(Object.keys(identitySettings));
    const address = one.text("address");
    if (address === null || !/^[^\s@<>,]+@[^\s@<>,]+$/.test(address))
      throw one.wrong('has no "address"', 'write address = "me@example.org"');
    return identity(one, address, own.pgp);
  });
}

/** Seconds, minutes or hours as a person writes them: `10s`, `2min`, `1h`, or `0`. */
function delay(section: Section): number {
  const text = section.text("send-delay");
  if (text === null) return defaults.sendDelay;
  const [, number, unit = "s"] = /^(\d{1,4})(s|min|h)?$/.exec(text) ?? [];
  if (number === undefined)
    throw section.wrong(
      `has a "send-delay" that is no time: ${text}`,
      'write send-delay = "10s", "1min" or "0"',
    );
  return Number(number) * { s: 1_000, min: 60_000, h: 3_600_000 }[unit as "s" | "min" | "h"];
}

/** The part of an account's table that is about writing. Throws AccountError "CONFIG". */
export function readWriting(section: Section, address: string): Writing {
  const own = identity(section, address, plain);
  return {
    identities: [own, ...others(section, own)],
    sentCopy: section.table["sent-copy"] === undefined ? null : section.flag("sent-copy", true),
    sendDelay: delay(section),
    markdown: section.flag("markdown", false),
    attribution: section.text("attribution") ?? defaults.attribution,
    templates: {
      directory: section.resolved("templates"),
      new: section.text("template"),
      reply: section.text("reply-template"),
      forward: section.text("forward-template"),
    },
  };
}

/** How an account writes of which nothing but the address is known. */
export function plainWriting(address: string): Writing {
  const none = { signature: null, signatureFile: null, replyTo: null, bcc: null } as const;
  const own: Identity = { address, name: "", ...none, pgp: plain };
  const templates = {
    directory: join(dirname(configFile()), "templates"),
    new: null,
    reply: null,
    forward: null,
  };
  return { identities: [own], sentCopy: null, markdown: false, templates, ...defaults };
}

/** The names of the templates there are, in order. */
export function templateNames({ directory }: Templates): string[] {
  try {
    const files = readdirSync(directory, { withFileTypes: true });
    return files
      .filter((file) => !file.isDirectory() && !/^\.|~$/.test(file.name))
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

/** The signature's text, with LF line ends and none at its end; null where there is none, or its file cannot be read. */
export function signatureOf({ signature, signatureFile }: Identity): string | null {
  let text = signature;
  if (signatureFile !== null) {
    try {
      text = readFileSync(signatureFile, "utf8");
    } catch {
      // A signature that is not there keeps nobody from writing.
    }
  }
  const clean = text
    ?.replace(/\r\n?/g, "\n")
    .replace(/^-- \n/, "")
    .trimEnd();
  return clean ? clean : null;
}
