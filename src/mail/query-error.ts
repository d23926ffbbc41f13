/** A query that cannot be read, drawn with a caret under the place. */
import { safeText } from "../message/safe.ts";
import { textWidth } from "../message/width.ts";
import { MailError } from "./errors.ts";

/** Characters shown on either side of the place: both fit on a line of any terminal. */
const around = 36;

/** Where a query cannot be read; the message has it drawn. */
export class QueryError extends MailError {
  /** Index into the query, in UTF-16 units. */
  readonly at: number;
  /** What is wrong, without the drawing. */
  readonly problem: string;

  constructor(at: number, problem: string, drawing: string, hint: string) {
    super("QUERY", `${problem}\n${drawing}`, hint);
    this.at = at;
    this.problem = problem;
  }
}

/** `at` counts in `source`'s UTF-16 units. What would steer a terminal is shown as a blank. */
export function queryError(source: string, at: number, what: string, hint: string): QueryError {
  const shown = (text: string) => [...text].map((c) => (safeText(c) === c ? c : " ")).join("");
  const left = cut(source.slice(0, at), -around);
  const right = cut(source.slice(at), around);
  const before = `${left.length < at ? "…" : ""}${shown(left)}`;
  const after = `${shown(right)}${right.length < source.length - at ? "…" : ""}`;
  const caret = `${" ".repeat(textWidth(before))}^`;
  return new QueryError(at, what, `  ${before}${after}\n  ${caret}`, hint);
}

/** The first `units` of a text, or the last; no pair is cut in two. */
function cut(text: string, units: number): string {
  const piece = units < 0 ? text.slice(units) : text.slice(0, units);
  return piece.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, "");
}
