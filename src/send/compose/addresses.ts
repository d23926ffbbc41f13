/** Addresses as people write them (RFC 5322 §3.4, RFC 6532), read strictly: a wrong one is told, never guessed. */
import { domainToASCII } from "node:url";
import addressparser from "nodemailer/lib/addressparser";
import type { Person } from "../../message/types.ts";
import { SendError } from "../errors.ts";
import { oneLine } from "./draft.ts";

/** Of one part before the @, and of a whole address (RFC 5321 §4.5.3.1). Octets. */
const longest = { local: 64, all: 254 } as const;
const atext = "[\\w!#$%&'*+/=?^`{|}~\\-\\u0080-\\u{10ffff}]";
const localPart = new RegExp(
  `^(?:${atext}+(?:\\.${atext}+)*|"(?:[\\x20-\\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\x20-\\x7e])*")$`,
  "u",
);

function domainIsSound(domain: string): boolean {
  if (/^\[[\x21-\x5a\x5e-\x7e]+\]$/.test(domain)) return true;
  if (/[\s\p{C}@:/\\?#[\]%]/u.test(domain)) return false;
  const ascii = domainToASCII(domain);
  return (
    ascii.length <= 253 &&
    /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?)+$/i.test(ascii) &&
    !ascii.endsWith(".")
  );
}

/** Whether it can stand in an envelope as it is. */
export function isAddress(email: string): boolean {
  const at = email.lastIndexOf("@");
  const local = email.slice(0, at);
  return (
    at > 0 &&
    Buffer.byteLength(local) <= longest.local &&
    Buffer.byteLength(email) <= longest.all &&
    localPart.test(local) &&
    !/\p{C}/u.test(local) &&
    domainIsSound(email.slice(at + 1))
  );
}

interface Parsed {
  readonly name?: string | undefined;
  readonly address?: string | undefined;
  readonly group?: readonly Parsed[] | undefined;
}

function flat(parsed: readonly Parsed[]): Person[] {
  return parsed.flatMap(({ name = "", address = "", group }) =>
    group ? flat(group) : [{ name: oneLine(name), email: address }],
  );
}

/** The people of a list as it is written, whether they have an address or not; groups are taken apart. */
export function looseAddresses(text: string): Person[] {
  return flat(addressparser(oneLine(text))).filter(({ name, email }) => name !== "" || email !== "");
}

/** The same where all have one. Throws SendError "ADDRESS". */
export function readAddresses(text: string, field = "the list"): Person[] {
  const people = looseAddresses(text);
  for (const { name, email } of people) {
    if (isAddress(email)) continue;
    throw new SendError(
      "ADDRESS",
      `${field}: "${email || name}" is no mail address`,
      "write addresses as name@example.org or Name <name@example.org>, with commas between them",
    );
  }
  return people;
}

/** `Name <name@example.org>`, the name in quotes where it needs them. */
export function formatAddress({ name, email }: Person): string {
  const plain = oneLine(name).replace(/\p{Cc}+/gu, " ");
  if (plain === "" || plain === email) return email;
  return `${/["(),.:;<>@[\]\\]/.test(plain) ? `"${plain.replace(/["\\]/g, "\\$&")}"` : plain} <${email}>`;
}

export function formatAddresses(people: readonly Person[]): string {
  return people.map(formatAddress).join(", ");
}

/** By which addresses are compared: hosts are the same in any case, and in practice so are those before the @. */
export function addressKey(email: string): string {
  const at = email.lastIndexOf("@");
  return `${email.slice(0, at)}@${domainToASCII(email.slice(at + 1)) || email.slice(at + 1)}`.toLowerCase();
}

/** Each address once, the first of them, and none of `without`. */
export function distinct(people: readonly Person[], without: Iterable<string> = []): Person[] {
  const seen = new Set([...without].map(addressKey));
  return people.filter(({ email }) => {
    const key = addressKey(email);
    if (email === "" || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
