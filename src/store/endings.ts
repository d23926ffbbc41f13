/**
 * Which words of the index a beginning may be. Asked for a beginning, FTS5 joins the lists of all words that have it,
 * whatever part of them is wanted; asked for a few whole words, it goes straight to the part.
 */
import { type Database, text, textOrNull } from "./database.ts";
import { beginning, oneOf, type Phrase } from "./words.ts";

/** Where words are looked for. */
export type WordsIn = "body" | "files" | "anywhere" | "field";

const columns: Readonly<Record<WordsIn, string>> = {
  body: "body",
  files: "files",
  anywhere: "body files header",
  field: "fields",
};

/** Words asked for by name; each costs tens of microseconds in every step of a search. */
const mostWords = 40;

/** How the messages with certain words are found: by an expression, or they are these, ascending. */
export type Found = { readonly expression: string } | { readonly rowIds: readonly number[] };

export class Endings {
  readonly #database: Database;
  readonly #known = new Map<string, Found>();

  constructor(database: Database) {
    this.#database = database;
  }

  find(words: Phrase, where: WordsIn): Found {
    const name = `${where} ${words.text}`;
    const known = this.#known.get(name);
    if (known) return known;
    const found = this.#look(words, columns[where]);
    this.#known.set(name, found);
    return found;
  }

  #look(words: Phrase, column: string): Found {
    const within = (expression: string) => `{${column}} : (${expression})`;
    const asBeginning = within(beginning(words));
    if (!words.open) return { expression: asBeginning };
    const endings = words.before === null ? null : this.#words(words.last);
    // None: either nothing is found, which costs nothing, or the index parts words otherwise than we do.
    if (endings?.length === 0) return { expression: asBeginning };
    if (endings && words.before !== null) return { expression: within(oneOf(words.before, endings)) };
    const row = this.#database.get(
      "SELECT group_concat(rowid) AS ids FROM (SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid)",
      asBeginning,
    );
    const ids = row && textOrNull(row, "ids");
    return { rowIds: ids ? ids.split(",").map(Number) : [] };
  }

  /** All words that begin so; null where they are too many to be named. */
  #words(start: string): string[] | null {
    const found: string[] = [];
    for (let from = start; found.length <= mostWords; ) {
      const row = this.#database.get("SELECT term FROM word WHERE term >= ? LIMIT 1", from);
      const word = row && text(row, "term");
      if (!word?.startsWith(start)) return found;
      found.push(word);
      // The next word in the order of the index: no word holds this character.
      from = `${word}\u0001`;
    }
    return null;
  }
}
