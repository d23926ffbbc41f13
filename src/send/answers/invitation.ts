/** Invitations answered: an iTIP REPLY by mail to the organizer (RFC 5546 §3.2.3, RFC 6047). */
import { text as textOfStream } from "node:stream/consumers";
import type { Writing } from "../../account/writing.ts";
import type { Mail } from "../../mail/index.ts";
import {
  type Answer,
  answerInvitation,
  describeTime,
  type Invitation,
} from "../../message/calendar/invitation.ts";
import { safeText } from "../../message/safe.ts";
import type { Person } from "../../message/types.ts";
import { formatAddress, isAddress } from "../compose/addresses.ts";
import type { Draft } from "../compose/draft.ts";
import { SendError } from "../errors.ts";
import { chooseIdentity, isOneself, personOf } from "../reply/identity.ts";
import type { Original } from "../reply/original.ts";
import { partOf } from "../reply/parts.ts";
import { fields, identityFor, originOf } from "../reply/reply.ts";
import { threadingOf } from "../reply/threading.ts";

export type AnswerStatus = Answer["status"];

/** A message and the calendar that goes along with it. */
export interface InvitationAnswer {
  readonly draft: Draft;
  readonly calendar: string;
}

const sentences: Readonly<Record<AnswerStatus, string>> = {
  accepted: "I accept the invitation:",
  tentative: "I accept the invitation tentatively:",
  declined: "I decline the invitation:",
};

/** The invitation of a message that can be answered. Throws SendError "NO_INVITATION". */
export function invitationOf({ message }: Pick<Original, "message">): Invitation {
  const found = message.items.filter((item) => item.kind === "invitation");
  const asked = found.find(({ method }) => method === "REQUEST");
  if (asked) return asked;
  const [other] = found;
  throw new SendError(
    "NO_INVITATION",
    other ? "this message is about an event, and asks for no answer" : "this message has no invitation",
    other?.method === "CANCEL" ? "the event was cancelled" : "reply writes to its author",
  );
}

/** Under which address the person was invited: as an attendee, or else the one that the message was for. */
function invited({ attendees }: Invitation, original: Original, writing: Writing): Person {
  const attendee = attendees.find(({ email }) => isAddress(email) && isOneself(writing, email));
  if (!attendee) return personOf(identityFor(writing, [original]));
  const { name } = personOf(chooseIdentity(writing, [attendee.email]));
  return { name: name || attendee.name, email: attendee.email };
}

/**
 * The answer to the invitation of a message: `comment` goes along, in one's own words.
 * @throws SendError NO_INVITATION
 */
export async function answerTo(
  mail: Mail,
  original: Original,
  writing: Writing,
  { status, comment }: { readonly status: AnswerStatus; readonly comment: string },
): Promise<InvitationAnswer> {
  const invitation = invitationOf(original);
  const attendee = invited(invitation, original, writing);
  const source = await textOfStream(await partOf(mail, original, invitation.section));
  const reply = answerInvitation(source, { status, attendee, comment, now: new Date() });
  if (!reply || !isAddress(reply.to.email))
    throw new SendError(
      "NO_INVITATION",
      "the invitation does not say who is to get the answer",
      "reply writes to its author",
    );
  if (isOneself(writing, reply.to.email))
    throw new SendError(
      "NO_INVITATION",
      "this invitation is your own",
      "it is answered by those you have invited",
    );
  const { inReplyTo, references } = threadingOf([original]);
  const about = [
    sentences[status],
    "",
    `  ${invitation.summary || "(no title)"}`,
    `  ${describeTime(invitation)}`,
    ...(comment === "" ? [] : ["", comment]),
  ];
  return {
    calendar: reply.calendar,
    draft: {
      headers: fields({
        From: formatAddress(attendee),
        To: formatAddress(reply.to),
        Subject: reply.subject,
        "In-Reply-To": inReplyTo,
        References: references,
      }),
      body: `${about.map((line) => safeText(line)).join("\n")}\n`,
      attachments: [],
      origin: originOf("reply", [original]),
    },
  };
}
