/** postern(1): the program. */

import { type AccountOption, accountOptions, type Verb, verbs } from "../../src/cli/account/options.ts";
import { type GlobalOption, globalOptions } from "../../src/cli/options.ts";
import { configVerbs, type OwnCommand, ownCommands } from "../../src/cli/own.ts";
import { type Command, commands, type Param } from "../../src/commands/index.ts";
import { item, nested, type Page, paragraph, section, sentence, subsection, verbatim } from "../roff.ts";
import { environment, examples, files, flagNames, folderNames, messageIds } from "./postern-about.ts";
import { exitStatus, json, output } from "./postern-output.ts";

/** `«id» ...`, in brackets where it may be left out. */
function argument([name, { repeat, required }]: readonly [string, Param]): string {
  const word = `«${name.toUpperCase()}»${repeat ? " ..." : ""}`;
  return required ? word : `[${word}]`;
}

function option(name: string, param: Param): string {
  const value =
    param.type === "flag"
      ? ""
      : param.optionalValue
        ? `[=«${param.type.toUpperCase()}»]`
        : ` «${param.type.toUpperCase()}»`;
  const short = param.alias ? `\`-${param.alias}\`, ` : "";
  return `${short}\`--${name}\`${value}`;
}

function commandItem(command: Command): string {
  const args = Object.entries(command.args).map(argument);
  const names = command.aliases.map((alias) => `\`${alias}\``);
  const details = [
    ...Object.entries(command.args).map(([name, { help }]) =>
      item(`«${name.toUpperCase()}»`, sentence(help)),
    ),
    ...Object.entries(command.options).map(([name, param]) =>
      item(option(name, param), `${sentence(param.help)}${param.required ? " Required." : ""}`),
    ),
  ];
  return [
    item(
      [`\`${command.name}\``, ...args].join(" "),
      `${sentence(command.summary)}${names.length > 0 ? ` Also called ${names.join(", ")}.` : ""}`,
      `IMAP: ${command.imap}`,
    ),
    nested(...details),
  ].join("");
}

function globalItem([name, { alias, value, describe }]: readonly [string, GlobalOption]): string {
  const short = alias ? `\`-${alias}\`, ` : "";
  return item(`${short}\`--${name}\`${value ? ` «${value}»` : ""}`, sentence(describe));
}

const accountDetails = nested(
  ...Object.entries<Verb>(verbs).map(([name, { word, summary }]) =>
    item(`\`${name}\`${word === null ? "" : ` [«${word}»]`}`, sentence(summary)),
  ),
  ...Object.entries<AccountOption>(accountOptions).map(([name, { value, help, verbs: of }]) =>
    item(
      `\`--${name}\`${value === undefined ? "" : ` «${value}»`}`,
      `${sentence(`${help.charAt(0).toUpperCase()}${help.slice(1)}`)} For ${of.map((verb) => `\`${verb}\``).join(", ")}.`,
    ),
  ),
  paragraph(
    "The servers of an address come from a table of large providers; else from DNS (SRV records, RFC 6186), the domain's own web server, Mozilla's list (which is told the domain) and the servers that take in the domain's mail, all of them asked side by side; else they are guessed. What DNS alone tells, and lies outside of the domain, is not used before you have said that it is right.",
  ),
);

const choiceHelp: Readonly<Record<string, Readonly<Record<string, string>>>> = { config: configVerbs };

/** `«VERB» [«WORD»]` of yargs' `<verb> [word]`. */
const ownWords = (words: string) =>
  words
    .replace(/<([^>]+)>/g, (_, word: string) => `«${word.toUpperCase()}»`)
    .replace(/\[([^\].]+)(\.\.)?\]/g, (_, word: string) => `[«${word.toUpperCase()}»]`);

function ownItem([name, { words, summary, about, options = {} }]: readonly [string, OwnCommand]): string {
  const details = Object.entries(choiceHelp[name] ?? {}).map(([word, help]) =>
    item(`\`${word}\``, sentence(help)),
  );
  return [
    item(`\`${name}\` ${ownWords(words)}`.trim(), `${sentence(summary)} ${about ?? ""}`.trim()),
    name === "account" ? accountDetails : nested(...details, ...Object.entries(options).map(globalItem)),
  ].join("");
}

export const posternPage: Page = {
  name: "postern",
  section: 1,
  summary: "read and handle mail over IMAP, on a screen or in scripts",
  parts: [
    section(
      "Synopsis",
      paragraph("`postern` [«options»]"),
      paragraph("`postern` [«options»] «command» [«arguments»]"),
      paragraph("`postern demo`"),
      paragraph("`postern --version`"),
    ),
    section(
      "Description",
      paragraph(
        "Postern is a mail client for the terminal. Without a command it opens a screen over the mail of all accounts that the config has, or of the one that `-a` names; `postern-keys`(7) says what the keys do there. With a command it does one thing, prints what came of it, and ends.",
      ),
      paragraph(
        "Both work on a local copy of the account's mail. A change is written to a journal on disk and then sent: where the connection is gone it waits there, and goes to the server with a later command or screen. Several processes may work on one account at once.",
      ),
      paragraph("The accounts are in a config file: `postern-config`(5)."),
    ),
    section(
      "Commands",
      ...commands.filter((command) => !command.screenOnly).map(commandItem),
      ...Object.entries<OwnCommand>(ownCommands).map(ownItem),
    ),
    section(
      "Options",
      paragraph("These go with every command, before it or after it."),
      ...Object.entries<GlobalOption>(globalOptions).map(globalItem),
      item("`-h`, `--help`", "Print the commands; after a command, its arguments and options."),
      item("`-V`, `--version`", "Print the version. It must be the first word."),
    ),
    section("Message ids", ...messageIds),
    section("Folders", ...folderNames),
    section("Flags", ...flagNames),
    section("Output", ...output),
    section("JSON", ...json),
    section("Exit status", ...exitStatus),
    section("Environment", ...environment),
    section("Files", ...files),
    section(
      "Examples",
      ...examples.map(([line, does]) => item(`\`${line}\``, sentence(does))),
      subsection(
        "An IMAP session by hand, and the same with Postern",
        paragraph("Where one would type these commands to a server:"),
        verbatim(
          'a login me secret\nb list "" "*"\nc select INBOX\nd fetch 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])\ne store 1 +FLAGS (\\Deleted)\nf expunge\ng logout',
        ),
        paragraph("one says, with user and password from the configuration:"),
        verbatim("postern folders\npostern list\npostern flag 1 +deleted\npostern expunge 1"),
        paragraph(
          "The ids are UIDs and not row numbers, and `expunge 1` removes that message and no other: what somebody else has flagged as deleted stays. `--trace` «FILE» writes what was said to the server and by it.",
        ),
      ),
    ),
    section(
      "See also",
      paragraph("`postern-config`(5), `postern-keys`(7), `postern-query`(7), `postern-json`(7)"),
    ),
  ],
};
