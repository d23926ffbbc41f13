/** Every bound on what a server may make us hold or wait for. Octets unless a name says otherwise. */
export const limits = {
  /** One line of a response (without its literals). */
  line: 1 << 20,
  /** One line of SEARCH, SORT, ESEARCH, VANISHED or THREAD, which name every message of a mailbox. */
  resultLine: 16 << 20,
  /** One response in memory: its lines and its small literals. */
  response: 64 << 20,
  /** A literal up to this size is part of its response; a larger one is streamed or discarded. */
  inlineLiteral: 64 << 10,
  /** Significant digits in a literal's announced size. */
  literalDigits: 19,
  /** How deep parentheses may nest in what is read recursively. */
  depth: 64,
  /** How deep a discussion may go in THREAD, which is not read recursively. */
  threadDepth: 10_000,
  /** Bytes kept of an attribute that could not be read. */
  invalidBytes: 64 << 10,
  /** Responses that could not be read before the connection is given up, as a count. */
  junkResponses: 1000,
  /** Messages of a mailbox whose UIDs are held by sequence number, as a count. */
  sequenceMap: 1 << 22,
  /** One command's message set: servers refuse long lines. */
  setOctets: 8000,
  /** A non-synchronizing literal (RFC 7888): longer ones wait, so that the server can refuse them unsent. */
  literalPlus: 64 << 10,
  /** The same where the server offers LITERAL- only (RFC 7888 §5). */
  literalMinus: 4096,
  /** Inflated octets for each octet received, beyond the first `inflateFree` (RFC 4978); honest mail stays below 50. */
  inflateRatio: 200,
  inflateFree: 64 << 20,
  /** A string longer than this goes as a literal. */
  quoted: 1000,
} as const;

/** How long is waited, in milliseconds. */
export const timeouts = {
  /** Name, TCP and TLS together. */
  connect: 30_000,
  greeting: 16_000,
  /** Nothing received while an answer is due. */
  silence: 60_000,
  /** Nothing received, where there is reason to doubt that the line still lives. */
  probe: 10_000,
  /** The answer to LOGOUT: with what else ending takes, two seconds. */
  logout: 1_500,
  /** IDLE is begun anew: servers and gateways drop it well before the 29 minutes of RFC 2177. */
  idle: 9 * 60_000,
  /** NOOP in place of IDLE. */
  poll: 60_000,
} as const;
