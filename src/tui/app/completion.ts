/** What can follow on the `:` line: command names, then folders where a command wants one. */
import { commands, findCommand } from "../../commands/index.ts";
import type { Folder } from "../../mail/index.ts";
import { safeText } from "../../message/safe.ts";
import { actions } from "./actions.ts";
import type { Completion } from "./prompt.ts";

/** All command names with their help: those of the shell and those of the screen. */
function names(): Completion[] {
  return [
    ...commands.map(({ name, summary }) => ({ text: name, help: summary })),
    ...Object.entries(actions).map(([text, { summary }]) => ({ text, help: summary })),
  ].sort((a, b) => (a.text < b.text ? -1 : 1));
}

/** Whether `text`'s letters occur in `candidate` in their order: what fuzzy finding means here. */
function fuzzy(candidate: string, text: string): boolean {
  let at = -1;
  for (const c of text.toLowerCase()) {
    at = candidate.toLowerCase().indexOf(c, at + 1);
    if (at < 0) return false;
  }
  return true;
}

/** Those that begin with `text`, then those that contain its letters in order. */
function ranked<T>(items: readonly T[], text: string, key: (item: T) => string): T[] {
  const begins = (item: T) => key(item).toLowerCase().startsWith(text.toLowerCase());
  return [...items.filter(begins), ...items.filter((item) => !begins(item) && fuzzy(key(item), text))];
}

/** Completions of a command line. */
export function completeLine(line: string, folders: readonly Folder[]): readonly Completion[] {
  const space = line.indexOf(" ");
  if (space < 0) return ranked(names(), line, (c) => c.text);
  const name = line.slice(0, space);
  const command = findCommand(name);
  const beforeFolder = /^(.*\s)(\S*)$/.exec(line);
  const previous = beforeFolder?.[1]?.trim().split(/\s+/).at(-1) ?? "";
  const option = command?.options[previous.replace(/^--?/, "")];
  if (name !== "go" && option?.type !== "folder") return [];
  const [, head = "", typed = ""] = beforeFolder ?? [];
  return ranked(
    folders.filter((f) => f.selectable),
    typed,
    (f) => f.name,
  ).map((f) => ({
    text: head + quote(f.name),
    help: f.unread ? `${f.unread} unread` : safeText(f.role ?? ""),
  }));
}

function quote(name: string): string {
  const safe = safeText(name);
  return /[\s"'\\]/.test(safe) ? `"${safe.replace(/["\\]/g, "\\$&")}"` : safe;
}
