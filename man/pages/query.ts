/** postern-query(7): the query language. */
import { otherTerms, type QueryTerm, states, textTerms } from "../../src/mail/query-terms.ts";
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
        "A query is terms with blanks between them, and finds the messages that all of them hold for. It becomes one SEARCH of the server (RFC 9051, section 6.4.4).",
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
          "A number with `d`, `w`, `m` or `y`: days, weeks, months of 30 days, years of 365. Ages count whole days: `newer:2d` begins with the day before yesterday, and `older:2d` ends before it.",
        ),
        item(
          "«SIZE»",
          "Octets; with `k`, `M` or `G`, thousands, millions or thousand millions of them. `1.5M` will do.",
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
        "With `--offline`, and on the screen while the connection is down, the local copy answers. It knows From, To, Cc, subject, Message-ID, flags, days and sizes: terms that ask for a body, for Bcc or for any other header hold for no message, and `text:` looks into From, To, Cc and the subject.",
      ),
    ),
    section(
      "Errors",
      paragraph(
        "A query that cannot be read is shown with a caret under the place, and what could stand there. In a shell the exit status is 65.",
      ),
    ),
    section("See also", paragraph("`postern`(1), `postern-keys`(7)")),
  ],
};
