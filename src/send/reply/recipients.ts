/** Whom an answer goes to. */
import type { Writing } from "../../account/writing.ts";
import type { Person, ReadableMessage } from "../../message/types.ts";
import { addressKey, distinct, isAddress } from "../compose/addresses.ts";
import { SendError } from "../errors.ts";
import { isOneself } from "./identity.ts";

export type ReplyKind = "reply" | "reply-all" | "reply-list";

export interface Recipients {
  readonly to: readonly Person[];
  readonly cc: readonly Person[];
}

type Message = Pick<ReadableMessage, "headers" | "list">;

/** Addresses of a list that takes mail; empty where the message came by none. */
export function listAddresses({ list }: Pick<Message, "list">): readonly string[] {
  return list && !list.announcementsOnly ? list.post : [];
}

/**
 * The recipients of an answer: by Reply-To and Mail-Followup-To where the sender has set them, by List-Post for a
 * list. One's own addresses are left out, unless nobody else is left. What one has sent oneself is answered to those it
 * was for. Throws SendError "NO_LIST".
 */
export function recipientsOf(kind: ReplyKind, message: Message, writing: Writing): Recipients {
  // What is no address would be another one, or several, once it is written out.
  const sound = (name: "from" | "to" | "cc" | "replyTo" | "followupTo") =>
    message.headers[name].filter(({ email }) => isAddress(email));
  const [from, to, cc] = [sound("from"), sound("to"), sound("cc")];
  const [replyTo, followupTo] = [sound("replyTo"), sound("followupTo")];
  if (kind === "reply-list") return { to: toList(message), cc: [] };
  const others = (people: readonly Person[]) =>
    distinct(people).filter(({ email }) => !isOneself(writing, email));
  const orAll = (people: readonly Person[]) => {
    const left = others(people);
    return left.length > 0 ? left : distinct(people);
  };
  const mine = from.length > 0 && from.every(({ email }) => isOneself(writing, email));
  const author = mine && others(to).length > 0 ? to : replyTo.length > 0 ? replyTo : from;
  if (kind === "reply") return { to: orAll(author), cc: [] };
  if (followupTo.length > 0) return { to: orAll(followupTo), cc: [] };
  const first = others(author);
  const rest = distinct(
    [...to, ...cc],
    first.map(({ email }) => email),
  ).filter(({ email }) => !isOneself(writing, email));
  // All that is left are oneself and those in copy: they move up.
  if (first.length === 0) return rest.length > 0 ? { to: rest, cc: [] } : { to: orAll(author), cc: [] };
  return { to: first, cc: rest };
}

/** The recipients of an answer to several messages: those of each, once. Oneself where nobody else is left of any. */
export function recipientsOfAll(kind: ReplyKind, messages: readonly Message[], writing: Writing): Recipients {
  const each = messages.map((message) => recipientsOf(kind, message, writing));
  const everybody = each.flatMap(({ to, cc }) => [...to, ...cc]);
  const alone = everybody.every(({ email }) => isOneself(writing, email));
  const meant = (people: readonly Person[]) =>
    alone ? people : people.filter(({ email }) => !isOneself(writing, email));
  const to = distinct(meant(each.flatMap((one) => one.to)));
  const cc = distinct(
    meant(each.flatMap((one) => one.cc)),
    to.map(({ email }) => email),
  );
  return to.length > 0 ? { to, cc } : { to: cc, cc: [] };
}

function toList(message: Message): Person[] {
  const addresses = listAddresses(message).filter(isAddress);
  const people = [...message.headers.to, ...message.headers.cc];
  if (addresses.length > 0) {
    const [first = ""] = addresses;
    const named = people.find(({ email }) => addressKey(email) === addressKey(first));
    return [named ?? { name: "", email: first }];
  }
  throw new SendError(
    "NO_LIST",
    message.list?.announcementsOnly
      ? "this mailing list takes no answers"
      : "this message says of no mailing list that would take answers",
    "reply goes to its author, reply-all to all that it was for",
  );
}
