/** Handing a finished message over to be delivered, by the account's server for sending or its sendmail command. */
import type { Readable } from "node:stream";
import type { Account } from "../../account/config.ts";
import { AccountError } from "../../account/errors.ts";
import { AccessToken, ImapError } from "../../imap/index.ts";
import { HeaderWatch } from "../utf8-header.ts";
import { chunksOf, sayChunks } from "./burl.ts";
import { openLine, tlsOptions } from "./line.ts";
import { logIn } from "./login.ts";
import { parseReply, refusal } from "./replies.ts";
import { Smtp, type SmtpTimeouts, smtpTimeouts } from "./smtp.ts";
import { sayEnvelope, sayMessage } from "./transaction.ts";
import { type Handover, type Rejected, SubmissionError, type Submit, type Submitted } from "./types.ts";

export * from "./types.ts";

export interface SubmitOptions {
  readonly timeouts?: Partial<SmtpTimeouts>;
}

type Access = Pick<Handover, "account" | "credentials" | "signal">;

/** Hands a message over. @throws SubmissionError */
export const submit: Submit = (handover) => submitWith(handover);

/** The same, with how long is waited. @throws SubmissionError */
export async function submitWith(handover: Handover, options: SubmitOptions = {}): Promise<Submitted> {
  const { account, envelope, size } = handover;
  if (account.sendmail !== undefined) {
    const { bySendmail } = await import("./sendmail.ts");
    return bySendmail(account.sendmail, handover);
  }
  const smtp = await connected(handover, options);
  try {
    const utf8Header = handover.utf8Header ?? (await hasUtf8Header(beginning(handover)));
    const say = () => sayEnvelope(smtp, { envelope, size, utf8Header });
    const submitted =
      (await withoutDownload(smtp, handover, say)) ??
      (await sayMessage(smtp, handover.message(), size, await say()));
    smtp.quit();
    return submitted;
  } catch (error) {
    smtp.close();
    throw error;
  }
}

/** By pieces that the server fetches itself; null where that does not go. */
async function withoutDownload(
  smtp: Smtp,
  { account, pieces }: Handover,
  say: () => Promise<readonly Rejected[]>,
): Promise<Submitted | null> {
  if (!pieces || !account.smtp) return null;
  const chunks = await chunksOf(smtp, pieces, account.smtp.user);
  return chunks && sayChunks(smtp, chunks, await say());
}

/**
 * Logs in at the server for sending, and out again.
 * @throws SubmissionError
 */
export async function trySubmission(
  account: Account,
  credentials: Access["credentials"],
  options: SubmitOptions = {},
): Promise<void> {
  const smtp = await connected({ account, credentials }, options);
  smtp.quit();
}

/** Connects and logs in, where the server asks for that. */
async function connected({ account, credentials, signal }: Access, options: SubmitOptions): Promise<Smtp> {
  const { smtp: server } = account;
  if (!server)
    throw new SubmissionError(
      "NO_SUBMISSION",
      `Account "${account.name}" says nothing of how to send.`,
      'Set smtp = "submissions://me@smtp.example.org", or sendmail, in the config.',
    );
  const timeouts = { ...smtpTimeouts, ...options.timeouts };
  let smtp: Smtp | null = null;
  try {
    const line = await openLine(server, tlsOptions(account, server.host), timeouts.connect, signal);
    smtp = await Smtp.begin(line, timeouts, signal);
    // A server of the house may know its own by where they come from.
    if (smtp.offers.auth.length > 0) await loggedIn(smtp, server.user, credentials);
    return smtp;
  } catch (error) {
    smtp?.close();
    throw asSubmissionError(error);
  }
}

/** A refused token is looked up anew, once: it may have run out. */
async function loggedIn(smtp: Smtp, user: string, credentials: Access["credentials"]): Promise<void> {
  const secret = await credentials();
  try {
    await logIn(smtp, secret instanceof AccessToken ? { user, token: secret } : { user, secret });
  } catch (error) {
    const refused = error instanceof SubmissionError && error.code === "LOGIN" && error.reply !== null;
    if (!refused || !(secret instanceof AccessToken)) throw error;
    const renewed = await credentials(secret);
    if (renewed.reveal() === secret.reveal()) throw error;
    await logIn(smtp, { user, token: renewed });
  }
}

/** What keeps us from the server, as the outbox has to take it. */
function asSubmissionError(error: unknown): unknown {
  if (error instanceof AccountError)
    return new SubmissionError(
      error.code === "PROVIDER" ? "UNREACHABLE" : "LOGIN",
      error.message,
      error.hint,
    );
  if (!(error instanceof ImapError)) return error;
  const { code, message, hint, serverText } = error;
  if (code === "NO" && serverText !== undefined) return refusal(message.slice(0, -1), parseReply(serverText));
  const untrusted = code === "CERTIFICATE" || code === "INSECURE" || code === "ARGUMENT";
  return new SubmissionError(untrusted ? "UNTRUSTED" : "UNREACHABLE", message, hint);
}

/** What has the header in it, and brings nothing from the IMAP server if that can be. */
function beginning({ message, pieces }: Handover): Readable {
  const [first] = pieces?.list ?? [];
  return first && !("uid" in first) ? first.stream() : message();
}

async function hasUtf8Header(message: Readable): Promise<boolean> {
  const header = new HeaderWatch();
  try {
    for await (const chunk of message) {
      header.look(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as string));
      if (header.over) break;
    }
  } catch {
    // Told when the message itself is read.
    return false;
  } finally {
    message.destroy();
  }
  return header.utf8;
}
