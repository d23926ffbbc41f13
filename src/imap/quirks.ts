/**
 * The server faults we live with. Most are met by reading leniently, whoever the server is; for those that need to
 * know whom we talk to, `ServerQuirks` says what holds for this connection.
 */
import type { Capabilities } from "./capabilities.ts";
import { limits } from "./limits.ts";
import type { Quirk } from "./quirks/quirk.ts";
import { replyQuirks } from "./quirks/replies.ts";
import { sessionQuirks } from "./quirks/sessions.ts";
import { syntaxQuirks } from "./quirks/syntax.ts";

export type { Quirk } from "./quirks/quirk.ts";

/** All of them, by name: how each is told, what is done about it and where, who reported it. */
export const quirks: Readonly<Record<string, Quirk>> = {
  ...syntaxQuirks,
  ...replyQuirks,
  ...sessionQuirks,
};

/** What is different with this server. */
export interface ServerQuirks {
  /** EXPUNGE does not renumber: nothing may be concluded from sequence numbers. */
  readonly sequenceNumbersLie: boolean;
  /** Only a part of each mailbox is seen unless UIDONLY is switched on (RFC 9586). */
  readonly cappedView: boolean;
  /** An unasked FETCH tells flags and keeps the labels to itself. */
  readonly labelsGoStale: boolean;
  /** The capabilities told with the login are not the real ones: ask for them once. */
  readonly capabilitiesUntrue: boolean;
  /** SEARCH passes over criteria it does not know: look at the hits again. */
  readonly searchUntrue: boolean;
  /** The MAILBOXID that LIST tells with STATUS is not the mailbox's. */
  readonly listedIdUntrue: boolean;
  /** Of the header it has ENVELOPE and References at hand; for other fields it opens the file of each message. */
  readonly envelopeAtHand: boolean;
  /** NAMESPACE ends the connection. */
  readonly namespaceKills: boolean;
  /** After BAD to APPEND the server may read the message as commands. */
  readonly appendDesyncs: boolean;
  /** Octets of a command's message set. */
  readonly setOctets: number;
  /** Connections of one account at a time. */
  readonly maxConnections: number;
}

/** What a server says of itself. */
export interface ServerWords {
  /** The greeting's text. */
  readonly greeting: string;
  readonly capabilities: Capabilities;
  /** ID's answer, names in lower case. */
  readonly id: ReadonlyMap<string, string>;
}

/** Whom we talk to, as far as that matters, and what it means. */
export function serverQuirks({ greeting, capabilities, id }: ServerWords): ServerQuirks {
  const name = id.get("name") ?? "";
  const says = (pattern: RegExp) => pattern.test(greeting) || pattern.test(name);
  const gmail = capabilities.has("X-GM-EXT-1") || says(/^gimap\b/i);
  const iCloud = capabilities.has("XAPPLEPUSHSERVICE");
  const yahoo = capabilities.has("XYMHIGHESTMODSEQ");
  // No other server has that capability.
  const cyrus = capabilities.has("ANNOTATE-EXPERIMENT-1") || says(/\bCyrus\b/i);
  const exchange = says(/\bMicrosoft Exchange\b/i);
  // `host IMAP4rev1 2007f.404 at Wed, …`
  const uw = /\bIMAP4rev1 20\d\d[a-z]?\.\d+ at /i.test(greeting);
  const shortLines = uw || yahoo || says(/\bhMailServer\b/i);
  return {
    sequenceNumbersLie: yahoo,
    cappedView: yahoo && capabilities.has("UIDONLY"),
    labelsGoStale: gmail,
    capabilitiesUntrue: iCloud,
    searchUntrue: says(/\bQQMail\b/i),
    listedIdUntrue: cyrus,
    envelopeAtHand: cyrus,
    namespaceKills: says(/\bMicrosoft Exchange Server 2003\b/i),
    appendDesyncs: exchange,
    setOctets: shortLines ? 1000 : limits.setOctets,
    maxConnections: gmail ? 3 : Number.POSITIVE_INFINITY,
  };
}
