/** What can follow on the `:` line: command names, then folders where a command wants one. */
import { writingOf } from "../../account/config.ts";
import { templateNames } from "../../account/writing.ts";
import { type Command, commands, findCommand, type Param } from "../../commands/index.ts";
import { OFFERED_CHARSETS } from "../../message/charset.ts";
import { safeText } from "../../message/safe.ts";
import { actions, findAction } from "./actions.ts";
import type { App } from "./app.ts";
import { completeFlags, flagsInUse } from "./flag-words.ts";
import { held } from "./keymap.ts";
import type { Completion, Refusal } from "./prompt.ts";
import { checkQuery, completeQuery } from "./query-line.ts";
import { ranked } from "./ranking.ts";

/** Where a command is looked for: the keys that are bound, and whose hold. */
type Around = Pick<App, "bindings" | "context">;

/**
 * All command names with their help and the keys that they have there: those of the shell and those of the screen,
 * those first that this place has keys of its own for.
 */
function names({ bindings, context }: Around): Completion[] {
  const keys = new Map<string, string[]>();
  const own = new Set<string>();
  for (const { keys: typed, line, context: where } of held(bindings, context)) {
    // A key that asks for the rest is a key of the command too.
    const asked = line.replace(/^prompt /, "");
    const [first = ""] = asked.split(" ");
    const name = asked === line ? line : first;
    keys.set(name, [...(keys.get(name) ?? []), typed]);
    if (where === context) own.add(first);
  }
  const described = (text: string, summary: string) => ({
    text,
    help: summary,
    keys: keys.get(text)?.slice(0, 2).join(", ") ?? "",
  });
  return [
    // Where both are called the same, the screen's own is done.
    ...commands.filter(({ name }) => !findAction(name)).map(({ name, summary }) => described(name, summary)),
    ...Object.entries(actions).map(([name, { summary }]) => described(name, summary)),
  ].sort((a, b) => Number(own.has(b.text)) - Number(own.has(a.text)) || (a.text < b.text ? -1 : 1));
}

/** The commands that a few letters of their name find, or words of what they do. */
export function completeName(typed: string, around: Around): readonly Completion[] {
  return ranked(
    names(around),
    typed,
    (c) => c.text,
    (c) => `${c.keys} ${c.help}`,
  );
}

/** Completions of a command line. */
export function completeLine(
  line: string,
  around: Around & Pick<App, "folders" | "accounts" | "account" | "reader" | "list" | "addressBook">,
): readonly Completion[] {
  const { folders, accounts, account, reader, list, addressBook } = around;
  const space = line.indexOf(" ");
  const name = space < 0 ? "" : line.slice(0, space);
  // Who does not know what a command is called says in words what it does.
  if (!findAction(name) && !findCommand(name)) return completeName(line, around);
  if (name === "open-link" || name === "copy-link") return completeLink(name, line.slice(space + 1), reader);
  if (findCommand(name)?.name === "flag") return completeFlags(line, flagsInUse(list));
  if (name === "charset")
    return ranked(OFFERED_CHARSETS, line.slice(space + 1), (charset) => charset).map((charset) => ({
      text: `${name} ${charset}`,
      help: "",
    }));
  if (findAction(name)?.query)
    return completeQuery(line.slice(space + 1), folders).map(({ text, help }) => ({
      text: `${name} ${text}`,
      help,
    }));
  const command = findCommand(name);
  const [, head = "", typed = ""] = /^(.*\s)(\S*)$/.exec(line) ?? [];
  const param = command && paramAt(command, head.trim().split(/\s+/).slice(1));
  if (param?.type === "address")
    return addressBook.word(account.mail, typed).map((one) => ({ ...one, text: head + one.text }));
  if (param?.type === "template")
    return ranked(templateNames(writingOf(account.mail.account).templates), typed, (one) => one).map(
      (one) => ({
        text: head + quote(one),
        help: "",
      }),
    );
  const anyAccount = findAction(name)?.folder ?? param?.otherAccounts ?? false;
  if (!anyAccount && param?.type !== "folder") return [];
  const own = folders.filter((f) => f.selectable).map((folder) => ({ folder, name: folder.name }));
  const others = anyAccount ? accounts.filter((other) => other !== account) : [];
  const all = others.flatMap((other) =>
    other.folders
      .filter((f) => f.selectable)
      .map((folder) => ({ folder, name: `${other.name}:${folder.name}` })),
  );
  return ranked([...own, ...all], typed, (f) => f.name).map(({ folder, name: called }) => ({
    text: head + quote(called),
    help: folder.unread ? `${folder.unread} unread` : safeText(folder.role ?? ""),
  }));
}

/** What the next word is of a command that was given these words; undefined where it takes none. */
function paramAt({ args, options }: Command, words: readonly string[]): Param | undefined {
  const positional = Object.values(args);
  let place = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (!word.startsWith("-")) {
      place++;
      continue;
    }
    const [, option] = Object.entries(options).find(
      ([long, { alias }]) => word === `--${long}` || (alias !== undefined && word === `-${alias}`),
    ) ?? ["", undefined];
    if (!option || option.type === "flag" || option.optionalValue) continue;
    if (at === words.length - 1) return option;
    at++;
  }
  const last = positional.at(-1);
  return positional[place] ?? (last?.repeat ? last : undefined);
}

/** Why a command line will not do: of those that take a query, where that cannot be read. */
export function checkLine(line: string): Refusal | null {
  const [, head = "", name = ""] = /^(\s*(\S+)\s+)/.exec(line) ?? [];
  const refusal = findAction(name)?.query ? checkQuery(line.slice(head.length)) : null;
  return refusal && { ...refusal, at: head.length + refusal.at };
}

/** The links of the open message, by number or by letters of their address. */
function completeLink(name: string, typed: string, reader: App["reader"]): Completion[] {
  const links = (reader?.message?.body.links ?? []).map((target, i) => ({ number: i + 1, target }));
  const exact = links.filter(({ number }) => String(number).startsWith(typed));
  const found = exact.length > 0 ? exact : ranked(links, typed, ({ target }) => target);
  return found.map(({ number, target }) => ({ text: `${name} ${number}`, help: safeText(target) }));
}

function quote(name: string): string {
  const safe = safeText(name);
  return /[\s"'\\]/.test(safe) ? `"${safe.replace(/["\\]/g, "\\$&")}"` : safe;
}
