/**
 * The query language: `from:ada subject:"engine room" is:unread newer:7d -label:spam (to:bob or cc:bob)`.
 * One tree, compiled to SEARCH keys for the server, or asked of the rows of the index.
 */
import { MailError } from "./errors.ts";
import { otherTerms, states, type TextField, textTerms } from "./query-terms.ts";
import type { Message } from "./values.ts";

export type Query =
  | { readonly kind: "all" }
  | { readonly kind: "text"; readonly field: TextField; readonly text: string }
  | { readonly kind: "header"; readonly name: string; readonly text: string }
  | { readonly kind: "flag"; readonly flag: string }
  /** On or after, or before, midnight (UTC) of the day that `day` is in; milliseconds. */
  | { readonly kind: "since" | "before"; readonly day: number }
  | { readonly kind: "larger" | "smaller"; readonly octets: number }
  | { readonly kind: "and" | "or"; readonly of: readonly Query[] }
  | { readonly kind: "not"; readonly of: Query };

const dayMs = 86_400_000;
/** Brackets and minus signs nest no deeper than this: nobody writes such a query by hand. */
const deepest = 32;

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

/** A query that cannot be read, drawn with a caret under the place. */
function wrong(source: string, at: number, what: string, hint: string): MailError {
  return new MailError("QUERY", `${what}\n  ${source}\n  ${" ".repeat(at)}^`, hint);
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
    if (i >= source.length) throw wrong(source, start, "a quote is not closed", 'end it with "');
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
      const field = /^([a-z]+):/i.exec(source.slice(i))?.[1] ?? "";
      if (field !== "") i += field.length + 1;
      let text = "";
      while (i < source.length && /[^\s()]/.test(source[i] ?? ""))
        text += source[i] === '"' ? quoted() : source[i++];
      const bare = field === "" && !source.slice(at, i).includes('"');
      found.push({ kind: bare && /^or$/i.test(text) ? "or" : "term", field: field.toLowerCase(), text, at });
    }
  }
  return found;
}

/** `1M`, `200k`, `4096`: octets, in the decimal units that mail programs show. */
function parseSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)b?$/i.exec(text);
  if (!match) return null;
  const unit = { "": 1, k: 1e3, m: 1e6, g: 1e9 }[(match[2] ?? "").toLowerCase()] ?? 1;
  return Math.round(Number(match[1]) * unit);
}

/** `2026-03-14`, `today`, `yesterday`. */
function parseDay(text: string, now: number): number | null {
  if (/^today$/i.test(text)) return now;
  if (/^yesterday$/i.test(text)) return now - dayMs;
  if (!/^\d{4}-\d\d?-\d\d?$/.test(text)) return null;
  const [year = 0, month = 0, day = 0] = text.split("-").map(Number);
  const ms = Date.UTC(year, month - 1, day);
  return new Date(ms).getUTCMonth() === month - 1 ? ms : null;
}

/** `2d`, `3w`, `6m`, `1y`: milliseconds. */
function parseAge(text: string): number | null {
  const match = /^(\d{1,4})([dwmy])$/i.exec(text);
  if (!match) return null;
  const days = { d: 1, w: 7, m: 30, y: 365 }[(match[2] ?? "").toLowerCase()] ?? 1;
  return Number(match[1]) * days * dayMs;
}

function isTextField(field: string): field is TextField {
  return Object.hasOwn(textTerms, field);
}

