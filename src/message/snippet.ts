/** How a message begins, in one line: what its author says first, without what is quoted. */
import type { Body, Line } from "./types.ts";

/** Characters of it; a server's has 200 to 256 (RFC 8970 §3.2). */
const length = 200;

/**
 * Shown as nothing, with which newsletters fill up what a list shows of them. What joins (U+200C, U+200D) has a meaning
 * between letters and pictures.
 */
const invisible =
  /(?![\u200c\u200d])\p{Cf}|(?<![\p{L}\p{M}\p{Extended_Pictographic}])[\u200c\u200d]|[\u200c\u200d](?![\p{L}\p{Extended_Pictographic}])|\u034f|[\u115f\u1160\u3164]/gu;

/** One line of a beginning, also one that a server made. */
export function tidySnippet(text: string): string {
  const line = text.replace(invisible, "").replace(/\s+/g, " ").trim();
  return [...line.slice(0, 2 * length)].slice(0, length).join("").trimEnd();
}

/** Empty where the message has no text of its own. */
export function snippetOf({ lines }: Body): string {
  let out = "";
  for (const [at, line] of lines.entries()) {
    if (line.region !== "text" || line.quote > 0 || introduces(lines, at)) continue;
    const words = line.spans.map(({ text, image }) => (image ? "" : text)).join("");
    // Rules are no words.
    if (/[\p{L}\p{N}]/u.test(words)) out += ` ${words}`;
    if (out.length > 4 * length) break;
  }
  return tidySnippet(out);
}

/** "On Friday, Ada wrote:" */
function introduces(lines: readonly Line[], at: number): boolean {
  if (!lines[at]!.spans.at(-1)?.text.trimEnd().endsWith(":")) return false;
  const next = lines.slice(at + 1).find(({ spans }) => spans.some(({ text }) => text.trim() !== ""));
  return next !== undefined && next.quote > 0;
}
