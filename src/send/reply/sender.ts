/** Writing under another of one's addresses: what belongs to the identity comes along, what belonged to the last one goes. */
import type { Writing } from "../../account/writing.ts";
import { distinct, formatAddresses, readAddresses } from "../compose/addresses.ts";
import { type Draft, fieldOf, listOf, withField } from "../compose/draft.ts";
import { SendError } from "../errors.ts";
import { type Chosen, chooseIdentity } from "./identity.ts";
import { givenIdentity, senderFields, signed } from "./reply.ts";

/** What a signature adds to a text; empty where the identity has none. */
const below = (chosen: Chosen) => signed("", chosen).replace(/^\n+/, "");

function previous({ headers }: Draft, writing: Writing): Chosen | null {
  try {
    const [person] = readAddresses(fieldOf({ headers }, "From"));
    return person ? chooseIdentity(writing, [person.email]) : null;
  } catch {
    return null;
  }
}

/** The draft from another sender: Reply-To, blind copy and signature of the last identity are put for those of the new. */
export function withSender(draft: Draft, writing: Writing, from: string): Draft {
  if (readAddresses(from, "From").length !== 1)
    throw new SendError("ADDRESS", "From is one address", "write your address, or Name <address>");
  const before = previous(draft, writing);
  const chosen = givenIdentity(writing, from);
  const fields = senderFields(chosen);
  const old = before ? senderFields(before) : {};
  let result = withField(draft, "From", fields.From ?? from);
  const replyTo = fieldOf(draft, "Reply-To");
  if (replyTo === "" || replyTo === old["Reply-To"])
    result = withField(result, "Reply-To", fields["Reply-To"] || null);
  const bcc = listOf(draft, "Bcc");
  if (fields.Bcc !== old.Bcc)
    result = withField(result, "Bcc", exchanged(bcc, old.Bcc ?? "", fields.Bcc ?? ""));
  const signature = before ? below(before) : "";
  if (signature !== "" && draft.body.endsWith(signature))
    result = { ...result, body: signed(draft.body.slice(0, -signature.length), chosen) };
  else if (before && signature === "") result = { ...result, body: signed(draft.body, chosen) };
  return result;
}

/** The list with one address for another; as it was where it cannot be read. */
function exchanged(list: string, old: string, fresh: string): string {
  try {
    return formatAddresses(distinct([...readAddresses(list), ...readAddresses(fresh)], addressesOf(old)));
  } catch {
    return list;
  }
}

const addressesOf = (list: string) => readAddresses(list).map(({ email }) => email);
