/** A message passed on: in the text, or as a whole. */
import type { Writing } from "../../account/writing.ts";
import type { Draft, DraftAttachment } from "../compose/draft.ts";
import type { Original } from "./original.ts";
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

/** `inline`: its text stands in the new one, below what is written; its files, or the message as a whole, are `attachments`. */
export function forward(
  original: Original,
  writing: Writing,
  uidValidity: number,
  { inline, attachments, from }: ForwardOptions,
): Draft {
  if (inline) mustBeReadable(original);
  const { message } = original;
  const chosen = identityFor(writing, original, from);
  const sender = senderFields(chosen);
  // The signature last: below its line other programs take all for signature.
  const text = inline ? `\n\n${forwardedHeader(message)}\n\n${plainTextOf(message)}\n` : "\n";
  return {
    headers: fields(
      {
        From: sender.From ?? "",
        To: "",
        Cc: "",
        Bcc: sender.Bcc ?? "",
        "Reply-To": sender["Reply-To"] ?? "",
        Subject: forwardSubject(message.headers.subject),
        Protect: protectedLike(original, chosen),
      },
      ["To", "Cc", "Subject"],
    ),
    body: signed(text, chosen),
    attachments,
    origin: originOf("forward", original, uidValidity),
  };
}
