/** What stands above an open message: who and when, and what is known of where it comes from. */
import { formatPeople, longDate } from "../../mail/format.ts";
import { describeAuthentication } from "../../message/authentication.ts";
import type { OpenedMessage, SignatureCheck } from "../../message/crypto/types.ts";
import type { MailingList } from "../../message/mailing-list.ts";
import { safeText } from "../../message/safe.ts";
import type { Person, ProtectedPart, ReadableMessage } from "../../message/types.ts";
import { textWidth } from "../../message/width.ts";
import { wrapWords } from "../../message/wrap.ts";
import type { ReaderHeader, Tone } from "../model.ts";

/** How far the signatures and the decryption of a message have come; null for a message that has neither. */
export type Protection =
  | { readonly state: "waiting" | "working" | "stopped" }
  | { readonly state: "done"; readonly opened: Omit<OpenedMessage, "source"> }
  | null;

const protocols = { pgp: "OpenPGP", smime: "S/MIME" } as const;

export const isProtected = (item: { readonly kind: string }): item is ProtectedPart =>
  item.kind === "signed" || item.kind === "encrypted";

/** The rows above the message, empty ones left out. All texts are safe. */
export function headerRows(message: ReadableMessage, protection: Protection): ReaderHeader[] {
  const { from, replyTo, to, cc, subject, date } = message.headers;
  const rows: ReaderHeader[] = [
    { name: "From", value: formatPeople(from, true) },
    { name: "To", value: formatPeople(to, true) },
    { name: "Cc", value: formatPeople(cc, true) },
    { name: "Reply-To", value: sameAddresses(from, replyTo) ? "" : formatPeople(replyTo, true) },
    { name: "Date", value: date === null ? "" : longDate(date) },
    subject === ""
      ? { name: "Subject", value: "(no subject)", tone: "quiet" }
      : { name: "Subject", value: subject, strong: true },
    ...senderRow(message),
    ...listRow(message.list),
    ...receiptRow(message),
    ...invitationRow(message),
    ...protectionRows(message, protection),
  ];
  return rows.filter(({ value }) => value !== "").map((row) => ({ ...row, value: safeText(row.value) }));
}

/** Lines that a subject takes at most, and every other row: many people may have got a message. */
const subjectLines = 3;
const usualLines = 2;
/** On a screen lower than this each row has one line: the message is what it is opened for. */
const lowHeight = 16;

/** The rows with what is too long for a line of `width` columns in further rows without a name. */
export function wrapHeaders(
  rows: readonly ReaderHeader[],
  { width, height }: { readonly width: number; readonly height: number },
): ReaderHeader[] {
  if (height < lowHeight) return [...rows];
  const names = Math.max(0, ...rows.map(({ name }) => textWidth(name)));
  // Before a value stand its name, two blanks and the sign of its tone.
  const room = Math.max(10, width - names - 4);
  return rows.flatMap((row) => {
    if (textWidth(row.value) <= room) return row;
    const most = row.name === "Subject" ? subjectLines : usualLines;
    const lines = wrapWords(row.value, room);
    const shown = [...lines.slice(0, most - 1), ...[lines.slice(most - 1).join(" ")].filter(Boolean)];
    return shown.map((value, i) => (i === 0 ? { ...row, value } : { ...row, name: "", value }));
  });
}

const sameAddresses = (a: readonly Person[], b: readonly Person[]) =>
  b.every(({ email }) => a.some((one) => one.email.toLowerCase() === email.toLowerCase()));

const proofTones = { proven: "good", doubtful: "doubt", refuted: "bad", unknown: "quiet" } as const;

function senderRow({ authentication, headers }: ReadableMessage): ReaderHeader[] {
  if (!authentication) return [];
  const { verdict, words } = describeAuthentication(authentication, headers.from[0]?.email ?? "");
  return [{ name: "Sender", value: words, tone: proofTones[verdict] }];
}

