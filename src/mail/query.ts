/**
 * The query language: `from:ada subject:"engine room" is:unread newer:7d -label:spam (to:bob or cc:bob)`.
 * One tree, compiled to SEARCH keys for the server (search-key.ts) and to conditions of the index (search-condition.ts).
 */
import type { MailError } from "./errors.ts";
import { QueryError, queryError } from "./query-error.ts";
import { type Attachable, attachable, otherTerms, states, type TextField, textTerms } from "./query-terms.ts";
import { dayMs, parseAge, parseDay, parseSize } from "./query-values.ts";

export type Query =
  | { readonly kind: "all" }
  | { readonly kind: "text"; readonly field: TextField; readonly text: string }
  /** `text` "": the field is there. */
  | { readonly kind: "header"; readonly name: string; readonly text: string }
  | { readonly kind: "flag"; readonly flag: string }
  /**
   * Arrived at that time or later, or before it; milliseconds. By the `day`, `at` is the midnight (UTC) that begins
   * it; by the `second`, it was an age.
   */
  | { readonly kind: "since" | "before"; readonly at: number; readonly by: "day" | "second" }
  | { readonly kind: "larger" | "smaller"; readonly octets: number }
  | { readonly kind: "has"; readonly what: Attachable }
  | { readonly kind: "file"; readonly text: string }
  | { readonly kind: "like" | "raw"; readonly text: string }
  | { readonly kind: "in"; readonly folder: string }
  /** The thread of the message with this UID, or this Message-ID. */
  | { readonly kind: "thread"; readonly of: number | string }
  /** What `thread` turns out to be: threads of the server's, or messages that are tied together here. */
  | { readonly kind: "threadId"; readonly id: string }
  | { readonly kind: "uids"; readonly uids: readonly number[] }
  | { readonly kind: "and" | "or"; readonly of: readonly Query[] }
  | { readonly kind: "not"; readonly of: Query };

/** Brackets and minus signs nest no deeper than this: nobody writes such a query by hand. */
const deepest = 32;
/** Servers and SQLite have their bounds; so many terms are within all of them. */
const mostTerms = 200;

const names = Object.entries({ ...textTerms, ...otherTerms })
  .map(([name, { value }]) => (value.includes("=") ? `${name}:Name=…` : `${name}:`))
  .join(" ");

interface Token {
  readonly kind: "(" | ")" | "-" | "or" | "term";
  /** `from` of `from:x`; empty for a bare word. */
  readonly field: string;
  readonly text: string;
  readonly at: number;
}

function tokens(source: string): Token[] {
  const found: Token[] = [];
  let i = 0;
  const quoted = (): string => {
    const start = i++;
    let text = "";
    while (i < source.length && source[i] !== '"') {
      if (source[i] === "\\" && i + 1 < source.length) i++;
      text += source[i++];
    }
    if (i >= source.length) throw queryError(source, start, "a quote is not closed", 'end it with "');
    i++;
    return text;
  };
  while (i < source.length) {
    const at = i;
    const c = source[i] ?? "";
    if (/\s/.test(c)) {
      i++;
    } else if (c === "(" || c === ")") {
      found.push({ kind: c, field: "", text: c, at });
      i++;
    } else if (c === "-" && /[^\s)]/.test(source[i + 1] ?? " ")) {
      found.push({ kind: "-", field: "", text: c, at });
      i++;
    } else {
      const field = /^([a-z]+):/i.exec(source.slice(i, i + 40))?.[1] ?? "";
      if (field !== "") i += field.length + 1;
      let text = "";
      while (i < source.length && /[^\s()]/.test(source[i] ?? ""))
        text += source[i] === '"' ? quoted() : source[i++];
      // No mail holds one, and neither a server nor the index takes it.
      const zero = source.indexOf("\0", at);
      if (zero >= 0 && zero < i)
        throw queryError(source, zero, "this character is in no mail", "take it out");
      const bare = field === "" && !source.slice(at, i).includes('"');
      found.push({ kind: bare && /^or$/i.test(text) ? "or" : "term", field: field.toLowerCase(), text, at });
    }
    if (found.length > mostTerms)
      throw queryError(source, at, "the query is too long", "search in two steps");
  }
  return found;
}

/** The canonical name of a field by its name or an alias. */
const fields = new Map<string, string>(
  Object.entries({ ...textTerms, ...otherTerms }).flatMap(([name, term]) =>
    [name, ...("aliases" in term ? term.aliases : [])].map((alias) => [alias, name] as const),
  ),
);

function isTextField(field: string): field is TextField {
  return Object.hasOwn(textTerms, field);
}

function isAttachable(word: string): word is Attachable {
  return Object.hasOwn(attachable, word);
}

const or = (...of: Query[]): Query => ({ kind: "or", of });
const not = (of: Query): Query => ({ kind: "not", of });

function term(source: string, { field: written, text, at }: Token, now: number): Query {
  const bad = (what: string, hint: string) => queryError(source, at, what, hint);
  if (text === "") throw bad(`${written}: has nothing after it`, `write what to look for: ${written}:word`);
  if (written === "") {
    return or({ kind: "text", field: "subject", text }, { kind: "text", field: "from", text });
  }
  const field = fields.get(written) ?? written;
  if (isTextField(field)) return { kind: "text", field, text };
  return otherTerm(field, text, now, bad);
}

