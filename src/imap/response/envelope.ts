import type { Address, Envelope } from "../values.ts";
import { LPAREN, RPAREN } from "../wire/bytes.ts";
import type { Reader } from "../wire/reader.ts";

/** What Dovecot and Exchange put where an address has no host. */
const missingHosts: ReadonlySet<string> = new Set(["MISSING_DOMAIN", ".MISSING-HOST-NAME."]);

const noAddresses: readonly Address[] = Object.freeze([]);

/** address (RFC 9051 §9): name, source route, mailbox, host. */
function readAddress(r: Reader): Address {
  r.expect(LPAREN);
  const name = r.nstring();
  r.gap();
  const route = r.nstring();
  r.gap();
  const mailbox = r.nstring();
  r.gap();
  const host = r.nstring();
  r.skipSp();
  if (r.take(RPAREN)) {
    if (host === null && name !== null && mailbox !== null) return swapped(name, mailbox);
    return { name, mailbox, host: missingHosts.has(host ?? "") ? "" : host };
  }
  if (!r.lenient) r.fail('")"');
  return readLongAddress(r, [name, route, mailbox, host]);
}

/**
 * Gmail reads the encoded words of some names as a group's name and what stands beside them, `<a@x>`, as that of a
 * mailbox (MailKit #263, #1319). A group's name comes with NIL as its display name (RFC 9051 §7.5.2): this is none.
 */
function swapped(name: string, mailbox: string): Address {
  const address = /^([^<>]*)<?\b([^\s<>@"]+)@([^\s<>@"]+)>?$/.exec(name);
  if (!address) return { name, mailbox, host: null };
  return { name: `${mailbox} ${address[1]}`.trim(), mailbox: address[2]!, host: address[3]! };
}

/** A name that fell into several strings, as its literal was counted in characters (MailKit #1369): the last three are route, mailbox and host. */
function readLongAddress(r: Reader, strings: (string | null)[]): Address {
  while (!r.take(RPAREN)) {
    strings.push(r.nstring());
    r.skipSp();
  }
  const [mailbox = null, host = null] = strings.slice(-2);
  const name = strings.slice(0, -3).filter((s) => s !== null);
  return { name: name.join(" "), mailbox, host };
}

/** env-from and its like: NIL or a list; `()`, SP between addresses and NIL among them are met with. */
function readAddresses(r: Reader): readonly Address[] {
  if (r.nil()) return noAddresses;
  const addresses: Address[] = [];
  r.list(() => {
    if (!r.nil()) addresses.push(readAddress(r));
  });
  return addresses;
}

/**
 * envelope (RFC 9051 §7.5.2). Fields missing at its end are read as absent; extra parentheses around it are allowed.
 * @throws MalformedError
 */
export function readEnvelope(r: Reader): Envelope {
  r.expect(LPAREN);
  r.enter();
  if (r.peek() === LPAREN) {
    const inner = readEnvelope(r);
    r.skipSp();
    r.expect(RPAREN);
    r.leave();
    return inner;
  }
  const text = () => {
    if (r.peek() === RPAREN) return null;
    const value = r.nstring();
    r.gap();
    return value;
  };
  const addresses = () => {
    if (r.peek() === RPAREN) return noAddresses;
    const value = readAddresses(r);
    r.gap();
    return value;
  };
  const date = text();
  const subject = text();
  const start = r.position;
  const from = addresses();
  const { position } = r;
  /** Sender and Reply-To are nearly always what From is. */
  const addressesAgain = () => (r.repeats(start, position) ? from : addresses());
  const envelope: Envelope = {
    date,
    subject,
    from,
    sender: addressesAgain(),
    replyTo: addressesAgain(),
    to: addresses(),
    cc: addresses(),
    bcc: addresses(),
    inReplyTo: text(),
    messageId: text(),
  };
  while (r.lenient && r.peek() !== RPAREN) {
    r.skipValue();
    r.skipSp();
  }
  r.expect(RPAREN);
  r.leave();
  return envelope;
}
