/** postern-query(7): the query language. */
import { attachable, otherTerms, type QueryTerm, states, textTerms } from "../../src/mail/query-terms.ts";
import { item, type Page, paragraph, section, sentence, subsection, verbatim } from "../roff.ts";

/** Queries with what they find; shown in the page, and read by the program in its test. */
export const exampleQueries: readonly (readonly [query: string, finds: string])[] = [
  ["from:ada is:unread newer:7d", "unread mail from Ada of the last seven days"],
  ['subject:"engine room"', "the two words side by side in the subject"],
  ["lighthouse -label:$Junk", "Lighthouse in the subject or the sender, without the keyword $Junk"],
  ["(to:bob or cc:bob) larger:1M", "what went to Bob and is larger than a megabyte"],
  ["-(is:read or is:flagged)", "neither read nor flagged"],
  ["after:2026-03-01 before:2026-04-01", "March 2026"],
  ["header:List-Id=postern", "mail of a list, by its header"],
  ["is:answered older:1y", "answered, and arrived more than a year ago"],
  ["has:pdf newer:2h", "with a PDF file attached, of the last two hours"],
  ["in:Archive body:灯台", "in another folder, with these signs in the body"],
];

function terms(table: Readonly<Record<string, QueryTerm>>): string[] {
  return Object.entries(table).map(([name, { aliases = [], value, help }]) => {
    const names = [name, ...aliases].map((n) => `\`${n}:\`${marked(value)}`).join(", ");
    return item(names, sentence(help));
  });
}

/** `NAME=TEXT` with both of its words marked. */
function marked(value: string): string {
  return value
    .split("=")
    .map((word) => `«${word}»`)
    .join("`=`");
}

function stateItems(): string[] {
  const words = new Map<string, string[]>();
  for (const [word, { flag, not = false }] of Object.entries(states)) {
    const meaning = `The flag ${flag} is ${not ? "not set" : "set"}.`;
    words.set(meaning, [...(words.get(meaning) ?? []), `\`is:${word}\``]);
  }
  return [...words].map(([meaning, names]) => item(names.join(", "), meaning));
}

export const queryPage: Page = {
  name: "postern-query",
  section: 7,
  summary: "the query language of postern",
  parts: [
    section(
      "Description",
      paragraph(
        "A query says which messages of a folder are meant. `postern list` and `postern search` take one; on the screen, `/` goes to what a query finds, and `l` limits the list to it.",
      ),
      paragraph(
        "A query is terms with blanks between them, and finds the messages that all of them hold for. It is asked of the local copy and, on line, of the server (SEARCH, RFC 9051, section 6.4.4): what the local copy finds shows at once, and the answer is what the server finds together with what only the local copy can tell.",
      ),
      paragraph(
        "A word without a colon finds messages that have it in the subject or in the From field. Upper and lower case are alike in names and in texts.",
      ),
    ),
    section(
      "Terms",
      subsection("Texts", ...terms(textTerms)),
      subsection("The rest", ...terms(otherTerms)),
      subsection("States", ...stateItems()),
      subsection(
        "What is attached",
        ...Object.entries(attachable).map(([word, { help }]) => item(`\`has:${word}\``, help)),
        paragraph(
          "No server knows these but Gmail, which knows `has:attachment` and `file:`. Where the local copy does not know either, the structures of the messages that the rest of the query finds are fetched, of 2,000 at most, the newest first; how many were left out is said.",
        ),
      ),
      subsection(
        "Values",
        item(
          "«TEXT»",
          'A word; or, with blanks or brackets in it, in double quotes. Within quotes a backslash takes the next character as it is. A quoted word without a field is looked for like any other; `"or"` is the word.',
        ),
        item(
          "«DAY»",
          "A date as `2026-03-14`, or `today`, or `yesterday`. What counts is the day a message arrived (INTERNALDATE), not the Date in its header.",
        ),
        item(
          "«AGE»",
          "A number with `min`, `h`, `d`, `w`, `m` or `y`: minutes, hours, days, weeks, months of 30 days, years of 365. An age counts back from now, to the second.",
        ),
        item(
          "«SIZE»",
          "Octets; with `k`, `M` or `G`, thousands, millions or thousand millions of them. `1.5M` will do.",
        ),
        item(
          "«FOLDER»",
          "The name of a folder, or a role as `@sent`. An `in:` that holds for the whole query says where to look; within `or` and `-` it holds for all of the folder that is searched, or for nothing.",
        ),
      ),
    ),
    section(
      "Combining",
      item("«a» «b»", "Both hold."),
      item("«a» `or` «b»", "One of them holds, or both. A blank binds closer: `a b or c` is `(a b) or c`."),
      item("`-`«a»", "It does not hold. `-(`«a» «b»`)` turns what is in the brackets."),
      item("`(`«a»`)`", "Brackets group. They and minus signs nest 32 deep."),
    ),
    section("Examples", ...exampleQueries.map(([query, finds]) => item(`\`${query}\``, sentence(finds)))),
    section(
      "In a shell",
      paragraph(
        "A shell takes quotes, brackets and `$` for itself: put the whole query into single quotes. A query that would begin with a minus and a bare word needs brackets, or it is taken for an option.",
      ),
      verbatim(
        "postern search 'subject:\"engine room\" -(is:read or label:$Junk)'\npostern search '(-lighthouse)'",
      ),
    ),
    section(
      "Off line",
      paragraph(
        "With `--offline`, and on the screen while the connection is down, the local copy answers. Of every message in its list it knows From, To, Cc, subject, Message-ID, flags, times and sizes; of those that are cached, or were, also the text of the body in any charset, HTML without its tags, the header, and the names of files. What it does not know of a message it claims neither way: `body:x` and `-body:x` both leave out a message whose body was never here, and how many there were is said.",
      ),
      paragraph(
        'In bodies and headers the local copy looks for words from their beginnings on, case, accents and punctuation aside: `body:eng` finds engine, `body:gine` does not, one or two letters or digits are a whole word, and `body:"engine room"` finds the two side by side, whatever stands between them. Chinese, Japanese, Korean and Thai are found by any signs that follow one another. A server looks for the very characters, also within words and within the tags of HTML; on line a message counts that either of them finds. Parts of a header that are machinery (Received, keys, signatures) are the server\'s alone, and so are labels and `raw:` on Gmail.',
      ),
    ),
    section(
      "Errors",
      paragraph(
        "A query that cannot be read is shown with a caret under the place, and what could stand there. In a shell the exit status is 65. On the screen the line stays to be mended, with the cursor at the place; while it is typed, Tab completes terms, states and folders.",
      ),
    ),
    section("See also", paragraph("`postern`(1), `postern-keys`(7)")),
  ],
};
