/** What a server answers (RFC 5321 §4.2), and what a refusal means for the message. */
import { type SmtpReply, SubmissionError } from "./types.ts";

const statusCode = /^([245]\.\d{1,3}\.\d{1,3})(?:\s|$)/;

/** @param response all lines of one reply, with codes, as they came */
export function parseReply(response: string): SmtpReply {
  const lines = response.split(/\r?\n/);
  const code = Number(/^\d{3}/.exec(lines.at(-1) ?? "")?.[0] ?? 0);
  const texts = lines.map((line) => line.replace(/^\d{3}[ -]?/, ""));
  const enhanced = statusCode.exec(texts[0] ?? "")?.[1] ?? null;
  const text = texts.map((each) => (enhanced === null ? each : each.replace(statusCode, ""))).join("\n");
  return { code, enhanced, text: text.trim() };
}

export function positive({ code }: SmtpReply): boolean {
  return code >= 200 && code < 400;
}

/** What to do about a refusal, as far as its code (RFC 3463, RFC 5248) tells. */
const hints: readonly (readonly [RegExp, string])[] = [
  [/^5\.1\.[1236]$/, "Check the address: nobody there has that name."],
  [/^[45]\.1\.[78]$/, "Check the address that you send from: the server does not know it."],
  [/^[45]\.2\.2$/, "The mailbox is full; reach the person in another way."],
  [/^[45]\.3\.4$|^5\.2\.3$/, "Leave out or shrink an attachment, or share it in another way."],
  [/^[45]\.7\.[01]$/, "The server does not let you send this: read what it says, and check who you send as."],
  [/^[45]\.7\.\d+$/, "Read what the server says; the provider can tell more."],
];

/**
 * The error of a refusal.
 * @param what what was refused, as the beginning of a sentence: `The server refused the sender`
 */
export function refusal(what: string, reply: SmtpReply): SubmissionError {
  if (reply.code < 400)
    return new SubmissionError(
      "UNREACHABLE",
      `${what}, and that makes no sense.`,
      "It is tried again later; check host and port in smtp if it stays so.",
      reply,
    );
  const known = hints.find(([codes]) => codes.test(reply.enhanced ?? ""))?.[1];
  if (reply.code === 530 || reply.enhanced === "5.7.0")
    return new SubmissionError(
      "LOGIN",
      `${what}: it wants a login.`,
      "Check the user in smtp, and the port: servers take mail from users at 465 or 587.",
      reply,
    );
  if (reply.code < 500)
    return new SubmissionError("TEMPORARY", `${what} for now.`, known ?? "It is tried again later.", reply);
  return new SubmissionError(
    "REJECTED",
    `${what}.`,
    known ?? "Read what the server says, and change the message or its recipients.",
    reply,
  );
}
