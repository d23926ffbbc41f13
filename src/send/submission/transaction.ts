/** One message handed over: MAIL, RCPT, and the message in one chunk (BDAT, RFC 3030) or behind DATA. */
import type { Readable } from "node:stream";
import DataStream from "nodemailer/lib/smtp-connection/data-stream";
import { formatSize } from "../../mail/format.ts";
import { pathsOf } from "./paths.ts";
import { positive, refusal } from "./replies.ts";
import type { Smtp } from "./smtp.ts";
import {
  type Dsn,
  type Envelope,
  type Rejected,
  type SmtpReply,
  SubmissionError,
  type Submitted,
} from "./types.ts";

/** RFC 3461 §4: printable ASCII but + and =, which stand as +HEX. */
function xtext(text: string): string {
  return text.replace(
    /[^\x21-\x2a\x2c-\x3c\x3e-\x7e]/g,
    (character) => `+${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

function mailParameters(dsn: Dsn | null): string[] {
  if (dsn === null) return [];
  return [
    ...(dsn.ret === null ? [] : [`RET=${dsn.ret.toUpperCase()}`]),
    ...(dsn.envid === null ? [] : [`ENVID=${xtext(dsn.envid)}`]),
  ];
}

export interface Outgoing {
  readonly envelope: Envelope;
  /** Octets of the message. */
  readonly size: number;
  /** Its header is UTF-8 (RFC 6532). */
  readonly utf8Header: boolean;
}

/** @throws SubmissionError UNSUPPORTED: the server takes no message of that size (RFC 1870) */
export function checkSize(smtp: Smtp, size: number): void {
  const most = smtp.offers.size;
  if (most === null || size <= most) return;
  throw new SubmissionError(
    "UNSUPPORTED",
    `The message has ${formatSize(size)}; the server for sending takes ${formatSize(most)} at most.`,
    "Leave out or shrink an attachment, or share it in another way.",
  );
}

/**
 * Tells the server who it is from and for; resolves to who was refused while others were taken.
 * @throws SubmissionError TEMPORARY, REJECTED (the sender, or all recipients), LOGIN, UNSUPPORTED, UNREACHABLE
 */
export async function sayEnvelope(smtp: Smtp, outgoing: Outgoing): Promise<readonly Rejected[]> {
  const { envelope, size } = outgoing;
  const { offers } = smtp;
  const paths = pathsOf(envelope, offers, outgoing.utf8Header);
  checkSize(smtp, size);
  const dsn = offers.has("DSN") ? (envelope.dsn ?? null) : null;
  const mail = [
    `MAIL FROM:<${paths.from}>`,
    ...(paths.utf8 ? ["SMTPUTF8"] : []),
    ...(offers.has("8BITMIME") ? ["BODY=8BITMIME"] : []),
    ...(offers.has("SIZE") ? [`SIZE=${size}`] : []),
    ...mailParameters(dsn),
  ];
  const notify =
    dsn === null || dsn.notify.length === 0 ? "" : ` NOTIFY=${dsn.notify.join(",").toUpperCase()}`;
  const commands = [mail.join(" "), ...paths.to.map((path) => `RCPT TO:<${path}>${notify}`)];
  const replies = await commandsInOrder(smtp, commands);
  const [sender, ...recipients] = replies;
  if (sender && !positive(sender)) throw refusal(`The server refused the sender ${envelope.from}`, sender);
  const rejected = recipients.flatMap((reply, i) =>
    positive(reply) ? [] : [{ address: envelope.to[i] ?? "", reply }],
  );
  if (rejected.length < recipients.length) return rejected;
  // Where one of them may be taken later, the message is not lost to all.
  const telling = rejected.find(({ reply }) => reply.code < 500) ?? rejected[0];
  if (!telling) throw new Error("an envelope without recipients");
  const whom = rejected.length === 1 ? telling.address : `all recipients, such as ${telling.address}`;
  throw refusal(`The server refused ${whom}`, telling.reply);
}

/** All in one flight where that is allowed (RFC 2920), else one by one until the sender is refused. */
async function commandsInOrder(smtp: Smtp, commands: readonly string[]): Promise<SmtpReply[]> {
  if (smtp.offers.has("PIPELINING"))
    return smtp.together(() => Promise.all(commands.map((command) => smtp.command(command))));
  const replies: SmtpReply[] = [];
  for (const command of commands) {
    const reply = await smtp.command(command);
    replies.push(reply);
    if (replies.length === 1 && !positive(reply)) break;
  }
  return replies;
}

/** The line was lost, or nothing came, when the whole message was on its way: nobody knows what became of it. */
export function unknown(error: unknown): SubmissionError {
  const why = error instanceof Error ? ` ${error.message}` : "";
  return new SubmissionError(
    "UNKNOWN",
    `The message was handed over, and no answer came.${why}`,
    "It may have been sent: look whether it has arrived before you send it again.",
  );
}

/** Waits for the reply to the end of the message, which was sent with all before it. */
export async function taken(
  smtp: Smtp,
  answer: Promise<SmtpReply>,
  rejected: readonly Rejected[],
): Promise<Submitted> {
  smtp.patient();
  let reply: SmtpReply;
  try {
    reply = await answer;
  } catch (error) {
    throw unknown(error);
  }
  if (!positive(reply)) throw refusal("The server refused the message", reply);
  return { reply, rejected };
}

/** Pieces of the message, checked: what has another size than it was said to have is not sent as if it were whole. */
export async function* counted(message: Readable, size: number): AsyncGenerator<Buffer> {
  let sent = 0;
  try {
    for await (const chunk of message) {
      const octets: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as string);
      sent += octets.length;
      if (sent > size) break;
      yield octets;
    }
  } catch (error) {
    if (error instanceof SubmissionError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new SubmissionError(
      "UNREACHABLE",
      `The message could not be read: ${why}`,
      "It is tried again later.",
    );
  }
  if (sent !== size)
    throw new SubmissionError(
      "UNREACHABLE",
      "The message is not as long as it was when sending began.",
      "It is tried again later.",
    );
}

/**
 * Hands the message over. The envelope has been taken.
 * @throws SubmissionError TEMPORARY, REJECTED, UNREACHABLE, UNKNOWN
 */
export async function sayMessage(
  smtp: Smtp,
  message: Readable,
  size: number,
  rejected: readonly Rejected[],
): Promise<Submitted> {
  try {
    return smtp.offers.has("CHUNKING")
      ? await inOneChunk(smtp, message, size, rejected)
      : await behindData(smtp, message, size, rejected);
  } finally {
    message.destroy();
  }
}

/** A chunk has its length before it: what is cut off is never taken for the whole. */
async function inOneChunk(
  smtp: Smtp,
  message: Readable,
  size: number,
  rejected: readonly Rejected[],
): Promise<Submitted> {
  const answer = smtp.command(`BDAT ${size} LAST`);
  answer.catch(() => {});
  await smtp.settled();
  // A refusal may come before the end is sent, by a server that then reads no more.
  const refused = answer.then((reply) => {
    if (!positive(reply)) throw refusal("The server refused the message", reply);
  });
  refused.catch(() => {});
  for await (const octets of counted(message, size)) await Promise.race([smtp.write(octets), refused]);
  return taken(smtp, answer, rejected);
}

const carriageReturn = 0x0d;
const lineFeed = 0x0a;

async function behindData(
  smtp: Smtp,
  message: Readable,
  size: number,
  rejected: readonly Rejected[],
): Promise<Submitted> {
  const go = await smtp.command("DATA");
  if (go.code !== 354) throw refusal("The server refused the message", go);
  // Doubles the dot at the start of a line, and lets no lone CR or LF be taken for the end of one (RFC 5321 §4.5.2).
  const stuffed = new DataStream();
  for await (const octets of counted(message, size)) {
    stuffed.write(octets);
    const ready: unknown = stuffed.read();
    if (ready instanceof Buffer) await smtp.write(ready);
  }
  const { lastByte } = stuffed;
  if (lastByte !== lineFeed) await smtp.write(Buffer.from(lastByte === carriageReturn ? "\n" : "\r\n"));
  return taken(smtp, smtp.command("."), rejected);
}