/** One of `otherTerms`. */
function otherTerm(
  field: string,
  text: string,
  now: number,
  bad: (what: string, hint: string) => MailError,
): Query {
  const value = <T>(found: T | null, what: string, hint: string): T => {
    if (found === null) throw bad(`"${text}" is not ${what}`, hint);
    return found;
  };
  const day = () => value(parseDay(text, now), "a day", "write days as 2026-03-14, today or yesterday");
  const age = () =>
    Math.max(0, now - value(parseAge(text), "an age", "write ages as 2h, 2d, 3w, 6m (months) or 1y"));
  const octets = () => value(parseSize(text), "a size", "write sizes as 200k or 1M");
  const word = text.toLowerCase();
  switch (field) {
    case "is": {
      const state = Object.hasOwn(states, word) ? states[word] : undefined;
      if (!state) throw bad(`there is no is:${text}`, `use one of is:${Object.keys(states).join(" is:")}`);
      const flag: Query = { kind: "flag", flag: state.flag };
      return state.not ? not(flag) : flag;
    }
    case "has": {
      // In the plural too.
      const what = [word, word.replace(/s$/, "")].find(isAttachable);
      if (!what)
        throw bad(`there is no has:${text}`, `use one of has:${Object.keys(attachable).join(" has:")}`);
      return { kind: "has", what };
    }
    case "label":
      return { kind: "flag", flag: text };
    case "mid":
      return { kind: "header", name: "Message-ID", text };
    case "header": {
      const [name = "", ...rest] = text.split("=");
      if (!/^[!-9;-~]+$/.test(name)) throw bad(`"${name}" is not a header`, "write header:List-Id=postern");
      return { kind: "header", name, text: rest.join("=") };
    }
    case "file":
    case "like":
    case "raw":
      return { kind: field, text };
    case "in":
      return { kind: "in", folder: text };
    case "thread":
      if (/^[1-9]\d{0,14}$/.test(text)) return { kind: "thread", of: Number(text) };
      if (!text.includes("@"))
        throw bad(`"${text}" is no message`, "write thread:UID or thread:<id@example.org>");
      return { kind: "thread", of: `<${text.replace(/^<|>$/g, "")}>` };
    case "after":
      return { kind: "since", at: day(), by: "day" };
    case "before":
      return { kind: "before", at: day(), by: "day" };
    case "on":
      return {
        kind: "and",
        of: [
          { kind: "since", at: day(), by: "day" },
          { kind: "before", at: day() + dayMs, by: "day" },
        ],
      };
    case "newer":
      return { kind: "since", at: age(), by: "second" };
    case "older":
      return { kind: "before", at: age(), by: "second" };
    case "larger":
    case "smaller":
      return { kind: field, octets: octets() };
    default:
      throw bad(`there is no ${field}:`, `use ${names}; to look for a text with a colon, put it into quotes`);
  }
}

/** The same query with each of its terms replaced. */
export function mapTerms(query: Query, replace: (term: Query) => Query): Query {
  if (query.kind === "not") return not(mapTerms(query.of, replace));
  if (query.kind !== "and" && query.kind !== "or") return replace(query);
  return { kind: query.kind, of: query.of.map((q) => mapTerms(q, replace)) };
}

/** Whether a term of this kind is in a query. */
export function mentions(query: Query, kind: Query["kind"]): boolean {
  let found = false;
  mapTerms(query, (term) => {
    found ||= term.kind === kind;
    return term;
  });
  return found;
}

/** The folder that a query says it is for: an `in:` that all of its messages must meet. */
export function folderOf(query: Query): string | null {
  if (query.kind === "in") return query.folder;
  if (query.kind !== "and") return null;
  return query.of.reduce<string | null>((found, part) => found ?? folderOf(part), null);
}

/** Reads a query. Throws MailError "QUERY" with a drawing of the place. `now` is for newer:, older: and today. */
export function parseQuery(source: string, now: number): Query {
  const list = tokens(source);
  let next = 0;
  let depth = 0;
  const either = (): Query => {
    const of = [both()];
    while (list[next]?.kind === "or") {
      next++;
      of.push(both());
    }
    return of.length === 1 ? of[0]! : { kind: "or", of };
  };
  const both = (): Query => {
    const of: Query[] = [];
    for (let token = list[next]; token && token.kind !== ")" && token.kind !== "or"; token = list[next])
      of.push(single());
    if (of.length === 0) {
      const at = list[next]?.at ?? source.length;
      throw queryError(source, at, "something to look for is missing here", "see man postern-query");
    }
    return of.length === 1 ? of[0]! : { kind: "and", of };
  };
  const single = (): Query => {
    const token = list[next++]!;
    if (++depth > deepest)
      throw queryError(source, token.at, "the query is nested too deep", "write it flatter");
    let result: Query;
    if (token.kind === "-") {
      const negated = list[next];
      if (!negated || negated.kind === ")" || negated.kind === "or")
        throw queryError(source, token.at, "nothing follows the minus", "write -word or -(…)");
      result = not(single());
    } else if (token.kind === "(") {
      result = either();
      if (list[next]?.kind !== ")")
        throw queryError(source, token.at, "a bracket is not closed", "end it with )");
      next++;
    } else {
      result = term(source, token, now);
    }
    depth--;
    return result;
  };
  if (list.length === 0) return { kind: "all" };
  const query = either();
  const extra = list[next];
  if (extra) throw queryError(source, extra.at, `"${extra.text}" does not belong here`, "take it out");
  return query;
}

/** What is wrong with a query, and where; null where it can be read. */
export function queryProblem(source: string): QueryError | null {
  try {
    parseQuery(source, Date.now());
    return null;
  } catch (error) {
    if (error instanceof QueryError) return error;
    throw error;
  }
}
