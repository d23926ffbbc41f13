/** Whether a message is to be signed and encrypted: by its own `Protect` field, else by the settings of whom it is from. */
import type { Encryption } from "../../account/settings.ts";
import type { Writing } from "../../account/writing.ts";
import { readAddresses } from "../compose/addresses.ts";
import { type Draft, fieldOf, listOf, withField } from "../compose/draft.ts";
import { SendError } from "../errors.ts";
import { chooseIdentity } from "../reply/identity.ts";

export interface Wish {
  readonly sign: boolean;
  readonly encrypt: Encryption;
  /** The person's own key, as gpg takes it. */
  readonly own: string;
}

/** An address as gpg looks for it: the whole of it, and nothing that is like it. */
export const byAddress = (address: string): string => `<${address}>`;

/** The field of a draft that says it; it does not go out. */
export const protectField = "Protect";
const words = ["sign", "encrypt", "none"];

/** What a draft's field says; null where it says nothing. Throws SendError "HEADER". */
function fieldWords(draft: Draft): ReadonlySet<string> | null {
  const said = fieldOf(draft, protectField)
    .toLowerCase()
    .split(/[\s,;]+/)
    .filter((word) => word !== "");
  const unknown = said.find((word) => !words.includes(word));
  if (unknown !== undefined)
    throw new SendError(
      "HEADER",
      `${protectField}: "${unknown}" is nothing that is known`,
      `write ${protectField}: sign, encrypt, or ${protectField}: none`,
    );
  return said.length > 0 ? new Set(said) : null;
}

/** The address that a draft is from; null where it is none, which is told when the draft is sent. */
function senderOf(draft: Draft): string | null {
  try {
    return readAddresses(listOf(draft, "From"), "From")[0]?.email ?? null;
  } catch {
    return null;
  }
}

/** Throws SendError "HEADER". */
export function wishOf(draft: Draft, writing: Writing): Wish {
  const sender = senderOf(draft);
  const { identity, address } = chooseIdentity(writing, sender === null ? [] : [sender]);
  const { key, sign, encrypt } = identity.pgp;
  const own = key ?? byAddress(sender ?? address);
  const said = fieldWords(draft);
  return said
    ? { own, sign: said.has("sign"), encrypt: said.has("encrypt") ? "always" : "never" }
    : { own, sign, encrypt };
}

/** The draft with its field set; null leaves it to the settings. */
export function withProtection(
  draft: Draft,
  wanted: { readonly sign: boolean; readonly encrypt: boolean } | null,
): Draft {
  if (wanted === null) return withField(draft, protectField, null);
  const chosen = [...(wanted.sign ? ["sign"] : []), ...(wanted.encrypt ? ["encrypt"] : [])];
  return withField(draft, protectField, chosen.join(", ") || "none");
}
