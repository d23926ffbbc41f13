/**
 * A draft as a MIME message. What others get has no Bcc, and no text of a draft can begin a header field of its own:
 * nodemailer writes each field, folded and encoded. Files are read as the message is.
 */
import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, constants, stat } from "node:fs/promises";
import { PassThrough, type Readable } from "node:stream";
import { domainToASCII } from "node:url";
import MailComposer from "nodemailer/lib/mail-composer";
import MimeNode from "nodemailer/lib/mime-node";
import type { Pieces } from "../../mail/pieces.ts";
import type { Person } from "../../message/types.ts";
import { SendError } from "../errors.ts";
import type { Octets } from "../kept-pieces.ts";
import type { Envelope } from "../submission/types.ts";
import { distinct, readAddresses } from "./addresses.ts";
import {
  attachedFile,
  attachedName,
  type Draft,
  type DraftAttachment,
  fieldOf,
  listOf,
  oneLine,
  type ServerPart,
} from "./draft.ts";
import { toFlowed } from "./flowed.ts";
import { PartMarks } from "./part-marks.ts";

export interface Built {
  /**
   * RFC 5322 with CRLF line ends, without Bcc; what lies on the server is named where it belongs. Each call reads the
   * files anew; the text around them stays the same.
   */
  message(): Octets;
  /** The Bcc field with its CRLF, to stand before the message in one's own copy; empty where there is none. */
  readonly bcc: string;
  readonly messageId: string;
  readonly envelope: Envelope;
  /** Recipients of whom the others do not learn. */
  readonly blind: readonly string[];
}

export interface BuildOptions {
  /** Send HTML made from the text, which is Markdown, along with it. */
  readonly markdown?: boolean;
  /** An answer to an invitation, beside the text (iMIP, RFC 6047 §2.4). */
  readonly calendar?: string;
  /** All of it in 7 bits, and no space at the end of a line: it is to be signed (RFC 3156 §3). */
  readonly sevenBit?: boolean;
  /** Where parts on the server are read that have to be encoded anew for that. */
  readonly server?: Pick<Pieces, "stream">;
  /** A draft may lack recipients, and a sender has to be good only when it is sent. */
  readonly unfinished?: boolean;
  /** Milliseconds since the epoch; now where not given. */
  readonly date?: number;
}

/** Fields that are made here, or that belong to the draft and to nobody else. */
const ours = new Set([
  ...[
    "from",
    "sender",
    "to",
    "cc",
    "bcc",
    "reply-to",
    "in-reply-to",
    "references",
    "subject",
    "message-id",
    "date",
  ],
  ...["mime-version", "content-type", "content-transfer-encoding", "content-disposition", "content-id"],
  ...["mail-followup-to", "disposition-notification-to", "return-path", "received", "attach", "protect"],
]);