function listRow(list: MailingList | null): ReaderHeader[] {
  if (!list) return [];
  const name = list.name && list.id ? `${list.name} <${list.id}>` : list.name || list.id;
  const leaving = name ? "(:unsubscribe)" : ":unsubscribe leaves it";
  const value = [
    name ?? "",
    list.announcementsOnly ? "(announcements only)" : "",
    list.unsubscribe ? leaving : "",
  ];
  return [{ name: "List", value: value.filter((word) => word !== "").join(" "), tone: "quiet" }];
}

/** Told, and left to the person: nothing sends one by itself. */
function receiptRow({ headers }: ReadableMessage): ReaderHeader[] {
  const { receiptTo } = headers;
  if (receiptTo.length === 0) return [];
  const who = formatPeople(receiptTo, true);
  return [{ name: "Receipt", value: `wanted by ${who} (:receipt sends one)`, tone: "quiet" }];
}

function invitationRow({ items }: ReadableMessage): ReaderHeader[] {
  const asked = items.some((item) => item.kind === "invitation" && item.method === "REQUEST");
  const value = ":accept, :tentative or :decline answers it";
  return asked ? [{ name: "Invitation", value, tone: "quiet" }] : [];
}

function protectionRows(message: ReadableMessage, protection: Protection): ReaderHeader[] {
  const parts = message.items.filter(isProtected);
  if (protection?.state === "done") {
    const { decrypted, failure, checks } = protection.opened;
    const rows: ReaderHeader[] = [];
    if (decrypted) rows.push({ name: "Encrypted", value: "and decrypted here", tone: "good" });
    if (failure) {
      const hint = failure.code === "PASSPHRASE" ? ":decrypt lets gpg ask for it" : failure.hint;
      const value = [failure.message, hint].filter(Boolean).join("; ");
      rows.push({ name: "Encrypted", value, tone: "doubt" });
    }
    return [...rows, ...checks.map(checkRow)];
  }
  const words = {
    working: "C-g stops it",
    stopped: "stopped; :decrypt tries again",
    waiting: ":decrypt fetches all of it and looks",
  };
  return parts.map(({ kind, protocol }) => {
    const doing = kind === "signed" ? "checking…" : "decrypting…";
    const how = protection?.state === "working" ? doing : kind === "signed" ? "not checked" : "not decrypted";
    return {
      name: kind === "signed" ? "Signed" : "Encrypted",
      value: `${protocols[protocol]}, ${how} (${words[protection?.state ?? "waiting"]})`,
      tone: "quiet",
    };
  });
}

const key = (fingerprint: string) =>
  fingerprint === "" ? "" : `key …${fingerprint.slice(-16).replace(/(.{4})(?=.)/g, "$1 ")}`;

/** What a check came to, and how far it is to be relied on. */
function checkRow(check: SignatureCheck): ReaderHeader {
  const { protocol, result, signer, trusted, fromSender, whole, fingerprint, signedAt, detail } = check;
  const by = signer || key(fingerprint) || "nobody known";
  const at = signedAt === null ? "" : `, ${longDate(signedAt)}`;
  const row = (value: string, tone: Tone): ReaderHeader => ({ name: "Signed", value, tone });
  switch (result) {
    case "good": {
      const doubts = [
        whole ? "" : "only a part of what you read",
        fromSender ? "" : "not who the message says it is from",
        trusted ? "" : protocol === "pgp" ? "nobody you trust vouches for the key" : detail,
      ].filter((doubt) => doubt !== "");
      return doubts.length === 0
        ? row(`by ${by} (${protocols[protocol]})${at}`, "good")
        : row(`by ${by}: ${doubts.join("; ")}`, "doubt");
    }
    case "bad":
      return row(`changed on its way: the signature of ${by} does not fit`, "bad");
    case "unknown-key":
      return row(`by a key that is not here (${key(fingerprint) || protocols[protocol]})`, "quiet");
    case "expired":
    case "revoked":
      return row(`by ${by}: ${detail || result}`, "doubt");
    case "unchecked":
      return row(`not checked: ${detail}`, "quiet");
  }
}
