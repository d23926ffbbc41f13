/** What postern(1) says of output: its columns, its JSON (made by the program itself from samples), its statuses. */
import { PassThrough } from "node:stream";
import { describeFailure, exits, printFailure } from "../../src/cli/failure.ts";
import { resultJson } from "../../src/cli/json.ts";
import { folderColumns, messageColumns, queueColumns } from "../../src/cli/text.ts";
import { MailError } from "../../src/mail/errors.ts";
import { flagLetters } from "../../src/mail/format.ts";
import type { Folder, Message } from "../../src/mail/index.ts";
import { textToBody } from "../../src/message/text.ts";
import { item, paragraph, subsection, verbatim } from "../roff.ts";

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

const folder: Folder = {
  path: "INBOX",
  name: "INBOX",
  leaf: "INBOX",
  depth: 0,
  role: "inbox",
  selectable: true,
  messages: 2,
  unread: 1,
};
const ada = { name: "Ada Lovelace", email: "ada@example.org" };
const me = { name: "", email: "me@example.org" };
const sentAt = Date.UTC(2026, 2, 14, 9, 26, 53);
const message: Message = {
  uid: 42,
  flags: ["\\Flagged", "$Work"],
  modSeq: "1",
  internalDate: sentAt + 2_000,
  sentAt,
  size: 2_718,
  subject: "Engine room",
  from: [ada],
  to: [me],
  cc: [],
  messageId: "<engine@example.org>",
  inReplyTo: null,
  references: [],
  threadId: null,
  emailId: null,
  cached: false,
};

function sample(result: Parameters<typeof resultJson>[1]): string {
  return verbatim(JSON.stringify(JSON.parse(resultJson("home", result, [])), null, 2));
}

function sampleFailure(): string {
  const stream = new PassThrough();
  printFailure(
    describeFailure(new MailError("NO_MESSAGE", "INBOX has no message 7", '"postern list" shows the ids')),
    true,
    stream,
  );
  return verbatim(JSON.stringify(JSON.parse(String(stream.read())), null, 2));
}

export const json: readonly string[] = [
  paragraph(
    "With `--json` a command prints one object on one line, in UTF-8. Its `version` is 1 and changes when something is taken away or means something else; new members may come. Names are those of RFC 8621 where it has them; dates are RFC 3339 in UTC, sizes are octets. An array may be empty, but is there. `warnings` holds sentences. The samples here are broken into lines to be read.",
  ),
  subsection("list, search", sample({ kind: "messages", folder, total: 2, items: [message] })),
  paragraph(
    "`total` is how many there are in all; `items` are the first of them, as many as `--limit` allows.",
  ),
  subsection("folders", sample({ kind: "folders", items: [folder] })),
  paragraph("`messages`, `unread` and `role` are null where the server has not told."),
  subsection(
    "queue",
    sample({
      kind: "queue",
      items: [
        {
          id: 7,
          at: sentAt,
          state: "refused",
          text: "moving 3 messages from INBOX to Plans",
          path: "INBOX",
          code: "TRYCREATE",
          reason: "there is no such folder",
          hint: "create it and retry, or drop it",
        },
      ],
    }),
  ),
  paragraph(
    "`state` is `waits`, `sent` (the answer never came) or `refused`; `code`, `reason` and `hint` are null where it was not refused.",
  ),
  subsection(
    "fetch",
    sample({
      kind: "message",
      folder,
      uid: 42,
      message: {
        headers: {
          from: [ada],
          to: [me],
          cc: [],
          replyTo: [],
          followupTo: [],
          subject: message.subject,
          date: sentAt,
          messageId: message.messageId,
        },
        body: textToBody("All is well."),
        attachments: [
          {
            section: "2",
            fileName: "report.pdf",
            mediaType: "application/pdf",
            size: 1_618,
            disposition: "attachment",
            contentId: null,
          },
        ],
        items: [],
        authentication: null,
        list: null,
        otherForm: null,
        problems: [],
      },
    }),
  ),
  paragraph(
    "`problems` says what of the message could not be read. With `--raw`, `--headers` and `--part` the object has `fileName`, `mediaType` and `data` instead: the bytes in base64.",
  ),
  subsection(
    "Changes",
    sample({ kind: "change", folder, uids: [42], sent: true, text: "moved 1 message to Archive" }),
  ),
  paragraph(
    "`sent` is false where the change waits for a connection; `uids` are the messages it was made to.",
  ),
  subsection("Errors", sampleFailure()),
  paragraph(
    "An error goes to standard error. `imap` is what the server said, or null. `code` is one of those below, or the response code that the server gave (RFC 9051, section 7.1).",
  ),
];

export const exitStatus: readonly string[] = [
  paragraph("They are those of sysexits.h, with the error codes that belong to each:"),
  ...exits.map(({ status, meaning, codes }) =>
    item(`\`${status}\``, `${meaning}${codes.length > 0 ? ` (${codes.join(", ")})` : ""}`),
  ),
];
