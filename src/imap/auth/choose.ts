/** Which way to log in, of those the server offers. */
import { Capabilities } from "../capabilities.ts";
import type { Command } from "../command/command.ts";
import { ImapError } from "../errors.ts";
import { authenticate, login } from "./authenticate.ts";
import { cramMd5 } from "./cram-md5.ts";
import { external } from "./external.ts";
import { loginMechanism } from "./login.ts";
import type {
  CertificateLogin,
  ChannelBinding,
  Login,
  Mechanism,
  MechanismName,
  PasswordLogin,
  TokenLogin,
} from "./mechanism.ts";
import { oauthBearer, xoauth2 } from "./oauth.ts";
import { plain } from "./plain.ts";
import { scram } from "./scram.ts";

/** What the line to the server is worth. */
export interface Channel {
  /** TLS. Clear text is reached only on loopback or by insistence. */
  readonly encrypted: boolean;
  /** The channel bindings this line has, the best first. */
  readonly bindings: readonly ChannelBinding[];
}

/** A way to log in by password, named as the capability that offers it. */
interface Row {
  readonly name: MechanismName;
  readonly takesAuthzid: boolean;
  /** All there is to try, in order. */
  mechanisms(who: PasswordLogin, channel: Channel, offered: Capabilities): readonly Mechanism[];
}

const hashes = { 512: "sha512", 256: "sha256", 1: "sha1" } as const;

const bound = (bits: 512 | 256 | 1): Row => ({
  name: `SCRAM-SHA-${bits}-PLUS`,
  takesAuthzid: true,
  mechanisms: (who, { bindings }) => bindings.map((binding) => scram(hashes[bits], who, binding)),
});

const unbound = (bits: 512 | 256 | 1): Row => ({
  name: `SCRAM-SHA-${bits}`,
  takesAuthzid: true,
  mechanisms: (who, { bindings }, offered) => {
    const missed = bindings.length > 0 && !offered.list().some((name) => /^AUTH=SCRAM-.*-PLUS$/i.test(name));
    return [scram(hashes[bits], who, missed ? "missed" : "none")];
  },
});

/** These never show the password. */
const scrams: readonly Row[] = [bound(512), bound(256), bound(1), unbound(512), unbound(256), unbound(1)];
const cram: Row = { name: "CRAM-MD5", takesAuthzid: false, mechanisms: (who) => [cramMd5(who)] };
const showing: readonly (Row | "LOGIN command")[] = [
  { name: "PLAIN", takesAuthzid: true, mechanisms: (who) => [plain(who)] },
  // One round trip; the mechanism of the same name takes three.
  "LOGIN command",
  { name: "LOGIN", takesAuthzid: false, mechanisms: (who) => [loginMechanism(who)] },
];

/** Strongest first. Behind TLS, CRAM-MD5 adds nothing, and makes servers keep passwords readable. */
const behindTls = [...scrams, ...showing, cram];
const inClear = [...scrams, cram, ...showing];

/**
 * The commands that may log in, to be tried in order; a later one only where the one before was refused for its kind of
 * channel binding.
 * @throws ImapError AUTH where the server offers none of ours (LOGINDISABLED, RFC 9051 §6.2.3); UNSUPPORTED where the
 * forced mechanism is not offered or does not fit
 */
export function loginCommands(
  who: Login,
  capabilities: Capabilities,
  channel: Channel,
): readonly Command<void>[] {
  const { mechanism: forced } = who;
  const ways = "secret" in who ? byPassword(who, capabilities, channel) : byOther(who, capabilities);
  if (ways.length > 0)
    return ways.map((way) => ("begin" in way ? authenticate(way, capabilities.has("SASL-IR")) : login(way)));
  if (forced !== undefined)
    throw new ImapError("UNSUPPORTED", `The server offers no ${forced} for this kind of login.`, {
      hint: "Leave the mechanism to be chosen, or ask the provider how IMAP clients log in.",
    });
  const other = "secret" in who ? "OAuth accounts need a token" : "this account may need a password";
  throw new ImapError("AUTH", "The server offers no way to log in that fits.", {
    hint: `Ask the provider how IMAP clients log in; ${other}.`,
  });
}

/**
 * The mechanisms by which another protocol than IMAP may log in, to be tried in order as {@link loginCommands}; none where
 * nothing of what is offered fits.
 * @param offered SASL names, as that protocol's server tells them
 */
export function saslMechanisms(who: Login, offered: readonly string[], channel: Channel): Mechanism[] {
  const capabilities = new Capabilities([...offered.map((name) => `AUTH=${name}`), "LOGINDISABLED"]);
  const ways = "secret" in who ? byPassword(who, capabilities, channel) : byOther(who, capabilities);
  return ways.filter((way) => "begin" in way);
}

/** Mechanisms in the order to try them, or what the LOGIN command takes. */
function byPassword(
  who: PasswordLogin,
  capabilities: Capabilities,
  channel: Channel,
): readonly (Mechanism | PasswordLogin)[] {
  const { mechanism: forced, authorizeAs } = who;
  for (const row of channel.encrypted ? behindTls : inClear) {
    if (row === "LOGIN command") {
      const wanted = (forced ?? "LOGIN") === "LOGIN" && authorizeAs === undefined;
      if (wanted && !capabilities.has("LOGINDISABLED")) return [who];
    } else if (
      (forced ?? row.name) === row.name &&
      capabilities.hasAuth(row.name) &&
      (row.takesAuthzid || authorizeAs === undefined)
    ) {
      const mechanisms = row.mechanisms(who, channel, capabilities);
      if (mechanisms.length > 0) return mechanisms;
    }
  }
  return [];
}

function byOther(who: TokenLogin | CertificateLogin, capabilities: Capabilities): readonly Mechanism[] {
  const mechanisms =
    "certificate" in who
      ? [external(who)]
      : [oauthBearer(who), ...(who.authorizeAs === undefined ? [xoauth2(who)] : [])];
  const found = mechanisms.find(({ name }) => (who.mechanism ?? name) === name && capabilities.hasAuth(name));
  return found ? [found] : [];
}
