/** Receipts (message disposition notifications, RFC 8098): sent only when the person says so, once for each message. */
import { Readable } from "node:stream";
import MimeNode from "nodemailer/lib/mime-node";
import type { Writing } from "../../account/writing.ts";
import { longDate } from "../../mail/format.ts";
import type { Mail } from "../../mail/index.ts";
import { field, headerFields } from "../../message/mime.ts";
import { safeText } from "../../message/safe.ts";
import type { Person } from "../../message/types.ts";
import { distinct, isAddress } from "../compose/addresses.ts";
import { mailDate, newMessageId } from "../compose/build.ts";
import { oneLine } from "../compose/draft.ts";
import { SendError } from "../errors.ts";
import type { Outgoing } from "../outbox/outbox.ts";
import { isOneself, personOf } from "../reply/identity.ts";
import type { Original } from "../reply/original.ts";
import { identityFor, originOf } from "../reply/reply.ts";

/** What the person is to know before they send one. */
export interface ReceiptRequest {
  readonly to: readonly Person[];
  /** They are not those who wrote the message: somebody else would learn of it. */
  readonly elsewhere: boolean;
}

const none = (message: string, hint: string) => new SendError("NO_RECEIPT", message, hint);

/** Who asks for a receipt; null where nobody does, or one does so oneself. */
export function receiptRequest(
  { message }: Pick<Original, "message">,
  writing: Writing,
): ReceiptRequest | null {
  const { receiptTo, from } = message.headers;
  const to = distinct(receiptTo.filter(({ email }) => isAddress(email)));
  if (to.length === 0 || from.some(({ email }) => isOneself(writing, email))) return null;
  const authors = new Set(from.map(({ email }) => email.toLowerCase()));
  return { to, elsewhere: to.some(({ email }) => !authors.has(email.toLowerCase())) };
}

/** A receipt as it is sent: from whom it was for, without an address to complain to (RFC 8098 §3). */
export type Receipt = Pick<Outgoing, "message" | "messageId" | "envelope" | "subject" | "origin">;

/**
 * The receipt for a message: that it was displayed, by hand.
 * @throws SendError NO_RECEIPT
 */
export async function receiptFor(mail: Mail, original: Original, writing: Writing): Promise<Receipt> {
  const request = receiptRequest(original, writing);
  if (!request) throw none("nobody asks for a receipt of this message", "nothing is to be sent");
  const { folder, uid, message } = original;
  if (await mail.allHave(folder, [uid], "$MDNSent"))
    throw none("a receipt of this message was sent already", "one is enough (RFC 8098)");
  const header = headerFields(
    await mail.header(folder, uid, ["Disposition-Notification-Options", "Original-Recipient"]),
  );
  // What has to be understood, and is not, keeps it from being sent (§2.2).
  if (/=\s*required\b/i.test(field(header, "disposition-notification-options") ?? ""))
    throw none("the request has conditions that are not known here", "write to the author yourself");
  const me = personOf(identityFor(writing, [original]));
  const { subject, date } = message.headers;
  const id = /^<[^<>\s]+>$/.exec(message.headers.messageId ?? "")?.[0] ?? null;
  const passedOn = /^[\w-]+;\s*[\x21-\x7e]+$/.exec((field(header, "original-recipient") ?? "").trim())?.[0];
  const plain = /^[\x21-\x7e]+$/.test(me.email);
  const messageId = newMessageId(me.email);
  const title = `Read: ${safeText(oneLine(subject))}`.trim();
  const words = [
    `Your message${date === null ? "" : ` of ${longDate(date)}`} to ${me.email} was displayed:`,
    "",
    `  ${subject || "(no subject)"}`,
    "",
    "That does not say that it was read or understood.",
  ];
  const facts = [
    "Reporting-UA: Postern",
    ...(passedOn ? [`Original-Recipient: ${passedOn}`] : []),
    `Final-Recipient: ${plain ? "rfc822" : "utf-8"};${me.email}`,
    ...(id === null ? [] : [`Original-Message-ID: ${id}`]),
    "Disposition: manual-action/MDN-sent-manually; displayed",
  ];
  const node = new MimeNode("multipart/report; report-type=disposition-notification", {
    newline: "windows",
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  node.setHeader({
    From: [{ name: me.name, address: me.email }],
    To: request.to.map(({ name, email }) => ({ name: oneLine(name), address: email })),
    Subject: title,
    "Message-ID": messageId,
    Date: mailDate(Date.now()),
    ...(id === null ? {} : { "In-Reply-To": id, References: id }),
  });
  node
    .createChild("text/plain; charset=utf-8")
    .setContent(`${words.map((line) => safeText(line)).join("\n")}\n`);
  const report = plain ? "message/disposition-notification" : "message/global-disposition-notification";
  node
    .createChild(report)
    .setHeader("Content-Transfer-Encoding", plain ? "7bit" : "8bit")
    .setContent(`${facts.join("\r\n")}\r\n`);
  const whole = await node.build();
  return {
    message: () => Readable.from([whole], { objectMode: false }),
    messageId,
    subject: title,
    envelope: { from: "", to: request.to.map(({ email }) => email) },
    origin: originOf("receipt", [original]),
  };
}
