/** The config file: TOML, read and checked once, then trusted. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, TomlError } from "smol-toml";
import { type OwnColours, readColours } from "./colours.ts";
import { type ContactSettings, readContacts } from "./contacts.ts";
import { AccountError } from "./errors.ts";
import { type OAuthSettings, oauthSettings } from "./oauth/settings.ts";
import { configFile } from "./paths.ts";
import { Section, type Table } from "./section.ts";
import {
  accountSettings,
  type Keymap,
  type KeyPlace,
  keymaps,
  keyPlaces,
  type SchemeTable,
  type Security,
  schemes,
  screenSettings,
  smimeSettings,
  smtpSchemes,
} from "./settings.ts";
import { parseAge, parseSize } from "./units.ts";
import { plainWriting, readWriting, type Writing } from "./writing.ts";

export interface ServerAddress {
  readonly security: Security;
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

export interface Account {
  /** The name in the config: letters, digits, `.`, `_`, `-`; also the name of its directories. */
  readonly name: string;
  readonly address: string;
  readonly imap: ServerAddress;
  /** Where mail is handed in (RFC 6409). */
  readonly smtp?: ServerAddress;
  /** A shell command that takes it in place of a server: it gets sendmail's options and addresses, and the message. */
  readonly sendmail?: string;
  /** A shell command whose first line of output is the password. */
  readonly passwordCommand: string | null;
  /** PEM file of certificate authorities to trust for this account, in place of those that Node.js trusts. */
  readonly caFile: string | null;
  /** `sha256:HEX`: the one certificate to accept. */
  readonly pin: string | null;
  /** The same for the server that takes mail, where that has a certificate of its own. */
  readonly smtpPin?: string;
  /** A shell command that gets a new password or token on its standard input, to keep it for `passwordCommand`. */
  readonly storeCommand?: string;
  /** Whether the keyring is asked; not set: where there is one. */
  readonly keyring?: boolean;
  /** Login is by OAuth 2.0 access token and not by password. */
  readonly oauth?: OAuthSettings;
  /** Bodies of mail that came so many milliseconds ago or later are kept for reading off line; 0: none, Infinity: all. */
  readonly offlineAge: number;
  /** Octets of bodies kept on disk at most. */
  readonly cacheSize: number;
  /** Bodies are on the disk before they count as kept. */
  readonly fsync: boolean;
  /** See `writingOf`. */
  readonly writing?: Writing;
  /** The same for all accounts; absent where the config says nothing of it. */
  readonly contacts?: ContactSettings;
}

/** How an account writes. */
export const writingOf = ({ writing, address }: Account): Writing => writing ?? plainWriting(address);

export interface ScreenSettings {
  /** Two lines of keys at the bottom. */
  readonly keyBar: boolean;
  /** `arrow` marks the cursor row with `>` instead of a bar: fewer bytes on a slow line. */
  readonly cursor: "bar" | "arrow";
  readonly keymap: Keymap;
  /** Colours for which background; `auto`: as the terminal says. */
  readonly theme: "auto" | "dark" | "light";
  /** The person's own, over those of the theme. */
  readonly colours: OwnColours;
  /** Laid out for whoever hears the screen. */
  readonly spoken: boolean;
  readonly mouse: boolean;
  /** Pictures in the message, where the terminal says that it can show them. */
  readonly images: "auto" | "off";
  /** Begin with the list thread after thread. */
  readonly threads: boolean;
  readonly preview: boolean;
  /** The folder to begin with. */
  readonly folder: string;
  /** Folders that are one list, by name or use, with the account's name and a colon before it for one account alone. */
  readonly unified: readonly string[];
}

