/** Logging in for sending (RFC 4954), by the mechanisms that IMAP logs in by. */
import {
  BindingRefusedError,
  channelOf,
  ImapError,
  type Login,
  type Mechanism,
  saslMechanisms,
} from "../../imap/index.ts";
import { refusal } from "./replies.ts";
import type { Smtp } from "./smtp.ts";
import { type SmtpReply, SubmissionError } from "./types.ts";

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** RFC 4954 §4: the command with the first response fits a line of RFC 5321, or goes without it. */
const commandOctets = 512;

/**
 * Logs in the strongest way that is offered.
 * @throws SubmissionError LOGIN (`reply` set where the server refused), TEMPORARY, UNREACHABLE; UNTRUSTED where the server
 * does not prove that it knows the password
 */
export async function logIn(smtp: Smtp, who: Login): Promise<void> {
  const mechanisms = saslMechanisms(who, smtp.offers.auth, channelOf(smtp.socket));
  if (mechanisms.length === 0)
    throw new SubmissionError(
      "LOGIN",
      `The server for sending offers no way to log in that fits: ${smtp.offers.auth.join(", ") || "none"}.`,
      "token" in who
        ? "This account may need a password for sending; ask the provider."
        : "Ask the provider how mail programs send; OAuth accounts need a token.",
    );
  for (const [i, mechanism] of mechanisms.entries()) {
    try {
      return await by(smtp, mechanism);
    } catch (error) {
      if (error instanceof BindingRefusedError && i < mechanisms.length - 1) continue;
      throw error instanceof ImapError ? loginError(error) : error;
    }
  }
}

function loginError(error: ImapError, reply: SmtpReply | null = null): SubmissionError {
  return new SubmissionError(
    error.code === "INSECURE" || (error.code === "AUTH" && reply === null) ? "UNTRUSTED" : "LOGIN",
    error.message,
    error.hint,
    reply,
  );
}

async function by(smtp: Smtp, mechanism: Mechanism): Promise<void> {
  const exchange = mechanism.begin();
  let first: Buffer | null = exchange.initial?.() ?? null;
  const said = first === null ? "" : ` ${first.toString("base64") || "="}`;
  const whole = `AUTH ${mechanism.name}${said}`;
  if (whole.length <= commandOctets) first = null;
  let reply = await smtp.command(whole.length <= commandOctets ? whole : `AUTH ${mechanism.name}`);
  let cancelled = false;
  while (reply.code === 334) {
    if (cancelled)
      throw new ImapError("AUTH", "The server for sending asks on after the login was given up.", {
        hint: "Find out what server this is.",
      });
    let answer: Buffer | null = null;
    if (first !== null) [answer, first] = [first, null];
    else if (base64.test(reply.text)) answer = await exchange.respond(Buffer.from(reply.text, "base64"));
    cancelled = answer === null;
    reply = await smtp.command(answer === null ? "*" : answer.toString("base64"));
  }
  if (reply.code === 235) {
    exchange.finish();
    return;
  }
  // RFC 4954 §6: 454 is the server's own trouble; 432 and 534 want something of the person.
  if (reply.code < 500 && reply.code !== 432) throw refusal("The server for sending does not log in", reply);
  const refused = new ImapError("AUTH", "The server for sending refused the user name or password.", {
    serverText: reply.text,
  });
  const better = exchange.refused?.(refused) ?? refused;
  if (better instanceof BindingRefusedError) throw better;
  throw loginError(better, reply);
}
