/** IMAP URLs (RFC 5092, with RFC 4467 and RFC 5593's ABNF): what names a mailbox, message or part to another server. */
import { ImapError } from "./errors.ts";

/** The parts of an IMAP URL; without `host` it is relative to a server (as CATENATE wants it). */
export interface ImapUrl {
  readonly host?: string;
  /** 143 where absent. */
  readonly port?: number;
  readonly user?: string;
  /** `*` or a SASL mechanism. */
  readonly auth?: string;
  /** The path as on the wire would be modified UTF-7; in a URL it is the name, in UTF-8. */
  readonly mailbox?: string;
  readonly uidValidity?: number;
  readonly uid?: number;
  /** As for FETCH BODY[…]. */
  readonly section?: string;
  readonly partial?: { readonly offset: number; readonly length?: number };
  /** ISO 8601, with zone: valid until then (RFC 4467 §3). */
  readonly expire?: string;
  /** Who may use it: `submit+NAME`, `user+NAME`, `authuser`, `anonymous` (RFC 4467 §3). */
  readonly access?: string;
  /** The server's proof, `:INTERNAL:91354a…`, without the first colon. Absent before GENURLAUTH. */
  readonly token?: string;
}

/** Everything but unreserved characters and the sub-delims that bchar allows is percent-encoded (RFC 5092 §11). */
function encode(text: string, also = ""): string {
  return encodeURIComponent(text).replace(/%(2F|3A|40|2C|2B|26|3D|24)/g, (whole: string, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return `${also}$&+,=`.includes(character) ? character : whole;
  });
}

function bad(url: string): never {
  throw new ImapError("ARGUMENT", `"${url}" is not an IMAP URL.`);
}

function decode(text: string, url: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return bad(url);
  }
}

/** The URL as text. @throws ImapError ARGUMENT: parts are missing that others need */
export function formatImapUrl(parts: ImapUrl): string {
  const { host, mailbox, uid } = parts;
  if ((uid !== undefined && mailbox === undefined) || (parts.section !== undefined && uid === undefined))
    throw new ImapError("ARGUMENT", "An IMAP URL names a part within a message within a mailbox.");
  let text = "";
  if (host !== undefined) {
    const user = parts.user === undefined ? "" : encode(parts.user);
    const auth = parts.auth === undefined ? "" : `;AUTH=${parts.auth === "*" ? "*" : encode(parts.auth)}`;
    const port = parts.port === undefined ? "" : `:${parts.port}`;
    const name = host.includes(":") ? `[${host}]` : encode(host);
    text = `imap://${user || auth ? `${user}${auth}@` : ""}${name}${port}`;
  }
  if (mailbox === undefined) return `${text}/`;
  text += `/${encode(mailbox, "/:@")}`;
  if (parts.uidValidity !== undefined) text += `;UIDVALIDITY=${parts.uidValidity}`;
  if (uid !== undefined) text += `/;UID=${uid}`;
  if (parts.section !== undefined) text += `/;SECTION=${encode(parts.section, "/:@")}`;
  const { partial } = parts;
  if (partial)
    text += `/;PARTIAL=${partial.offset}${partial.length === undefined ? "" : `.${partial.length}`}`;
  if (parts.expire !== undefined) text += `;EXPIRE=${parts.expire}`;
  if (parts.access !== undefined) text += `;URLAUTH=${encode(parts.access)}`;
  if (parts.token !== undefined) text += `:${parts.token}`;
  return text;
}

const server =
  /^imap:\/\/(?:([^/@;]*)(?:;AUTH=([^/@;]+))?@)?(\[[0-9a-f:.]+\]|[^/:@?;]+)(?::(\d{1,5}))?(?=\/|$)/i;
const message =
  /^\/([^;?]*?)(?:;UIDVALIDITY=(\d{1,10}))?(?:\/?;UID=(\d{1,10}))?(?:\/?;SECTION=([^;?]+?))?(?:\/?;PARTIAL=(\d{1,10})(?:\.(\d{1,10}))?)?(?:;EXPIRE=([0-9TZ:.+-]+))?(?:;URLAUTH=([^;:?]+)(?::([A-Z0-9.-]+:[0-9A-F]+))?)?$/i;

/** Reads a URL of a server, mailbox, message or part; searches (`?`) are not read. @throws ImapError ARGUMENT */
export function parseImapUrl(url: string): ImapUrl {
  const found = server.exec(url);
  if (!found && !url.startsWith("/")) bad(url);
  const rest = found ? url.slice(found[0].length) || "/" : url;
  const at = message.exec(rest);
  if (!at) return bad(url);
  const [, name, uidValidity, uid, section, offset, length, expire, access, token] = at;
  if (found?.[4] !== undefined && Number(found[4]) > 65_535) bad(url);
  const text = (value: string | undefined) => (value === undefined ? undefined : decode(value, url));
  const number = (value: string | undefined) => (value === undefined ? undefined : Number(value));
  const mailbox = text(name?.replace(/\/$/, ""));
  const all: { [K in keyof ImapUrl]: ImapUrl[K] | undefined } = {
    host: found?.[3]?.replace(/^\[(.*)\]$/, "$1"),
    port: number(found?.[4]),
    user: text(found?.[1]) || undefined,
    auth: text(found?.[2]),
    mailbox: mailbox || undefined,
    uidValidity: number(uidValidity),
    uid: number(uid),
    section: text(section),
    partial:
      offset === undefined
        ? undefined
        : { offset: Number(offset), ...(length === undefined ? {} : { length: Number(length) }) },
    expire,
    access: text(access),
    token,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
