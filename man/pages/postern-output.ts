/** What postern(1) says of output: its columns, its statuses. */
import { exits } from "../../src/cli/failure.ts";
import { contactColumns, folderColumns, messageColumns, queueColumns } from "../../src/cli/text.ts";
import { flagLetters } from "../../src/mail/format.ts";
import { item, paragraph } from "../roff.ts";

/** One letter of the flag column, as the program makes it. */
function letter(...flags: string[]): string {
  return `\`${flagLetters(flags)}\``;
}

const columns = (list: readonly { readonly help: string }[]) => list.map(({ help }) => help).join("; ");

export const output: readonly string[] = [
  paragraph(
    "On a terminal, columns are aligned and lines are cut to its width. In a pipe or a file nothing is cut: columns are separated by one tab, and there is a line for each row and no heading.",
  ),
  item("`list`, `search`", `The columns are: ${columns(messageColumns)}.`),
  item(
    "`folders`",
    `The columns are: ${columns(folderColumns)}. A dash stands for what is not known, or not there.`,
  ),
  item("`contacts`", `The columns are: ${columns(contactColumns)}.`),
  item("`queue`", `The columns are: ${columns(queueColumns)}.`),
  item(
    "`fetch`",
    "Header lines, an empty line, the body as text, the targets of links, a line for each attachment with its part number (`2:1` is the first file inside of part 2, where that is a winmail.dat); the body is wrapped to the terminal, at most 100 columns, and to 80 in a pipe. With `--raw`, `--headers` and `--part`, the bytes as they are; those of a part without their transfer encoding.",
  ),
  item("all others", "One sentence about what was done."),
  paragraph(
    `The letters of flags are ${letter()} not seen, ${letter("\\Seen", "\\Answered")} answered, ${letter("\\Seen", "$Forwarded")} forwarded, ${letter("\\Seen", "\\Flagged")} flagged, ${letter("\\Seen", "\\Draft")} a draft, ${letter("\\Seen", "\\Deleted")} flagged as deleted.`,
  ),
  paragraph(
    "Text from a message or a server is written without control characters, so that it cannot steer the terminal; the bytes of `fetch` are so too where they go to a terminal. Errors go to standard error.",
  ),
  paragraph(
    "A command asks before it removes messages for good, where its standard input and standard error are a terminal; a script is not asked.",
  ),
];

export const json: readonly string[] = [
  paragraph(
    "With `--json` a command prints one object on one line, in UTF-8; with `--jsonl` each of its items is an object on a line of its own. `--fields` and `--format` choose from the same members. `postern-json`(7) has all of them, `postern schema` prints their JSON Schema.",
  ),
];

export const exitStatus: readonly string[] = [
  paragraph("They are those of sysexits.h, with the error codes that belong to each:"),
  ...exits.map(({ status, meaning, codes }) =>
    item(`\`${status}\``, `${meaning}${codes.length > 0 ? ` (${codes.join(", ")})` : ""}`),
  ),
];
