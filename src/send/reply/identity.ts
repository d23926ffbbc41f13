/** Which of a person's addresses is meant, and which are oneself. */
import type { Identity, Writing } from "../../account/writing.ts";
import type { Person } from "../../message/types.ts";
import { addressKey } from "../compose/addresses.ts";

/** An identity, and the address to write from: its own, or for `*@…` the one that matched. */
export interface Chosen {
  readonly identity: Identity;
  readonly address: string;
}

/** `me+shops@example.org` is read by `me@example.org` (RFC 5233). */
const withoutTag = (key: string) => key.replace(/\+[^@]*(?=@)/, "");

function match({ identities }: Writing, email: string): Chosen | null {
  const key = addressKey(email);
  const exact = identities.find(({ address }) => addressKey(address) === key);
  if (exact) return { identity: exact, address: exact.address };
  const whole = identities.find(
    ({ address }) => address.startsWith("*@") && key.endsWith(addressKey(address).slice(1)),
  );
  if (whole) return { identity: whole, address: email };
  const tagged = identities.find(({ address }) => addressKey(address) === withoutTag(key));
  return tagged ? { identity: tagged, address: tagged.address } : null;
}

export const isOneself = (writing: Writing, email: string): boolean => match(writing, email) !== null;

/** The first of `addresses` that is one's own; the account's where none is. */
export function chooseIdentity(writing: Writing, addresses: Iterable<string>): Chosen {
  for (const email of addresses) {
    const found = match(writing, email);
    if (found) return found;
  }
  const [own] = writing.identities;
  return { identity: own, address: own.address };
}

export const personOf = ({ identity, address }: Chosen): Person => ({ name: identity.name, email: address });
