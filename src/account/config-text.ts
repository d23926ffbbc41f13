/** Accounts written into the text of the config file, and taken out of it; the rest of the file stays as the person wrote it. */
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Config, parseConfig, type ServerAddress } from "./config.ts";
import { AccountError } from "./errors.ts";
import { type SchemeTable, schemes, smtpSchemes } from "./settings.ts";

/** An account that is to be written. */
export interface AccountDraft {
  readonly name: string;
  readonly address: string;
  readonly imap: ServerAddress;
  readonly smtp?: ServerAddress;
  readonly passwordCommand?: string;
  readonly storeCommand?: string;
  readonly keyring?: boolean;
  readonly caFile?: string;
  readonly pin?: string;
  /** `[accounts.NAME.oauth2]`, setting by setting. */
  readonly oauth2?: Readonly<Record<string, string>>;
  /** Comments, by the setting they stand behind. */
  readonly comments: Readonly<Record<string, string>>;
}

/** A TOML basic string. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll("\x7f", "\\u007f");
}

/** A server as a URL; the user is left out where it is the address. */
export function serverUrl(server: ServerAddress, address: string, kinds: SchemeTable): string {
  const [scheme, { port }] = Object.entries(kinds).find(([, kind]) => kind.security === server.security) ?? [
    "",
    { port: 0 },
  ];
  const user = server.user === address ? "" : `${encodeURIComponent(server.user)}@`;
  const host = server.host.includes(":") ? `[${server.host}]` : server.host;
  return `${scheme}//${user}${host}${server.port === port ? "" : `:${server.port}`}`;
}

/** The account's tables, as they stand in the file. */
export function draftText(draft: AccountDraft): string {
  const { address, imap, smtp, comments } = draft;
  const settings: readonly (readonly [string, string | boolean | undefined])[] = [
    ["address", address],
    ["imap", serverUrl(imap, address, schemes)],
    ["smtp", smtp && serverUrl(smtp, address, smtpSchemes)],
    ["keyring", draft.keyring],
    ["password-command", draft.passwordCommand],
    ["store-command", draft.storeCommand],
    ["ca-file", draft.caFile],
    ["pin", draft.pin],
  ];
  const lines = (rows: readonly (readonly [string, string | boolean | undefined])[]) =>
    rows.flatMap(([name, value]) => {
      if (value === undefined) return [];
      const setting = `${name} = ${typeof value === "string" ? quoted(value) : value}`;
      const comment = comments[name]?.replace(/[\x00-\x1f\x7f-\x9f]/g, " ");
      return [comment === undefined ? setting : `${setting.padEnd(46)} # ${comment}`];
    });
  // A bare key of TOML has no dots.
  const name = /^[\w-]+$/.test(draft.name) ? draft.name : quoted(draft.name);
  const oauth = draft.oauth2 ? ["", `[accounts.${name}.oauth2]`, ...lines(Object.entries(draft.oauth2))] : [];
  return `${[`[accounts.${name}]`, ...lines(settings), ...oauth].join("\n")}\n`;
}

const heading = `# The accounts of Postern. Every setting is told of by "man postern-config".\n\n`;

/** `text` with the account behind what is there. Throws AccountError CONFIG where that makes no good file. */
export function withAccount(text: string, draft: AccountDraft, path: string): string {
  const before = text === "" ? heading : `${text.replace(/\n*$/, "\n\n")}`;
  const after = before + draftText(draft);
  parseConfig(after, path);
  return after;
}

/** Tables of the account `name`: their lines from the heading to the next one. */
function headings(line: string): string | null {
  return /^\s*\[{1,2}\s*([^\]]+?)\s*\]{1,2}\s*(?:#.*)?$/.exec(line)?.[1] ?? null;
}

/** `text` without the account; nothing else changes. Throws AccountError CONFIG where that cannot be done safely. */
export function withoutAccount(text: string, name: string, path: string): string {
  const isOurs = (table: string) => {
    const [accounts, first = ""] = table
      .split(".")
      .map((part) => part.trim().replace(/^(["'])(.*)\1$/, "$2"));
    const rest = table.replace(/^\s*accounts\s*\.\s*/, "").replace(/^(["'])(.*?)\1/, "$2");
    return accounts === "accounts" && (first === name || rest === name || rest.startsWith(`${name}.`));
  };
  const kept: string[] = [];
  let ours = false;
  for (const line of text.split("\n")) {
    const table = headings(line);
    if (table !== null) ours = isOurs(table);
    if (!ours) kept.push(line);
  }
  const after = kept.join("\n").replace(/\n{3,}$/, "\n");
  const names = (config: Config) => config.accounts.map((account) => account.name);
  const wanted = names(parseConfig(text, path)).filter((other) => other !== name);
  let left: readonly string[] | null = null;
  try {
    left = names(parseConfig(after, path));
  } catch (error) {
    if (!(error instanceof AccountError)) throw error;
  }
  if (left === null || left.join("\n") !== wanted.join("\n")) {
    throw new AccountError(
      "CONFIG",
      `the account "${name}" is written in a way that only you should change`,
      `take it out of ${path} by hand`,
    );
  }
  return after;
}

/** The text of the config file; "" where there is none. Throws AccountError CONFIG. */
export function configText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return "";
    throw new AccountError("CONFIG", `cannot read ${path}: ${code}`, "check the file's permissions");
  }
}

/** Puts `text` in the place of the file at once, or not at all; a link to it stays a link. Throws AccountError CONFIG. */
export function writeConfig(path: string, text: string): void {
  let temporary: string | null = null;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const there = statSync(path, { throwIfNoEntry: false });
    const file = there ? realpathSync(path) : path;
    temporary = `${file}.${randomUUID()}`;
    writeFileSync(temporary, text, { mode: there ? there.mode & 0o777 : 0o600, flag: "wx", flush: true });
    renameSync(temporary, file);
  } catch (error) {
    if (temporary !== null) rmSync(temporary, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    throw new AccountError("CONFIG", `cannot write ${path}: ${code}`, "check the directory's permissions");
  }
}