/** Key sequences to command lines, over the keymap; an empty line takes a key's meaning away. */
export interface KeySettings extends Readonly<Partial<Record<KeyPlace, Readonly<Record<string, string>>>>> {
  /** Everywhere but in a page of help. */
  readonly any: Readonly<Record<string, string>>;
  /** While a folder is open, by its name or `@role`: in its list and its messages. */
  readonly in: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface SmimeSettings {
  /** PEM file of the person's certificate and private key. */
  readonly smimeKey: string | null;
  /** PEM file of authorities to trust beside those of the system. */
  readonly smimeAuthorities: string | null;
}

export interface Config {
  readonly path: string;
  readonly accounts: readonly Account[];
  readonly screen: ScreenSettings;
  readonly keys: KeySettings;
  /** Those of accounts that have some of their own, by name: they win over `keys`. */
  readonly accountKeys: Readonly<Record<string, KeySettings>>;
  readonly smime: SmimeSettings;
}

/** What is wrong with a server's address, and what to write. */
type Wrong = (what: string, hint: string) => AccountError;

/** Reads `imaps://user@host:port`; the user defaults to the account's address. */
function readServer(
  text: string,
  key: "imap" | "smtp",
  address: string,
  kinds: SchemeTable,
  wrong: Wrong,
): ServerAddress {
  const [first = ""] = Object.keys(kinds);
  const example = `write ${key} = "${first}//me@${key}.example.org"`;
  if (!URL.canParse(text)) {
    // Before an @ there may be a password, which no error repeats.
    throw wrong(`has an "${key}" that is not an address: ${text.replace(/^.*@/s, "…@")}`, example);
  }
  const url = new URL(text);
  const scheme = kinds[url.protocol];
  if (!scheme) {
    const words = { tls: "TLS", starttls: "STARTTLS required", none: "no protection" };
    const known = Object.entries(kinds).map(([name, { security }]) => `${name}// (${words[security]})`);
    throw wrong(
      `has an "${key}" of an unknown kind: ${url.protocol}//`,
      `use ${known.slice(0, -1).join(", ")} or ${known.at(-1)}`,
    );
  }
  if (url.password !== "") {
    throw wrong(`has a password inside "${key}"`, "take it out and set password-command instead");
  }
  if (url.hostname === "") throw wrong(`has an "${key}" without a host`, example);
  return {
    security: scheme.security,
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? scheme.port : Number(url.port),
    user: url.username === "" ? address : userName(key, url.username, wrong),
  };
}

/** The user of a URL, percent-encoding undone (RFC 3986 §2.1). */
function userName(key: string, encoded: string, wrong: Wrong): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw wrong(
      `has an "${key}" whose user name is not well encoded: ${encoded}`,
      "write %25 for a percent sign and %40 for an @ in the user name",
    );
  }
}

/** What an account has where its table does not say otherwise. */
export const keepingDefaults: Pick<Account, "offlineAge" | "cacheSize" | "fsync"> = {
  offlineAge: 30 * 86_400_000,
  cacheSize: 2e9,
  fsync: false,
};

/** A cache too small for a few messages would only go round. */
const leastCacheSize = 10e6;

function offlineAge(section: Section): number {
  const text = section.text("offline");
  if (text === null) return keepingDefaults.offlineAge;
  if (text === "headers") return 0;
  if (text === "all") return Number.POSITIVE_INFINITY;
  const age = parseAge(/^recent +(\S+)$/.exec(text)?.[1] ?? "");
  if (age !== null && age > 0) return age;
  throw section.wrong(
    `has an "offline" that means nothing: ${text}`,
    'write offline = "headers", "recent 30d" (or 2w, 6m, 1y) or "all"',
  );
}

function cacheSize(section: Section): number {
  const text = section.text("cache-size");
  if (text === null) return keepingDefaults.cacheSize;
  const size = parseSize(text);
  const hint = 'write cache-size = "2 GB", or "500 MB"; 10 MB is the least';
  if (size === null) throw section.wrong(`has a "cache-size" that is not a size: ${text}`, hint);
  if (size < leastCacheSize) throw section.wrong(`has a "cache-size" that is too small: ${text}`, hint);
  return size;
}

/** A server as a person gives it on a command line. Throws AccountError "CONFIG". */
export function parseServer(
  text: string,
  key: "imap" | "smtp",
  address: string,
  kinds: SchemeTable,
): ServerAddress {
  return readServer(
    text,
    key,
    address,
    kinds,
    (what, hint) => new AccountError("CONFIG", `what was given ${what}`, hint),
  );
}

