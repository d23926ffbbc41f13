/** A message sent on by somebody else than its author: what goes above it (RFC 5322 §3.6.6). */
import type { Writing } from "../../account/writing.ts";
import { distinct, formatAddress, readAddresses } from "../compose/addresses.ts";
import { headerField, mailDate, newMessageId } from "../compose/build.ts";
import { SendError } from "../errors.ts";
import { chooseIdentity, personOf } from "./identity.ts";

/** The fields with their line ends, the address they come from, and those who get it. Throws SendError "ADDRESS", "NO_RECIPIENT". */
export function resentHeader(
  writing: Writing,
  recipients: readonly string[],
  from: string | undefined,
): { readonly header: string; readonly sender: string; readonly to: readonly string[] } {
  const to = recipients.flatMap((text) => readAddresses(text, "Resent-To"));
  if (to.length === 0)
    throw new SendError("NO_RECIPIENT", "the message is to nobody", "name somebody who gets it");
  const given = from === undefined ? [] : readAddresses(from, "from");
  const chosen = personOf(
    chooseIdentity(
      writing,
      given.map(({ email }) => email),
    ),
  );
  const sender = given[0] ?? chosen;
  const header = [
    headerField("Resent-From", [sender]),
    headerField("Resent-To", to),
    `Resent-Date: ${mailDate(Date.now())}\r\n`,
    `Resent-Message-ID: ${newMessageId(sender.email)}\r\n`,
  ].join("");
  return {
    header,
    sender: readAddresses(formatAddress(sender))[0]?.email ?? "",
    to: distinct(to).map(({ email }) => email),
  };
}