/** RFC 5322 §3.3, in the zone of this machine. */
export function mailDate(at: number): string {
  const date = new Date(at);
  const east = -date.getTimezoneOffset();
  const two = (n: number) => String(n).padStart(2, "0");
  const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const zone = `${east < 0 ? "-" : "+"}${two(Math.floor(Math.abs(east) / 60))}${two(Math.abs(east) % 60)}`;
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${days[date.getDay()]}, ${date.getDate()} ${months[date.getMonth()]} ${date.getFullYear()} ${time} ${zone}`;
}

/** A Message-ID that tells nothing but the sender's domain. */
export function newMessageId(from: string): string {
  const domain = domainToASCII(from.slice(from.lastIndexOf("@") + 1));
  return `<${randomBytes(15).toString("base64url").replace(/^-/, "x")}@${domain || "localhost"}>`;
}

async function readable(attachment: DraftAttachment): Promise<void> {
  const file = attachedFile(attachment);
  try {
    await access(file, constants.R_OK);
    if ((await stat(file)).isFile()) return;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    throw new SendError("ATTACHMENT", `cannot attach ${file}: ${code}`, "correct the path, or take it out");
  }
  throw new SendError("ATTACHMENT", `cannot attach ${file}: it is no file`, "attach files, one by one");
}

const mailboxes = (people: readonly Person[]) =>
  people.map(({ name, email }) => ({ name: oneLine(name), address: email }));

/** A field as it stands in the message, folded, with its CRLF; empty where it has no text. */
export function headerField(name: string, people: readonly Person[]): string {
  if (people.length === 0) return "";
  // Of any name: an address is written the same way everywhere.
  const value = MimeNode.encodeHeaderValue("To", mailboxes(people));
  return `${`${name}: ${value}`.replace(/, (?=\S)/g, ",\r\n ")}\r\n`;
}

/** Message-IDs of a field, as they are to be sent. */
const ids = (text: string) => (text.match(/<[^<>\s]+>/g) ?? []).join(" ");

/** A body is one text, or with Markdown the same text in two forms. */
async function alternatives(body: string, { markdown = false, sevenBit = false, calendar }: BuildOptions) {
  const crlf = (text: string) => text.replace(/\r?\n/g, "\r\n");
  const whole = body === "" || body.endsWith("\n") ? body : `${body}\n`;
  const plain = {
    contentType: "text/plain; charset=utf-8; format=flowed",
    content: crlf(toFlowed(whole)),
    ...(sevenBit ? quotedPrintable : {}),
  };
  const others: { contentType: string; content: string }[] = [];
  if (markdown) {
    const { markdownToHtml } = await import("./markdown.ts");
    others.push({ contentType: "text/html; charset=utf-8", content: crlf(markdownToHtml(whole)) });
  }
  if (calendar !== undefined)
    others.push({ contentType: "text/calendar; charset=utf-8; method=REPLY", content: calendar });
  return [plain, ...others.map((other) => ({ ...other, ...(sevenBit ? quotedPrintable : {}) }))];
}

const quotedPrintable = { contentTransferEncoding: "quoted-printable" } as const;

/** Whether a file is text of 7 bits. */
async function isSevenBit(file: string): Promise<boolean> {
  for await (const chunk of createReadStream(file))
    if ((chunk as Buffer).some((octet) => octet > 0x7f || octet === 0)) return false;
  return true;
}

/**
 * The type of a file, where it is known. A message within one may be sent as it is alone (RFC 2046 §5.2.1), but for
 * one of message/global (RFC 6532 §3.7).
 */
async function typeOf(
  attachment: DraftAttachment,
  sevenBit: boolean,
): Promise<{ readonly contentType?: string; readonly contentTransferEncoding?: "base64" }> {
  const byName = /\.(?:eml|mime|mht|mhtml|nws)$/i.test(attachment.path) ? "message/rfc822" : null;
  const mediaType = attachment.mediaType ?? byName;
  if (mediaType === null) return {};
  const asItIs = async ({ part }: DraftAttachment) =>
    part ? part.encoding !== "8bit" : isSevenBit(attachedFile(attachment));
  if (!sevenBit || !/^message\//i.test(mediaType) || (await asItIs(attachment)))
    return { contentType: mediaType };
  return { contentType: "message/global", contentTransferEncoding: "base64" };
}

/**
 * Checks the draft, and makes what is to be sent.
 * @throws SendError ADDRESS, NO_RECIPIENT, ATTACHMENT, HEADER
 */
export async function build(draft: Draft, options: BuildOptions = {}): Promise<Built> {
  const { unfinished = false, sevenBit = false, date = Date.now() } = options;
  const people = (name: string): Person[] => {
    try {
      return readAddresses(listOf(draft, name), name);
    } catch (error) {
      if (unfinished && error instanceof SendError) return [];
      throw error;
    }
  };
  const from = people("From");
  const [sender] = [...people("Sender"), ...from];
  if (!sender && !unfinished)
    throw new SendError("ADDRESS", "From is empty", "write your address into the From field");
  const [to, cc, bcc] = [distinct(people("To")), distinct(people("Cc")), distinct(people("Bcc"))];
  const recipients = distinct([...to, ...cc, ...bcc]).map(({ email }) => email);
  if (recipients.length === 0 && !unfinished)
    throw new SendError("NO_RECIPIENT", "the message is to nobody", "write an address into To, Cc or Bcc");
  for (const attachment of draft.attachments) if (!attachment.part) await readable(attachment);
  const messageId = ids(fieldOf(draft, "Message-ID")).split(" ")[0] || newMessageId(sender?.email ?? "");
  // Fields of addresses that nodemailer does not know.
  const more = ["Mail-Followup-To", "Disposition-Notification-To"]
    .map((key) => ({ key, list: people(key) }))
    .filter(({ list }) => list.length > 0)
    .map(({ key, list }) => ({ key, value: MimeNode.encodeHeaderValue("To", mailboxes(list)) }));
  const headers = draft.headers.filter(
    ({ name }) => !ours.has(name.toLowerCase()) && !/^postern-/i.test(name),
  );
  for (const { name } of headers) {
    if (/^[\x21-\x39\x3b-\x7e]{1,76}$/.test(name)) continue;
    throw new SendError("HEADER", `"${name}" is no name of a header field`, "take it out, or correct it");
  }
  const parts = await alternatives(draft.body, options);
  const types = await Promise.all(draft.attachments.map((attachment) => typeOf(attachment, sevenBit)));
  const spelt = new Map(headers.map(({ name }) => [name.toLowerCase(), name]));
  const eightBit = (part: ServerPart): Readable => {
    if (!options.server) throw new Error("a part on the server can be read nowhere");
    return options.server.stream([part]);
  };
  const node = () =>
    new MailComposer({
      from: mailboxes(from),
      sender: mailboxes(people("Sender")),
      to: to.length === 0 && cc.length === 0 && !unfinished ? "Undisclosed recipients:;" : mailboxes(to),
      cc: mailboxes(cc),
      replyTo: mailboxes(people("Reply-To")),
      inReplyTo: ids(fieldOf(draft, "In-Reply-To")),
      references: ids(fieldOf(draft, "References")),
      subject: oneLine(fieldOf(draft, "Subject")),
      messageId,
      date: mailDate(date),
      headers: [...headers.map(({ name, value }) => ({ key: name, value: oneLine(value) })), ...more].filter(
        ({ value }) => value !== "",
      ),
      alternatives: parts.map((part) => ({ ...part })),
      attachments: draft.attachments.map((attachment, i) => {
        const { part, disposition, contentId } = attachment;
        if (part && !(sevenBit && part.encoding === "8bit"))
          return { raw: marks.rawPart(attachment, part, attachedName(attachment)) };
        return {
          ...(part ? { content: eightBit(part) } : { path: attachedFile(attachment) }),
          filename: attachedName(attachment),
          contentDisposition: disposition,
          ...types[i],
          ...(contentId === null ? {} : { cid: contentId }),
        };
      }),
      baseBoundary: boundary,
      boundaryPrefix: "=_",
      newline: "windows",
      disableUrlAccess: true,
      normalizeHeaderKey: (key) => spelt.get(key.toLowerCase()) ?? key,
    }).compile();
  const boundary = randomBytes(12).toString("hex");
  const marks = new PartMarks();
  return {
    message: () => marks.resolved(started(() => node().createReadStream())),
    bcc: headerField("Bcc", bcc),
    messageId,
    envelope: { from: sender?.email ?? "", to: recipients },
    blind: distinct(
      bcc,
      [...to, ...cc].map(({ email }) => email),
    ).map(({ email }) => email),
  };
}

/** A stream whose failure to begin is its error, as any other. */
function started(begin: () => Readable): Readable {
  try {
    return begin();
  } catch (error) {
    const failed = new PassThrough();
    failed.destroy(error instanceof Error ? error : new Error(String(error)));
    return failed;
  }
}