function account(path: string, name: string, table: unknown): Account {
  const section = new Section(path, `accounts.${name}`, table);
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/.test(name)) {
    throw section.wrong("has a name that cannot be a directory", "use letters, digits, '.', '_' and '-'");
  }
  section.only([...Object.keys(accountSettings), "keys"]);
  const address = section.text("address");
  if (address === null) throw section.wrong('has no "address"', 'write address = "me@example.org"');
  const fingerprint = (key: "pin" | "smtp-pin") => {
    const text = section.text(key);
    if (text === null || /^sha256:([0-9a-f]{2}:?){32}$/i.test(text)) return text;
    throw section.wrong(
      `has a "${key}" that is not a fingerprint`,
      `write ${key} = "sha256:" and 64 hexadecimal digits`,
    );
  };
  const smtpPin = fingerprint("smtp-pin");
  const server = (key: "imap" | "smtp", kinds: SchemeTable) => {
    const text = section.text(key);
    const wrong: Wrong = (what, hint) => section.wrong(what, hint);
    return text === null ? null : readServer(text, key, address, kinds, wrong);
  };
  const imap = server("imap", schemes);
  if (imap === null) throw section.wrong('has no "imap"', 'write imap = "imaps://me@imap.example.org"');
  const smtp = server("smtp", smtpSchemes);
  const sendmail = section.text("sendmail");
  if (smtp !== null && sendmail !== null)
    throw section.wrong('has both "smtp" and "sendmail"', "mail goes one way: take one of them out");
  const storeCommand = section.text("store-command");
  const oauth = section.table.oauth2 === undefined ? null : oauthSettings(section.table.oauth2, path, name);
  return {
    name,
    address,
    imap,
    passwordCommand: section.text("password-command"),
    caFile: section.file("ca-file"),
    pin: fingerprint("pin"),
    ...(smtpPin === null ? {} : { smtpPin }),
    ...(smtp === null ? {} : { smtp }),
    ...(sendmail === null ? {} : { sendmail }),
    ...(storeCommand === null ? {} : { storeCommand }),
    ...(section.table.keyring === undefined ? {} : { keyring: section.flag("keyring", true) }),
    ...(oauth === null ? {} : { oauth }),
    offlineAge: offlineAge(section),
    cacheSize: cacheSize(section),
    fsync: section.flag("fsync", keepingDefaults.fsync),
    writing: readWriting(section, address),
  };
}

function bindings(section: Section, without: readonly string[] = []): Record<string, string> {
  const sequences = Object.keys(section.table).filter((key) => !without.includes(key));
  return Object.fromEntries(
    sequences.map((key) => [key, section.table[key] === "" ? "" : (section.text(key) ?? "")]),
  );
}

/** `[keys]`, and below it a table for each place, and below `in` one for each folder. */
function keySettings(path: string, name: string, table: unknown): KeySettings {
  const everywhere = new Section(path, name, table);
  const isTable = (key: string) => typeof everywhere.table[key] === "object";
  const places = keyPlaces.filter(isTable);
  const folders = new Section(path, `${name}.in`, isTable("in") ? everywhere.table.in : {});
  const below = (section: Section, keys: readonly string[]) =>
    Object.fromEntries(
      keys.map((key) => [key, bindings(new Section(path, `${section.name}.${key}`, section.table[key]))]),
    );
  return {
    any: bindings(everywhere, [...places, ...(isTable("in") ? ["in"] : [])]),
    ...below(everywhere, places),
    in: below(folders, Object.keys(folders.table)),
  };
}

