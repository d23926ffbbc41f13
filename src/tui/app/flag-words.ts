/** Flags and labels as they are typed: those there are, and those that the folder has in use. */
import { systemFlags } from "../../commands/flags.ts";
import { labelsOf } from "../../mail/labels.ts";
import { safeText } from "../../message/safe.ts";
import type { ListView } from "./list-view.ts";
import type { Completion } from "./prompt.ts";
import { ranked } from "./ranking.ts";

/** Keywords that many programs know (RFC 5788, RFC 8457), offered also where no message has them yet. */
const known = ["$Important", "$Followed", "$Muted"];

/** The flags of the messages that came last, and those everybody knows. */
export function flagsInUse(list: ListView): readonly string[] {
  return [...new Set([...list.newest().flatMap(({ flags }) => flags), ...known])];
}

/** What can follow on a line of `flag`: after `+`, `-` or `toggle` a flag. */
export function completeFlags(line: string, inUse: readonly string[]): readonly Completion[] {
  const [, head = "", typed = ""] = /^(.*(?:\s[+-]|\stoggle\s+))(\S*)$/s.exec(line) ?? [];
  if (head === "") return [];
  const taken = new Set<string>();
  const labels = labelsOf(inUse).filter(({ flag, name }) => {
    const other = !taken.has(name.toLowerCase());
    taken.add(name.toLowerCase());
    return other && safeText(flag) === flag;
  });
  const words = [
    ...labels.map(({ flag, name }) => ({ word: flag, name, help: flag === name ? "" : safeText(name) })),
    ...Object.entries(systemFlags).map(([word, flag]) => ({ word, name: word, help: flag })),
  ];
  return ranked(
    words,
    typed,
    ({ name }) => name,
    ({ word }) => word,
  ).map(({ word, help }) => ({ text: head + word, help }));
}
