/** A list of recipients that is being typed, and what its last one could become. */
import { safeText } from "../../message/safe.ts";
import { formatAddress } from "../compose/addresses.ts";
import { expandAliases } from "./aliases.ts";
import type { Contacts } from "./contacts.ts";
import { type Contact, contactOrigin } from "./source.ts";

/** The list up to its last recipient, and what there is of that one. Commas in quotes and brackets part nothing. */
export function lastRecipient(list: string): { readonly head: string; readonly typed: string } {
  let begins = 0;
  let quoted = false;
  for (let at = 0; at < list.length; at++) {
    const c = list.charAt(at);
    if (c === "\\" && quoted) at++;
    else if (c === '"') quoted = !quoted;
    else if ((c === "," || c === ";") && !quoted) begins = at + 1;
  }
  while (list.charAt(begins) === " ") begins++;
  return { head: list.slice(0, begins), typed: list.slice(begins) };
}

/** How a contact stands in a list of recipients. */
const written = (one: Contact) => formatAddress({ name: safeText(one.name), email: one.email });

export interface Candidate {
  /** What stands in the list in place of what is typed. */
  readonly text: string;
  /** Without names, as a shell takes it best. */
  readonly bare: string;
  /** Whence it is known. */
  readonly help: string;
}

/** What may stand in place of `typed`: an alias for all that it stands for. */
export function candidates({ settings }: Contacts, found: readonly Contact[]): Candidate[] {
  const aliases = new Set<string>();
  return found.flatMap((one) => {
    const { alias } = one;
    if (alias === null) return [{ text: written(one), bare: one.email, help: contactOrigin(one) }];
    if (aliases.has(alias)) return [];
    aliases.add(alias);
    const text = safeText(expandAliases(alias, settings.aliases));
    return [{ text, bare: alias, help: `alias ${alias}` }];
  });
}
