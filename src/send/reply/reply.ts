/** Answers: whom they go to, who answers, where they belong and what they quote. */
import { signatureOf, type Writing } from "../../account/writing.ts";
import { safeText } from "../../message/safe.ts";
import { formatAddress, formatAddresses, readAddresses } from "../compose/addresses.ts";
import { type Draft, type Field, type Origin, oneLine } from "../compose/draft.ts";
import { filledIn, wordsOf } from "../compose/placeholders.ts";
import { SendError } from "../errors.ts";
import { type Chosen, chooseIdentity, isOneself, personOf } from "./identity.ts";
import type { Original, Originals } from "./original.ts";
import { quoteOf } from "./quote.ts";
import { type ReplyKind, recipientsOfAll } from "./recipients.ts";
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

/** What was encrypted stays so: it is quoted, or goes along (RFC 9787 §5.4). */
export function protectedLike(originals: Originals, { identity }: Chosen): string {
  if (originals.every(({ unlocked }) => unlocked === null)) return "";
  return identity.pgp.sign ? "sign, encrypt" : "encrypt";
}

/** What cannot be decrypted cannot be written anew. Throws SendError "NO_KEY", "PASSPHRASE", "GPG". */
export function mustBeReadable({ unlocked }: Original): void {
  const failure = unlocked?.failure;
  if (!failure) return;
  const code = failure.code === "NO_KEY" || failure.code === "PASSPHRASE" ? failure.code : "GPG";
  throw new SendError(code, `the message cannot be decrypted: ${failure.message}`, failure.hint);
}

/** The text with the identity's signature below it (RFC 3676 §4.3). */
export function signed(text: string, { identity }: Chosen): string {
  const signature = signatureOf(identity);
  return signature === null
    ? text
    : `${text.trimEnd() === "" ? "\n" : `${text.trimEnd()}\n`}\n-- \n${signature}\n`;
}

/** Who has been written to, as the header and the receiving host tell it. */
export function identityFor(writing: Writing, originals: Originals, given?: string): Chosen {
  if (given !== undefined) return givenIdentity(writing, given);
  const candidates = originals.flatMap(({ message, deliveredTo, bcc }) => {
    const { from, to, cc } = message.headers;
    const mine = from.filter(({ email }) => isOneself(writing, email));
    return [...[...mine, ...to, ...cc].map(({ email }) => email), ...deliveredTo, bcc];
  });
  return chooseIdentity(writing, candidates);
}

/** The identity of an address that a person has named; without one, the address as it was named. */
export function givenIdentity(writing: Writing, given: string): Chosen {
  const [person] = readAddresses(given, "from");
  const email = person?.email ?? given;
  const chosen = chooseIdentity(writing, [email]);
  const name = person?.name || chosen.identity.name;
  return { identity: { ...chosen.identity, name }, address: email };
}

/** What a draft is about: its originals, folder by folder. */
export function originOf(kind: Origin["kind"], originals: Originals): Origin {
  const places = new Map<string, { path: string; uidValidity: number; uids: number[] }>();
  for (const { folder, uid, uidValidity } of originals) {
    const { path } = folder;
    const place = places.get(path);
    if (place) place.uids.push(uid);
    else places.set(path, { path, uidValidity, uids: [uid] });
  }
  const [first, ...also] = places.values();
  return { kind, ...first!, ...(also.length > 0 ? { also } : {}) };
}

export interface ReplyOptions {
  readonly quote?: boolean;
  /** One's own address to answer from, where it is not the one that was written to. */
  readonly from?: string | undefined;
}

/** What a message says, below a line that tells who says it; empty where it says nothing. */
function attributed({ message }: Original, { attribution }: Writing): string {
  const quote = quoteOf(message);
  return quote === "" ? "" : `${filledIn(attribution, wordsOf(message))}\n${quote}\n\n`;
}

/** The draft of one answer to all of them, with the subject of the first. Throws SendError "NO_LIST". */
export function replyTo(
  kind: ReplyKind,
  originals: Originals,
  writing: Writing,
  { quote: quoted = true, from }: ReplyOptions = {},
): Draft {
  const messages = originals.map(({ message }) => message);
  const { to, cc } = recipientsOfAll(kind, messages, writing);
  const chosen = identityFor(writing, originals, from);
  const { inReplyTo, references } = threadingOf(originals);
  const sender = senderFields(chosen);
  const above = quoted ? originals.map((original) => attributed(original, writing)).join("") : "";
  return {
    headers: fields(
      {
        From: sender.From ?? "",
        To: formatAddresses(to),
        Cc: formatAddresses(cc),
        Bcc: sender.Bcc ?? "",
        "Reply-To": sender["Reply-To"] ?? "",
        Subject: replySubject(originals[0].message.headers.subject),
        "In-Reply-To": inReplyTo,
        References: references,
        Protect: protectedLike(originals, chosen),
      },
      ["To", "Cc", "Subject"],
    ),
    body: signed(above, chosen),
    attachments: [],
    origin: originOf("reply", originals),
  };
}
