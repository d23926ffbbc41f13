/** Short names that the person has given to addresses: put in for by what they stand for. */
import type { Account } from "../../account/config.ts";
import type { Person } from "../../message/types.ts";
import { formatAddress, looseAddresses } from "../compose/addresses.ts";
import { type Draft, listOf, withField } from "../compose/draft.ts";

export type Aliases = Readonly<Record<string, string>>;

export const aliasesOf = ({ contacts }: Account): Aliases => contacts?.aliases ?? {};

/** Fields whose addresses may be given by an alias. */
const fields = ["To", "Cc", "Bcc", "Reply-To", "Mail-Followup-To"] as const;
/** An alias may stand for aliases, which may stand for others; one that stands for itself is left as it is. */
const deepest = 8;

/** Case is none of a name's that is typed in a hurry. */
function standsFor({ name, email }: Person, aliases: Aliases): string | null {
  const word = email === "" ? name : name === "" ? email : "";
  if (word === "" || word.includes("@")) return null;
  const key = Object.hasOwn(aliases, word)
    ? word
    : Object.keys(aliases).find((alias) => alias.toLowerCase() === word.toLowerCase());
  return key === undefined ? null : (aliases[key] ?? null);
}

/** The people of a list as it is written; what is neither address nor alias stays as it is, to be told of later. */
export function expandedPeople(text: string, aliases: Aliases, depth = 0): Person[] {
  return looseAddresses(text).flatMap((person) => {
    const meant = depth < deepest ? standsFor(person, aliases) : null;
    return meant === null ? [person] : expandedPeople(meant, aliases, depth + 1);
  });
}

/** A list of addresses with its aliases put in for; one that has none is not touched. */
export function expandAliases(text: string, aliases: Aliases): string {
  if (!looseAddresses(text).some((person) => standsFor(person, aliases) !== null)) return text;
  return expandedPeople(text, aliases)
    .map((person) => (person.email === "" ? person.name : formatAddress(person)))
    .join(", ");
}

/** The same of all recipients of a draft. */
export function withoutAliases(draft: Draft, aliases: Aliases): Draft {
  return fields.reduce((result, name) => {
    const text = listOf(result, name);
    const expanded = text === "" ? text : expandAliases(text, aliases);
    return expanded === text ? result : withField(result, name, expanded);
  }, draft);
}