function term(source: string, { field, text, at }: Token, now: number): Query {
  const bad = (what: string, hint: string) => wrong(source, at, what, hint);
  if (text === "") throw bad(`${field}: has nothing after it`, `write what to look for: ${field}:word`);
  if (field === "") {
    return {
      kind: "or",
      of: [
        { kind: "text", field: "subject", text },
        { kind: "text", field: "from", text },
      ],
    };
  }
  if (isTextField(field)) return { kind: "text", field, text };
  const day = () => {
    const found = parseDay(text, now);
    if (found === null) throw bad(`"${text}" is not a day`, "write days as 2026-03-14, today or yesterday");
    return found;
  };
  const age = () => {
    const found = parseAge(text);
    if (found === null) throw bad(`"${text}" is not an age`, "write ages as 2d, 3w, 6m or 1y");
    return now - found;
  };
  const octets = () => {
    const found = parseSize(text);
    if (found === null) throw bad(`"${text}" is not a size`, "write sizes as 200k or 1M");
    return found;
  };
  switch (field) {
    case "is": {
      const word = text.toLowerCase();
      const state = Object.hasOwn(states, word) ? states[word] : undefined;
      if (!state) throw bad(`there is no is:${text}`, `use one of is:${Object.keys(states).join(" is:")}`);
      const flag: Query = { kind: "flag", flag: state.flag };
      return state.not ? { kind: "not", of: flag } : flag;
    }
    case "label":
    case "keyword":
      return { kind: "flag", flag: text };
    case "mid":
      return { kind: "header", name: "Message-ID", text };
    case "header": {
      const [name = "", ...value] = text.split("=");
      if (!/^[!-9;-~]+$/.test(name)) throw bad(`"${name}" is not a header`, "write header:List-Id=postern");
      return { kind: "header", name, text: value.join("=") };
    }
    case "after":
    case "since":
      return { kind: "since", day: day() };
    case "before":
      return { kind: "before", day: day() };
    case "on":
      return {
        kind: "and",
        of: [
          { kind: "since", day: day() },
          { kind: "before", day: day() + dayMs },
        ],
      };
    case "newer":
      return { kind: "since", day: age() };
    case "older":
      return { kind: "before", day: age() };
    case "larger":
      return { kind: "larger", octets: octets() };
    case "smaller":
      return { kind: "smaller", octets: octets() };
    default:
      throw bad(`there is no ${field}:`, `use ${names}`);
  }
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
      throw wrong(source, at, "something to look for is missing here", "see man postern-query");
    }
    return of.length === 1 ? of[0]! : { kind: "and", of };
  };
  const single = (): Query => {
    const token = list[next++]!;
    if (++depth > deepest) throw wrong(source, token.at, "the query is nested too deep", "write it flatter");
    let result: Query;
    if (token.kind === "-") {
      if (!list[next]) throw wrong(source, token.at, "nothing follows the minus", "write -word or -(…)");
      result = { kind: "not", of: single() };
    } else if (token.kind === "(") {
      result = either();
      if (list[next]?.kind !== ")") throw wrong(source, token.at, "a bracket is not closed", "end it with )");
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
  if (extra) throw wrong(source, extra.at, `"${extra.text}" does not belong here`, "take it out");
  return query;
}

/** Whether a row of the index matches: the query without the server. Bodies and unknown headers are not in it: no match. */
export function matches(query: Query, message: Message): boolean {
  switch (query.kind) {
    case "all":
      return true;
    case "and":
      return query.of.every((q) => matches(q, message));
    case "or":
      return query.of.some((q) => matches(q, message));
    case "not":
      return !matches(query.of, message);
    case "flag":
      return message.flags.some((flag) => flag.toLowerCase() === query.flag.toLowerCase());
    case "since":
      return startOfDay(message.internalDate) >= startOfDay(query.day);
    case "before":
      return startOfDay(message.internalDate) < startOfDay(query.day);
    case "larger":
      return message.size > query.octets;
    case "smaller":
      return message.size < query.octets;
    case "header":
      return query.name.toLowerCase() === "message-id" && has(message.messageId ?? "", query.text);
    case "text":
      return fieldTexts(query.field, message).some((text) => has(text, query.text));
  }
}

function startOfDay(ms: number): number {
  return Math.floor(ms / dayMs) * dayMs;
}

function has(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}

function fieldTexts(field: TextField, message: Message): string[] {
  const people = (list: Message["from"]) => list.map(({ name, email }) => `${name} <${email}>`);
  switch (field) {
    case "from":
      return people(message.from);
    case "to":
      return people(message.to);
    case "cc":
      return people(message.cc);
    case "subject":
      return [message.subject];
    case "text":
      return [message.subject, ...people(message.from), ...people(message.to), ...people(message.cc)];
    case "bcc":
    case "body":
      return [];
  }
}
