/** Drafts that begin otherwise than with an answer: empty, from a mailto address, from a message to be written anew. */
import type { Writing } from "../../account/writing.ts";
import { readMailto } from "../../message/mailing-list.ts";
import { safeText } from "../../message/safe.ts";
import { formatAddress, formatAddresses, isAddress } from "../compose/addresses.ts";
import type { Draft, DraftAttachment } from "../compose/draft.ts";
import { SendError } from "../errors.ts";
import { chooseIdentity, isOneself, personOf } from "./identity.ts";
import type { Original } from "./original.ts";
import { plainTextOf } from "./quote.ts";
import { fields, givenIdentity, mustBeReadable, protectedLike, senderFields, signed } from "./reply.ts";

/** What a new message begins with; text from outside may be among it. */
export interface Beginning {
  /** One's own address to write from, where it is not the account's. */
  readonly from?: string;
  readonly to?: string;
  readonly cc?: string;
  readonly bcc?: string;
  readonly subject?: string;
  readonly inReplyTo?: string;
  readonly body?: string;
}

export function newDraft(writing: Writing, beginning: Beginning = {}): Draft {
  const { from, to = "", cc = "", bcc = "", subject = "", inReplyTo = "", body = "" } = beginning;
  const chosen = from === undefined ? chooseIdentity(writing, []) : givenIdentity(writing, from);
  const sender = senderFields(chosen);
  return {
    headers: fields(
      {
        From: sender.From ?? "",
        To: to,
        Cc: cc,
        Bcc: [sender.Bcc ?? "", bcc].filter((text) => text !== "").join(", "),
        "Reply-To": sender["Reply-To"] ?? "",
        Subject: subject,
        "In-Reply-To": inReplyTo,
        References: inReplyTo,
      },
      ["To", "Cc", "Subject"],
    ),
    body: signed(body, chosen),
    attachments: [],
    origin: null,
  };
}

/** What a mailto address asks for (RFC 6068): recipients, subject and text, and nothing else. Throws SendError "MAILTO". */
export function mailtoDraft(writing: Writing, url: string): Draft {
  const asked = readMailto(url);
  if (asked === null)
    throw new SendError("MAILTO", "that is no mailto address", 'write "mailto:someone@example.org"');
  const { to, cc, subject, inReplyTo } = asked;
  // What is no address would be another one, or several, once it stands in a list.
  const list = (addresses: readonly string[]) => addresses.filter(isAddress).join(", ");
  const body = safeText(asked.body, { keepNewlines: true });
  return newDraft(writing, { to: list(to), cc: list(cc), subject, body, inReplyTo: inReplyTo ?? "" });
}

/** A message as a draft again. `draft`: it was one, so that what it answers stays. */
export function editAsNew(
  original: Original,
  writing: Writing,
  attachments: readonly DraftAttachment[],
  draft: boolean,
): Draft {
  mustBeReadable(original);
  const { message, references, answered, bcc } = original;
  const { from, to, cc, replyTo, subject } = message.headers;
  const mine = from.find(({ email }) => isOneself(writing, email));
  const chosen = chooseIdentity(writing, mine ? [mine.email] : []);
  return {
    headers: fields(
      {
        From: formatAddress(mine ?? personOf(chosen)),
        To: formatAddresses(to),
        Cc: formatAddresses(cc),
        Bcc: bcc,
        "Reply-To": mine ? formatAddresses(replyTo) : "",
        Subject: subject,
        "In-Reply-To": draft ? answered.join(" ") : "",
        References: draft ? references.join(" ") : "",
        Protect: protectedLike([original], chosen),
      },
      ["To", "Cc", "Subject"],
    ),
    body: `${plainTextOf(message)}\n`,
    attachments,
    origin: null,
  };
}