/** Checks the text of a config file. Throws AccountError "CONFIG" with the place and what to write instead. */
export function parseConfig(text: string, path: string): Config {
  let table: Table;
  try {
    table = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const why = error.message.split("\n")[0]?.replace("Invalid TOML document: ", "") ?? "";
    throw new AccountError(
      "CONFIG",
      `${path}, line ${error.line}: ${why}`,
      "correct that line: the file is TOML",
    );
  }
  const root = new Section(path, "the file", table);
  root.only(["accounts", "contacts", "screen", "colours", "keys", "smime"]);
  const accounts = new Section(path, "accounts", table.accounts ?? {});
  const contacts = table.contacts === undefined ? {} : { contacts: readContacts(path, table.contacts) };
  const screen = new Section(path, "screen", table.screen ?? {});
  screen.only(Object.keys(screenSettings));
  const smime = new Section(path, "smime", table.smime ?? {});
  smime.only(Object.keys(smimeSettings));
  const cursor = screen.text("cursor") ?? screenSettings.cursor.default;
  if (cursor !== "bar" && cursor !== "arrow")
    throw screen.wrong('has an unknown "cursor"', 'use "bar" or "arrow"');
  const theme = screen.text("theme") ?? screenSettings.theme.default;
  if (theme !== "auto" && theme !== "dark" && theme !== "light")
    throw screen.wrong('has an unknown "theme"', 'use "auto", "dark" or "light"');
  const images = screen.text("images") ?? screenSettings.images.default;
  if (images !== "auto" && images !== "off")
    throw screen.wrong('has an unknown "images"', 'use "auto" or "off"');
  const wanted = screen.text("keymap") ?? screenSettings.keymap.default;
  const keymap = keymaps.find((name) => name === wanted);
  if (!keymap) throw screen.wrong(`has an unknown "keymap"`, `use one of ${keymaps.join(", ")}`);
  return {
    path,
    accounts: Object.entries(accounts.table).map(([name, value]) => ({
      ...account(path, name, value),
      ...contacts,
    })),
    screen: {
      keyBar: screen.flag("key-bar", screenSettings["key-bar"].default),
      cursor,
      keymap,
      theme,
      colours: readColours(path, table.colours ?? {}),
      spoken: screen.flag("screen-reader", screenSettings["screen-reader"].default),
      mouse: screen.flag("mouse", screenSettings.mouse.default),
      images,
      threads: screen.flag("threads", screenSettings.threads.default),
      preview: screen.flag("preview", screenSettings.preview.default),
      folder: screen.text("folder") ?? screenSettings.folder.default,
      unified: screen.texts("unified") ?? screenSettings.unified.default,
    },
    keys: keySettings(path, "keys", table.keys ?? {}),
    accountKeys: Object.fromEntries(
      Object.entries(accounts.table).flatMap(([name, value]) => {
        const { keys } = value as Table;
        return keys === undefined ? [] : [[name, keySettings(path, `accounts.${name}.keys`, keys)]];
      }),
    ),
    smime: { smimeKey: smime.file("key"), smimeAuthorities: smime.file("authorities") },
  };
}

/** The person's own keys for an account, the most particular first. */
export function ownKeys({ keys, accountKeys }: Config, account: string): readonly KeySettings[] {
  const particular = Object.hasOwn(accountKeys, account) ? accountKeys[account] : undefined;
  return particular ? [particular, keys] : [keys];
}

/** Where the config file is: `path`, else $POSTERN_CONFIG, else the XDG place. */
export function configPath(path: string | undefined): string {
  return path ?? process.env.POSTERN_CONFIG ?? configFile();
}

/** Reads the config file; `path` as for {@link configPath}. */
export function loadConfig(path: string | undefined): Config {
  const file = configPath(path);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOENT") {
      throw new AccountError("CONFIG", `cannot read ${file}: ${code}`, "check the file's permissions");
    }
    throw new AccountError(
      "NO_ACCOUNT",
      `there is no account yet: ${file} does not exist`,
      `add one: "postern account add me@example.org"; or try "postern demo"`,
    );
  }
  return parseConfig(text, file);
}

/** The account called `name`, or the only or first one. */
export function chooseAccount(config: Config, name: string | undefined): Account {
  const found = name === undefined ? config.accounts[0] : config.accounts.find((a) => a.name === name);
  if (found) return found;
  const known = config.accounts.map((a) => a.name).join(", ");
  if (name !== undefined && known !== "") {
    throw new AccountError(
      "NO_ACCOUNT",
      `there is no account "${name}"`,
      `the accounts in ${config.path} are: ${known}`,
    );
  }
  throw new AccountError(
    "NO_ACCOUNT",
    `${config.path} has no account`,
    `add one: "postern account add me@example.org"`,
  );
}

/** The PEM text of an account's ca-file, or undefined. */
export function readCa(account: Account): string | undefined {
  if (account.caFile === null) return undefined;
  try {
    return readFileSync(account.caFile, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new AccountError(
      "CONFIG",
      `cannot read the ca-file ${join(account.caFile)}: ${code}`,
      "check ca-file in the config",
    );
  }
}
