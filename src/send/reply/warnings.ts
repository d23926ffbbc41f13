/** What a person may have overlooked. None of it keeps a message from being sent. */
import type { Writing } from "../../account/writing.ts";
import type { Person } from "../../message/types.ts";
import { addressKey, readAddresses } from "../compose/addresses.ts";
import { type Draft, fieldOf, listOf } from "../compose/draft.ts";
import { wishOf } from "../protect/wish.ts";
import { isOneself } from "./identity.ts";
import type { Originals } from "./original.ts";
import { listAddresses } from "./recipients.ts";
import { bareSubject } from "./subject.ts";

export interface WarningFacts {
  /** Addresses of the mailing list that the answered message came by. */
  readonly list?: readonly string[];
  /** Who had a blind copy of the message that is answered. */
  readonly bcc?: readonly string[];
  /** It was encrypted. */
  readonly encrypted?: boolean;
  /** The person had a blind copy of it. */
  readonly blind?: boolean;
  /** Whether the person has written to an address before; not asked where this is not known. */
  known?(email: string): boolean;
}

/** What the answered messages have to say to it. */
export function factsOf(originals: Originals, writing: Writing): WarningFacts {
  const isMine = ({ email }: Person) => isOneself(writing, email);
  return {
    list: originals.flatMap(({ message }) => listAddresses(message)),
    encrypted: originals.some(({ unlocked }) => unlocked !== null),
    bcc: originals.flatMap(({ bcc }) => (bcc === "" ? [] : people(bcc).map(({ email }) => email))),
    blind: originals.some(({ message }) => {
      const { from, to, cc } = message.headers;
      return message.list === null && ![...from, ...to, ...cc].some(isMine);
    }),
  };
}

/** The people of a list; none where it cannot be read, which is told elsewhere. */
function people(text: string): readonly Person[] {
  try {
    return readAddresses(text);
  } catch {
    return [];
  }
}

/** "I attach …" in the languages of most mail; of words that are used otherwise too only the ones that say it. */
const attachedWords = [
  "\\battach(?:ed|ing|ments?)?\\b|\\bI attach\\b|\\benclosed\\b",
  "\\bim anhang\\b|\\banbei\\b|\\bangehängt\\b|\\bbeigefügt\\b|\\banhänge?\\b|\\banlagen?\\b",
  "\\bci-?joint(?:e|s|es)?\\b|\\bpi[eè]ces? jointes?\\b|\\ben pj\\b",
  "\\badjunt(?:o|a|os|as|amos)\\b|\\barchivos? adjuntos?\\b",
  "\\ballegat[oaie]\\b|\\bin allegato\\b",
  "\\bem anexo\\b|\\banexos?\\b|\\banexad[oa]s?\\b",
  "\\bbijlagen?\\b|\\bbijgevoegd\\b",
  "\\bbifogad(?:e|t)?\\b|\\bbifogar\\b|\\bvedlagt\\b|\\bvedhæftet\\b|\\bvedlegg\\b|\\bliitteenä\\b|\\bliite\\b",
  "\\bw załączniku\\b|\\bzałączam\\b|\\bv příloze\\b|\\bpřikládám\\b|\\bmellékelt\\b|\\bcsatoltam\\b",
  "\\bekte\\b|\\bekteki\\b|во вложении|прикрепл|вложил|у вкладенні|додаю файл",
  "συνημμέν|附件|附上|添付|첨부|מצורף|مرفق",
].join("|");

/** `\\b` of JavaScript knows ASCII letters alone. */
const edge = "(?:(?<![\\p{L}\\p{N}])(?=[\\p{L}\\p{N}])|(?<=[\\p{L}\\p{N}])(?![\\p{L}\\p{N}]))";
const attached = new RegExp(attachedWords.replaceAll("\\b", edge), "iu");

/** The text that is the person's own: without quotes, what is passed on, and the signature. */
function ownText(body: string): string {
  const above = body.split(/^(?:-- |-{5,} ?Forwarded message ?-{5,})$/m)[0] ?? "";
  return above
    .split("\n")
    .filter((line) => !line.startsWith(">"))
    .join("\n");
}

function encrypts(draft: Draft, writing: Writing): boolean {
  try {
    return wishOf(draft, writing).encrypt !== "never";
  } catch {
    // What its field says is told elsewhere.
    return true;
  }
}

/** In sentences; the draft's addresses may be wrong, which others tell. */
export function warningsFor(draft: Draft, writing: Writing, facts: WarningFacts = {}): string[] {
  const warnings: string[] = [];
  const subject = fieldOf(draft, "Subject");
  if (bareSubject(subject) === "") warnings.push("there is no subject");
  const own = ownText(draft.body);
  if (
    draft.attachments.length === 0 &&
    attached.test(`${draft.origin === null ? subject : ""}\n${own}`.normalize("NFC"))
  )
    warnings.push("the text speaks of an attachment, and there is none");
  const recipients = ["To", "Cc", "Bcc"].flatMap((name) => people(listOf(draft, name)));
  const lists = new Set((facts.list ?? []).map(addressKey));
  const list = recipients.find(({ email }) => lists.has(addressKey(email)));
  if (list) warnings.push(`this goes to a mailing list: ${list.email}`);
  const reached = new Set(recipients.map(({ email }) => addressKey(email)));
  const lost = (facts.bcc ?? []).filter((email) => !reached.has(addressKey(email)));
  if (lost.length > 0 && recipients.length > 1)
    warnings.push(`who had a blind copy of the message does not get the answer: ${lost.join(", ")}`);
  if (facts.blind && recipients.length > 1)
    warnings.push("you had a blind copy: by your answer the others learn of it");
  if (facts.encrypted && !encrypts(draft, writing))
    warnings.push("what you answer was encrypted, and this is not");
  const unknown = facts.known
    ? recipients.filter(({ email }) => !isOneself(writing, email) && !facts.known?.(email))
    : [];
  if (unknown.length > 0)
    warnings.push(`you have not written to ${unknown.map(({ email }) => email).join(", ")} before`);
  if (own.trim() === "" && draft.attachments.length === 0 && draft.origin?.kind !== "forward")
    warnings.push("the message is empty");
  return warnings;
}
