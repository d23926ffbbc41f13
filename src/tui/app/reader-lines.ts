/** The lines of an open message: its text, its header or its source, laid out for a width. */
import type { DisplayLine } from "../../message/layout.ts";
import { hiddenLinks } from "../../message/links.ts";
import { safeText } from "../../message/safe.ts";
import type { Body, ReadableMessage } from "../../message/types.ts";
import { cutToWidth, textWidth } from "../../message/width.ts";

/** Quotes of up to this many lines are read along with what answers them, and stay. */
const shortQuote = 3;

export function noteLine(text: string, style: "muted" | "warning" = "muted"): DisplayLine {
  return {
    spans: [{ text, style, link: 0 }],
    quote: 0,
    region: "note",
    width: textWidth(text),
  };
}

/** A link's number and target; the host, which is what counts, stands out. */
function linkLine(number: number, target: string): DisplayLine {
  const safe = safeText(target);
  const [, scheme = "", host = "", rest = safe] = /^(mailto:|[a-z]+:\/\/)([^/?#]*)(.*)$/is.exec(safe) ?? [];
  const spans = [
    { text: `[${number}] ${scheme}`, style: "muted", link: number },
    { text: host, style: "plain", link: number },
    { text: rest, style: "muted", link: number },
  ] as const;
  return { ...noteLine(""), spans: spans.filter(({ text }) => text !== "") };
}

/** The message as text, what is wrong with it first, the links that its text does not spell out last; `body` is that which was wrapped. */
export function textLines(
  { problems }: ReadableMessage,
  body: Body,
  wrapped: readonly DisplayLine[],
  folded: boolean,
): DisplayLine[] {
  const links = hiddenLinks(body).map(({ number, target }) => linkLine(number, target));
  const warnings = body.warnings.map(({ link, named, actual }) =>
    noteLine(`! link ${link} says ${safeText(named)} and leads to ${safeText(actual)}`, "warning"),
  );
  const told = [...problems.map((problem) => noteLine(`! ${safeText(problem)}`)), ...warnings];
  return [
    ...told,
    ...(told.length > 0 && wrapped.length > 0 ? [noteLine("")] : []),
    ...(folded ? fold(wrapped) : wrapped),
    ...(links.length > 0 ? [noteLine(""), ...links] : []),
  ];
}

const isQuoted = (line: DisplayLine) => line.quote > 0 || line.region === "history";

/** Each run of quoted lines as one line that says how many there are. */
function fold(lines: readonly DisplayLine[]): DisplayLine[] {
  const out: DisplayLine[] = [];
  for (let at = 0; at < lines.length; ) {
    let end = at;
    while (end < lines.length && isQuoted(lines[end]!)) end++;
    if (end - at > shortQuote) out.push(noteLine(`[${end - at} quoted lines: zq shows them]`));
    else out.push(...lines.slice(at, Math.max(end, at + 1)));
    at = Math.max(end, at + 1);
  }
  return out;
}

/** Any text line by line, safe, long lines broken where the width ends. */
export function plainLines(text: string, width: number): DisplayLine[] {
  const lines: DisplayLine[] = [];
  for (const raw of text.split(/\r\n|\r|\n/)) {
    let rest = safeText(raw);
    do {
      const head = cutToWidth(rest, Math.max(1, width), "") || rest.slice(0, 1);
      lines.push({
        ...noteLine(""),
        spans: [{ text: head, style: "plain", link: 0 }],
        width: textWidth(head),
      });
      rest = rest.slice(head.length);
    } while (rest !== "");
  }
  return lines;
}

/** What a line says. */
export function textOf(line: DisplayLine): string {
  return line.spans.map(({ text }) => text).join("");
}
