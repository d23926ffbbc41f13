/** Messages passed on: in the text, or each as a whole. */
import type { Writing } from "../../account/writing.ts";
import type { Draft, DraftAttachment } from "../compose/draft.ts";
import type { Originals } from "./original.ts";
import { forwardedHeader, plainTextOf } from "./quote.ts";
import {
  fields,
  identityFor,
  mustBeReadable,
  originOf,
  protectedLike,
  senderFields,
  signed,
} from "./reply.ts";
import { forwardSubject } from "./subject.ts";

export interface ForwardOptions {
  readonly inline: boolean;
  readonly attachments: readonly DraftAttachment[];
  /** One's own address to send it from, where it is not the one that was written to. */
  readonly from?: string | undefined;
}

/**
 * `inline`: their texts stand in the new one, one after another below what is written; their files, or the messages as
 * wholes, are `attachments`. The subject is that of the first.
 */
export function forward(
  originals: Originals,
  writing: Writing,
  { inline, attachments, from }: ForwardOptions,
): Draft {
  if (inline) originals.forEach(mustBeReadable);
  const chosen = identityFor(writing, originals, from);
  const sender = senderFields(chosen);
  // The signature last: below its line other programs take all for signature.
  const texts = originals.map(
    ({ message }) => `\n\n${forwardedHeader(message)}\n\n${plainTextOf(message)}\n`,
  );
  const text = inline ? texts.join("") : "\n";
  return {
    headers: fields(
      {
        From: sender.From ?? "",
        To: "",
        Cc: "",
        Bcc: sender.Bcc ?? "",
        "Reply-To": sender["Reply-To"] ?? "",
        Subject: forwardSubject(originals[0].message.headers.subject),
        Protect: protectedLike(originals, chosen),
      },
      ["To", "Cc", "Subject"],
    ),
    body: signed(text, chosen),
    attachments,
    origin: originOf("forward", originals),
  };
}
