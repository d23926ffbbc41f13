/** An earlier message as text of the new one. All of it is outside text, and is made safe for editors and terminals. */
import { longDate } from "../../mail/format.ts";
import { safeText } from "../../message/safe.ts";
import type { Line, ReadableMessage } from "../../message/types.ts";
import { formatAddresses } from "../compose/addresses.ts";
import { oneLine } from "../compose/draft.ts";

/** Columns of a quote's text. */
const width = 72;

/** Breaks a paragraph at spaces. */
function broken(text: string, columns: number): string[] {
  const out: string[] = [];
  let rest = text;
  while (rest.length > columns) {
    const space = rest.lastIndexOf(" ", columns);
    const at = space > 0 ? space : rest.indexOf(" ", columns);
    if (at < 0) break;
    out.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at + 1);
  }
  return [...out, rest];
}

const textOf = ({ spans }: Line) => safeText(spans.map(({ text }) => text).join("")).trimEnd();

/** Without empty lines at both ends. */
function trimmed(lines: readonly string[], isEmpty: (line: string) => boolean): string[] {
  const first = lines.findIndex((line) => !isEmpty(line));
  const last = lines.findLastIndex((line) => !isEmpty(line));
  return first < 0 ? [] : lines.slice(first, last + 1);
}

/** What its author wrote, each line with one `>` more; without signatures, and without what lists put below. */
export function quoteOf({ body }: Pick<ReadableMessage, "body">): string {
  const lines = body.lines
    .filter(({ region }) => region === "text" || region === "history")
    .flatMap((line) => {
      const marks = ">".repeat(line.quote + 1);
      const pieces = line.pre ? [textOf(line)] : broken(textOf(line), width - marks.length);
      return pieces.map((piece) => (piece === "" ? marks : `${marks} ${piece}`));
    });
  return trimmed(lines, (line) => /^>+$/.test(line)).join("\n");
}

/** All of it, as it reads. */
export function plainTextOf({ body }: Pick<ReadableMessage, "body">): string {
  const lines = body.lines
    .filter(({ region }) => region !== "note")
    .map((line) => (line.quote > 0 ? `${">".repeat(line.quote)} ${textOf(line)}`.trimEnd() : textOf(line)));
  return trimmed(lines, (line) => line === "").join("\n");
}

/** The header of a message that is passed on within the text. */
export function forwardedHeader({ headers }: Pick<ReadableMessage, "headers">): string {
  const line = (name: string, value: string) =>
    value === "" ? [] : [`${name}: ${oneLine(safeText(value))}`];
  return [
    "---------- Forwarded message ----------",
    ...line("From", formatAddresses(headers.from)),
    ...line("Date", headers.date === null ? "" : longDate(headers.date)),
    ...line("Subject", headers.subject),
    ...line("To", formatAddresses(headers.to)),
    ...line("Cc", formatAddresses(headers.cc)),
  ].join("\n");
}
