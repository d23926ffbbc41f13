/** Queries as they are typed: what can follow, and where one cannot be read. */
import {
  attachable,
  type Folder,
  otherTerms,
  type QueryTerm,
  queryProblem,
  states,
  textTerms,
} from "../../mail/index.ts";
import { safeText } from "../../message/safe.ts";
import type { Completion, Refusal } from "./prompt.ts";

const terms: readonly (readonly [name: string, term: QueryTerm])[] = Object.entries({
  ...textTerms,
  ...otherTerms,
});

/** What can follow a query that is being typed, by the beginning of its last word. */
export function completeQuery(query: string, folders: readonly Folder[]): readonly Completion[] {
  const [, word] = /(?:^|[\s(])-?([^\s()"]*)$/.exec(query) ?? [];
  // Within quotes, or after a blank, anything may come.
  if (word === undefined || (word === "" && query !== "")) return [];
  const head = query.slice(0, query.length - word.length);
  const [name, value] = word.toLowerCase().split(/:(.*)/s);
  if (value !== undefined)
    return values(name ?? "", folders)
      .filter(({ text }) => text.toLowerCase().startsWith(value) && text.toLowerCase() !== value)
      .map(({ text, help }) => ({ text: `${head}${name}:${text}`, help }));
  return terms
    .filter(([term, { aliases = [] }]) => [term, ...aliases].some((known) => known.startsWith(name ?? "")))
    .map(([term, { value: wanted, help }]) => ({ text: `${head}${term}:`, help: `${wanted}  ${help}` }));
}

/** Words that can follow a term. */
function values(name: string, folders: readonly Folder[]): readonly Completion[] {
  if (name === "is")
    return Object.entries(states).map(([text, { flag, not }]) => ({
      text,
      help: not ? `not ${flag}` : flag,
    }));
  if (name === "has") return Object.entries(attachable).map(([text, { help }]) => ({ text, help }));
  if (!["in", "folder"].includes(name)) return [];
  return folders
    .filter(({ selectable }) => selectable)
    .map((folder) => ({ text: quoted(folder.name), help: safeText(folder.role ?? "") }));
}

function quoted(name: string): string {
  const safe = safeText(name);
  return /[\s"()\\]/.test(safe) ? `"${safe.replace(/["\\]/g, "\\$&")}"` : safe;
}

/** Where a query cannot be read, and why. */
export function checkQuery(query: string): Refusal | null {
  const found = queryProblem(query);
  return found && { at: found.at, problem: `${found.problem}: ${found.hint}` };
}
