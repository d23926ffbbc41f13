/** Answers: whom they go to, who answers, where they belong and what they quote. */
import { signatureOf, type Writing } from "../../account/writing.ts";
import { safeText } from "../../message/safe.ts";
import { formatAddress, formatAddresses } from "../compose/addresses.ts";
import { type Draft, type Field, type Origin, oneLine } from "../compose/draft.ts";
import { type Chosen, chooseIdentity, isOneself, personOf } from "./identity.ts";
import type { Original } from "./original.ts";
import { attribution, quoteOf } from "./quote.ts";
import { type ReplyKind, recipientsOf } from "./recipients.ts";
import { replySubject } from "./subject.ts";
import { threadingOf } from "./threading.ts";

/** Fields with text; empty ones only where a person is to fill them in. */
export function fields(values: Readonly<Record<string, string>>, empty: readonly string[] = []): Field[] {
  return Object.entries(values)
    .map(([name, value]) => ({ name, value: oneLine(safeText(value)) }))
    .filter(({ name, value }) => value !== "" || empty.includes(name));
}

/** From, and what goes with the identity. */
export function senderFields(chosen: Chosen): Readonly<Record<string, string>> {
  const { replyTo, bcc } = chosen.identity;
  return { From: formatAddress(personOf(chosen)), "Reply-To": replyTo ?? "", Bcc: bcc ?? "" };
}

/** The text with the identity's signature below it (RFC 3676 §4.3). */
export function signed(text: string, { identity }: Chosen): string {
  const signature = signatureOf(identity);
  return signature === null
    ? text
    : `${text.trimEnd() === "" ? "\n" : `${text.trimEnd()}\n`}\n-- \n${signature}\n`;
}

/** Who has been written to, as the header and the receiving host tell it. */
export function identityFor(writing: Writing, { message, deliveredTo, bcc }: Original): Chosen {
  const { from, to, cc } = message.headers;
  const addresses = (people: typeof from) => people.map(({ email }) => email);
  const mine = addresses(from).filter((email) => isOneself(writing, email));
  return chooseIdentity(writing, [...mine, ...addresses(to), ...addresses(cc), ...deliveredTo, bcc]);
}

export const originOf = (kind: Origin["kind"], { folder, uid }: Original, uidValidity: number): Origin => ({
  kind,
  path: folder.path,
  uidValidity,
  uid,
});

/** The draft of an answer, quoted. Throws SendError "NO_LIST". */
export function replyTo(kind: ReplyKind, original: Original, writing: Writing, uidValidity: number): Draft {
  const { message } = original;
  const { to, cc } = recipientsOf(kind, message, writing);
  const chosen = identityFor(writing, original);
  const { inReplyTo, references } = threadingOf(original);
  const sender = senderFields(chosen);
  const quote = quoteOf(message);
  const above = quote === "" ? "" : `${attribution(writing.attribution, message)}\n${quote}\n\n`;
  return {
    headers: fields(
      {
        From: sender.From ?? "",
        To: formatAddresses(to),
        Cc: formatAddresses(cc),
        Bcc: sender.Bcc ?? "",
        "Reply-To": sender["Reply-To"] ?? "",
        Subject: replySubject(message.headers.subject),
        "In-Reply-To": inReplyTo,
        References: references,
      },
      ["To", "Cc", "Subject"],
    ),
    body: signed(above, chosen),
    attachments: [],
    origin: originOf("reply", original, uidValidity),
  };
}
