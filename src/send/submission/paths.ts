/** Addresses as they stand in MAIL and RCPT: forward and reverse paths (RFC 5321 §4.1.2), internationalised where that goes (RFC 6531). */
import { domainToASCII } from "node:url";
import type { Offers } from "./offers.ts";
import { SubmissionError } from "./types.ts";

const beyondAscii = /[^\x00-\x7f]/;

/** Whether an address can only be written with SMTPUTF8: its domain has an ASCII form, the part before the @ has none. */
function needsUtf8(address: string): boolean {
  return beyondAscii.test(address.slice(0, address.lastIndexOf("@")));
}

/** What no address may have on its way into a command (RFC 5321 §4.1.2). */
const unspeakable = /[\x00-\x1f\x7f-\x9f<>]/;

export interface Paths {
  readonly from: string;
  /** In the order of the recipients. */
  readonly to: readonly string[];
  /** MAIL says SMTPUTF8. */
  readonly utf8: boolean;
}

/**
 * Nothing but addresses, and at least one.
 * @throws SubmissionError REJECTED
 */
export function checkPaths({ from, to }: { readonly from: string; readonly to: readonly string[] }): void {
  const all = from === "" ? to : [from, ...to];
  const bad = all.find(
    (address) => unspeakable.test(address) || !/^.+@.+$/s.test(address) || address.length > 1000,
  );
  if (bad !== undefined || to.length === 0)
    throw new SubmissionError(
      "REJECTED",
      bad === undefined ? "The message has no recipients." : `This is no address: ${JSON.stringify(bad)}.`,
      "Correct the recipients, and send it again.",
    );
}

/**
 * @param utf8Header the message's header is UTF-8, so that it wants SMTPUTF8 where that is offered (RFC 6532)
 * @throws SubmissionError REJECTED (no address at all), UNSUPPORTED (the server does not know SMTPUTF8)
 */
export function pathsOf(
  envelope: { readonly from: string; readonly to: readonly string[] },
  offers: Offers,
  utf8Header: boolean,
): Paths {
  checkPaths(envelope);
  const { from, to } = envelope;
  const offered = offers.has("SMTPUTF8");
  const wanting = [from, ...to].find(needsUtf8);
  if (wanting !== undefined && !offered)
    throw new SubmissionError(
      "UNSUPPORTED",
      `The server for sending cannot write to or from ${wanting}: it knows no internationalised addresses (SMTPUTF8).`,
      "Use an address in plain letters, or another server for sending.",
    );
  const utf8 = wanting !== undefined || (utf8Header && offered);
  return { from: from === "" ? "" : path(from), to: to.map(path), utf8 };
}

/** The domain in its ASCII form (RFC 5890), which every server understands. */
function path(address: string): string {
  const at = address.lastIndexOf("@");
  const domain = address.slice(at + 1);
  if (!beyondAscii.test(domain)) return address;
  return `${address.slice(0, at)}@${domainToASCII(domain) || domain}`;
}
