/** Text as format=flowed (RFC 3676): lines that other programs may break anew, and that read well where they do not. */

import { unflow, unquote } from "../../message/text.ts";

/** Columns up to which a line is left as it is; beyond them it is broken at a space. */
const width = 76;
const breakAt = 72;

/** A line as it goes out, from the text of one paragraph on: `last` lines end it. */
function written(depth: number, text: string): string {
  const marks = ">".repeat(depth);
  if (depth > 0) return text === "" ? marks : `${marks} ${text}`;
  // Space-stuffing (§4.4): what another program would take for a quote, a stuffed line or a mailbox separator.
  return /^(?: |>|From )/.test(text) ? ` ${text}` : text;
}

/** What a person has written, as format=flowed; each of its lines is a paragraph. Line ends are LF. */
export function toFlowed(body: string): string {
  return body
    .split("\n")
    .flatMap((line) => {
      const { quote: depth, text } = unquote(line, false);
      // A space at the end would be a soft break (§4.2), but for the one that begins a signature (§4.3).
      if (text === "-- ") return [written(depth, text)];
      const out: string[] = [];
      let rest = text.trimEnd();
      while (rest.length + depth > width) {
        const room = breakAt - depth;
        const space = rest.lastIndexOf(" ", room);
        const at = space > 0 && rest.slice(0, space).trim() !== "" ? space : rest.indexOf(" ", room);
        // Spaces that follow one another stay together: the next line would begin with one.
        const end = at < 0 ? -1 : at + 1;
        if (end < 0 || end >= rest.length) break;
        out.push(written(depth, rest.slice(0, end)));
        rest = rest.slice(end);
      }
      out.push(written(depth, rest));
      return out;
    })
    .join("\n");
}

/** The text that format=flowed stands for, with one `>` for each quote and a space after them. */
export function fromFlowed(text: string, delSp = false): string {
  return unflow(text.replace(/\r\n?/g, "\n").split("\n"), delSp)
    .map(({ quote, text: line }) => (quote === 0 ? line : `${">".repeat(quote)} ${line}`.trimEnd()))
    .join("\n");
}
