/** Words in braces, as a person has them in a template or in the line above a quote: `{date}`, `{name}`, `{address}`, `{subject}`. */
import { longDate } from "../../mail/format.ts";
import { safeText } from "../../message/safe.ts";
import type { ReadableMessage } from "../../message/types.ts";
import { oneLine } from "./draft.ts";

/** What words in braces stand for, one line each. */
export type Words = Readonly<Record<string, string>>;

/**
 * Puts in what words in braces stand for; others stay as they are. What is put in is looked at no further: a stranger's
 * subject is no placeholder.
 */
export function filledIn(text: string, words: Words, body?: string): string {
  return text.replace(/\{(\w+)\}/g, (all, name: string) => {
    if (name === "body" && body !== undefined) return body;
    return Object.hasOwn(words, name) ? oneLine(safeText(words[name] ?? "")) : all;
  });
}

/** A message that is answered or passed on, as far as words tell of it. */
export interface Mentioned {
  readonly headers: Pick<ReadableMessage["headers"], "from" | "date" | "subject">;
}

/** The words of a message that is answered or passed on. */
export function wordsOf({ headers }: Mentioned): Words {
  const [author = { name: "", email: "" }] = headers.from;
  return {
    date: headers.date === null ? "an unknown day" : longDate(headers.date),
    name: author.name || author.email || "someone",
    address: author.email,
    subject: headers.subject,
  };
}
