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

/** What the index makes words of is for it to say: its Unicode may be another than ours. */
function quoted(text: string): string {
  return `"${text.replaceAll('"', " ")}" *`;
}

/** An expression of the index: these words side by side, the last one a beginning. Null where `text` has none. */
export function phrase(text: string): string | null {
  const sought = searchable(text.slice(0, longest));
  return sought.search(wordCharacters) < 0 ? null : quoted(sought);
}

/** An expression: all of these words, anywhere, each a beginning. Null where `text` has none. */
export function scattered(text: string): string | null {
  const words = searchable(text.slice(0, longest)).split(" ");
  const sought = words.filter((word) => word.search(wordCharacters) >= 0).slice(0, mostWords);
  return sought.length === 0 ? null : sought.map(quoted).join(" AND ");
}

const fieldWord = (name: string) => `${name.toLowerCase().replace(/[^a-z0-9]/g, "")}${glue}`;

/** One field for the index, each of its words tied to its name. */
export function fieldWords(name: string, value: string): string {
  const tied = fieldWord(name);
  return [tied, ...wordsOf(value).map((word) => tied + word)].join(" ");
}

/** An expression: a field of this name with these words side by side; without words, that it is there. */
export function fieldPhrase(name: string, value: string): string {
  const tied = fieldWord(name);
  const words = wordsOf(value).map((word) => tied + word);
  return words.length === 0 ? `"${tied}"` : `"${words.join(" ")}" *`;
}
