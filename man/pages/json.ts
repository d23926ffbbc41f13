/** postern-json(7): what scripts get, from the tables that make it, with samples made by the program itself. */
import { PassThrough } from "node:stream";
import { parseConfig } from "../../src/account/config.ts";
import { describeFailure, printFailure } from "../../src/cli/failure.ts";
import { resultJson } from "../../src/cli/json.ts";
import { type OwnCommand, ownCommands } from "../../src/cli/own.ts";
import { ownSchemas } from "../../src/cli/own-schema.ts";
import { commands } from "../../src/commands/index.ts";
import type { ResultKind } from "../../src/commands/result.ts";
import { errorSchema, resultSchema } from "../../src/commands/schema.ts";
import type { Schema } from "../../src/commands/shape.ts";
import { shapes } from "../../src/commands/shapes.ts";
import { MailError } from "../../src/mail/errors.ts";
import type { Folder, Message } from "../../src/mail/index.ts";
import { textToBody } from "../../src/message/text.ts";
import { item, nested, type Page, paragraph, section, sentence, subsection, verbatim } from "../roff.ts";

const folder: Folder = {
  path: "INBOX",
  name: "INBOX",
  leaf: "INBOX",
  depth: 0,
  role: "inbox",
  selectable: true,
  messages: 2,
  unread: 1,
  uidValidity: 1_772_900_000,
  uidNext: 43,
  highestModSeq: "96",
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

const { accounts } = parseConfig(
  '[accounts.home]\naddress = "me@example.org"\nimap = "imaps://me@imap.example.org"\n',
  "config.toml",
);

function sample(result: Parameters<typeof resultJson>[0]): string {
  const [account] = accounts;
  if (!account) throw new Error("the sample config has no account");
  return verbatim(JSON.stringify(JSON.parse(resultJson(result, { account, folder }, [])), null, 2));
}

function sampleFailure(): string {
  const stream = new PassThrough();
  const error = new MailError("NO_MESSAGE", "INBOX has no message 7", '"postern list" shows the ids');
  printFailure(describeFailure(error), true, stream);
  return verbatim(JSON.stringify(JSON.parse(String(stream.read())), null, 2));
}

/** Samples of what is asked for most. */
const samples: Partial<Record<ResultKind, string>> = {
  messages: sample({ kind: "messages", folder, total: 2, items: [message], next: 42 }),
  message: sample({
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
        receiptTo: [],
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
  written: sample({
    kind: "written",
    state: "sent",
    text: "sent to 1 address",
    id: "k7m2p",
    messageId: "<answer@example.org>",
    notes: [],
  }),
  contacts: sample({
    kind: "contacts",
    items: [
      {
        ...{ name: "Ada Lovelace", email: "ada@example.org", source: "written", alias: null },
        ...{ written: 12, wrote: 9, last: 1_790_000_000_000 },
      },
    ],
    notes: [],
  }),
  change: sample({ kind: "change", folder, uids: [42], sent: true, text: "moved 1 message to Archive" }),
};

/** What each kind of result is called here. */
const titles: Readonly<Record<ResultKind, string>> = {
  messages: "Messages of a folder",
  threads: "Messages of a folder by thread",
  hits: "Messages of several folders",
  ids: "UIDs",
  count: "A number",
  folders: "Folders",
  contacts: "Addresses",
  queue: "Changes that are not on the server",
  message: "A message",
  attachments: "Attachments",
  files: "Files that were written",
  bytes: "Bytes",
  quota: "Quotas",
  acl: "Rights",
  status: "How things stand",
  protocol: "The server\u2019s own words",
  event: "What happens in a folder",
  change: "A change",
  written: "What became of a message that was written",
  drafts: "Drafts",
  outbox: "Messages that are to be sent",
};

const typeName = ({ type, enum: words, const: only }: Schema): string => {
  if (words) return words.map((word) => (word === null ? "null" : `"${word}"`)).join(", ");
  if (only !== undefined) return String(only);
  return (typeof type === "string" ? [type] : (type ?? [])).join(" or ");
};

/** Members with those within them. */
function members({ properties = {} }: Schema, without: readonly string[] = []): string[] {
  return Object.entries(properties)
    .filter(([name]) => !without.includes(name))
    .flatMap(([name, schema]) => {
      const inner = schema.properties ? schema : (schema.items?.properties && schema.items) || null;
      const of = schema.items && !inner ? ` of ${typeName(schema.items)}` : "";
      return [
        item(`\`${name}\` (${typeName(schema)}${of})`, sentence(schema.description ?? "")),
        ...(inner && name !== "folder" ? [nested(...members(inner))] : []),
      ];
    });
}

const printedBy = (kind: ResultKind) => [
  ...commands
    .filter(({ returns, screenOnly }) => returns.includes(kind) && !screenOnly)
    .map(({ name }) => `\`${name}\``),
  ...Object.entries<OwnCommand>(ownCommands)
    .filter(([, { returns }]) => returns?.includes(kind))
    .map(([name]) => `\`${name}\``),
];

function kindSection(kind: ResultKind): string {
  const around = ["version", "account", "warnings"];
  return subsection(
    titles[kind],
    paragraph(`Of ${printedBy(kind).join(", ")}.`),
    ...members(resultSchema(kind), around),
    samples[kind] ?? "",
  );
}

export const jsonPage: Page = {
  name: "postern-json",
  section: 7,
  summary: "what postern prints for programs",
  parts: [
    section(
      "Description",
      paragraph(
        "With `--json` a command prints one object on one line, in UTF-8. Its `version` is 1 and changes when something is taken away or means something else; new members may come. Names are those of RFC 8621 where it has them; dates are RFC 3339 in UTC, sizes are octets. No member is left out: an array may be empty, and null stands for what is not known. Control characters are escaped. The samples here are broken into lines to be read.",
      ),
      paragraph(
        "With `--jsonl` each item is an object on a line of its own, and warnings go to standard error as sentences; what is no list is printed as by `--json`, without what stands around it. `--fields` leaves only the members it names in the items. With several accounts (`-a`), there is an object for each.",
      ),
      paragraph(
        "`postern schema` prints the JSON Schema of every command, `postern schema` «COMMAND» of one, `postern schema error` of errors.",
      ),
    ),
    section("Around every result", ...members({ properties: around() })),
    section("Results", ...(Object.keys(shapes) as ResultKind[]).map(kindSection)),
    section(
      "A folder",
      paragraph("Where a result has a `folder`, its members are those of the items of `folders`."),
      ...members(resultSchema("folders").properties?.items?.items ?? {}),
    ),
    section(
      "Commands of the shell alone",
      ...Object.entries(ownSchemas).flatMap(([name, forms]) =>
        forms.map((form, i) =>
          subsection(
            i === 0 ? name : `${name}, in another form`,
            ...members(form, ["version", "account", "warnings"]),
          ),
        ),
      ),
    ),
    section(
      "Errors",
      paragraph(
        "An error goes to standard error, and standard output stays empty or is a beginning of what was to come. The exit status says what kind it is.",
      ),
      ...members(errorSchema),
      sampleFailure(),
    ),
    section("See also", paragraph("`postern`(1), `postern-query`(7)")),
  ],
};

function around(): Readonly<Record<string, Schema>> {
  const { version, account, warnings } = resultSchema("folders").properties ?? {};
  return { version: version ?? {}, account: account ?? {}, warnings: warnings ?? {} };
}
