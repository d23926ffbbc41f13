/** Leaving a mailing list: the ways that a message names (RFC 2369 §3.2, RFC 8058), and the one by mail. */
import type { Writing } from "../../account/writing.ts";
import { describeAuthentication } from "../../message/authentication.ts";
import { safeText } from "../../message/safe.ts";
import type { ReadableMessage } from "../../message/types.ts";
import { formatAddress, isAddress } from "../compose/addresses.ts";
import type { Draft } from "../compose/draft.ts";
import { SendError } from "../errors.ts";
import { personOf } from "../reply/identity.ts";
import type { Original } from "../reply/original.ts";
import { fields, identityFor } from "../reply/reply.ts";

export interface WaysOut {
  /** An address of https that takes one POST for it. */
  readonly post: string | null;
  /** Whom a message goes to; empty where none does. */
  readonly to: readonly string[];
  /** A page for a person, http or https. */
  readonly page: string | null;
  /** Nobody vouches for the sender: leaving tells them that somebody reads here. */
  readonly unproven: boolean;
}

/** More are not written to in one's name. */
const mostAddresses = 3;

/** Throws SendError "NO_WAY_OUT". */
export function waysOut({ list, authentication, headers }: ReadableMessage): WaysOut {
  const leaving = list?.unsubscribe;
  const page = leaving?.page && URL.canParse(leaving.page) ? new URL(leaving.page).href : null;
  const to = (leaving?.mail?.to ?? []).filter(isAddress).slice(0, mostAddresses);
  if (!leaving || (page === null && to.length === 0))
    throw new SendError(
      "NO_WAY_OUT",
      "this message does not say how to leave a list",
      "look for a link in its text",
    );
  const proven =
    authentication !== null &&
    describeAuthentication(authentication, headers.from[0]?.email ?? "").verdict === "proven";
  return { post: leaving.oneClick ? page : null, page, to, unproven: !proven };
}

/**
 * The message that leaves a list: what it says is for a program, so that nothing is added to it. It comes from the
 * address that the list has. Throws SendError "NO_WAY_OUT".
 */
export function leavingDraft(original: Original, writing: Writing): Draft {
  const { to } = waysOut(original.message);
  const { subject = "", body = "" } = original.message.list?.unsubscribe?.mail ?? {};
  if (to.length === 0)
    throw new SendError("NO_WAY_OUT", "this list is not left by mail", "unsubscribe opens its page");
  return {
    headers: fields({
      From: formatAddress(personOf(identityFor(writing, [original]))),
      To: to.join(", "),
      Subject: subject || "unsubscribe",
      Protect: "none",
    }),
    body: `${safeText(body, { keepNewlines: true })}\n`,
    attachments: [],
    origin: null,
  };
}
