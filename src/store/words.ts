/** Text as the full text index has it: folded, and in words also where a script writes none. */
import { fold } from "./fold.ts";

/** Scripts without spaces, syllables that take endings, and signs that stand for a word: each character is one. */
const single =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{So}ー]\p{M}*/gu;
/** The first of these characters; what lies below needs no look. */
const mayBeSingle = /[\u00a9-\u00b0\u0e00-\u{10ffff}]/u;
/** What no reader sees within a word: soft hyphens, joiners, marks of width zero. */
const invisible = /[\u00ad\u200b-\u200d\u2060\ufeff]+/g;

/** Stands between the name of a field and a word of its value; of private use, so that no text has it. */
const glue = "\ue000";
/** The index's own tokenizer: words are made of these characters; all others part them. */
export const tokenizer = `unicode61 remove_diacritics 0 categories 'L* M* N* So' tokenchars '${glue}'`;
/** Octets that were no text, and what we keep for ourselves. */
const noText = /[\0\ufffd\ue000]/g;
const wordCharacters = /[\p{L}\p{M}\p{N}\p{So}]+/gu;

/** Words of one query or value, and characters of a query: no person types more. */
const mostWords = 200;
const longest = 2_000;

/** For the index: words are what `tokenizer` makes of it. */
export function searchable(text: string): string {
  const folded = fold(text.replace(noText, " "));
  if (!mayBeSingle.test(folded)) return folded;
  // Folding took syllables of Hangul apart.
  return folded.replace(invisible, "").normalize("NFC").replace(single, " $& ");
}

function wordsOf(text: string): string[] {
  return (searchable(text).match(wordCharacters) ?? []).slice(0, mostWords);
}

/** Words that stand side by side, in the index's writing. */
export interface Phrase {
  /** All of it: what the index makes words of is for it to say, whose Unicode may be another than ours. */
  readonly text: string;
  /** What of it comes before the last word; null where the index may not part the two. */
  readonly before: string | null;
  readonly last: string;
  /** Words that begin with the last one will do. */
  readonly open: boolean;
}

/** Letters and digits of this kind begin too many words: one or two of them are a word. */
const brief = /^[a-z0-9]{1,2}$/;

/** Nothing, or what is no part of a word in any Unicode. */
const parting = /(?:^|[\x00-\x7f])$/;

const quoted = (text: string) => `"${text.replaceAll('"', " ")}"`;

/** An expression of the index for a phrase. */
export function beginning({ text, open }: Phrase): string {
  return open ? `${quoted(text)} *` : quoted(text);
}

/** The same with every word that the last one may be. */
export function oneOf(before: string, words: readonly string[]): string {
  return words.map((word) => quoted(before + word)).join(" OR ");
}

/** These words side by side, the last one a beginning. Null where `text` has none. */
export function phrase(text: string): Phrase | null {
  const sought = searchable(text.slice(0, longest));
  const last = [...sought.matchAll(wordCharacters)].at(-1);
  if (!last) return null;
  const before = sought.slice(0, last.index);
  return {
    text: sought,
    before: parting.test(before) ? before : null,
    last: last[0],
    open: !brief.test(last[0]),
  };
}

/** All of these words, each a beginning. */
export function scattered(text: string): Phrase[] {
  return searchable(text.slice(0, longest))
    .split(" ")
    .flatMap((word) => phrase(word) ?? [])
    .slice(0, mostWords);
}

const fieldWord = (name: string) => `${name.toLowerCase().replace(/[^a-z0-9]/g, "")}${glue}`;

/** One field for the index, each of its words tied to its name. */
export function fieldWords(name: string, value: string): string {
  const tied = fieldWord(name);
  return [tied, ...wordsOf(value).map((word) => tied + word)].join(" ");
}

/** A field of this name with these words side by side; without words, that it is there. */
export function fieldPhrase(name: string, value: string): Phrase {
  const tied = fieldWord(name);
  const words = wordsOf(value);
  const last = words.pop();
  if (last === undefined) return { text: tied, before: "", last: tied, open: false };
  const before = words.map((word) => `${tied}${word} `).join("");
  return { text: before + tied + last, before, last: tied + last, open: !brief.test(last) };
}
