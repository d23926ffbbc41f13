/** What postern(1) says of words on the command line, and of what lies around the program. */
import { systemFlags } from "../../src/commands/flags.ts";
import { roles } from "../../src/mail/folders.ts";
import { item, paragraph } from "../roff.ts";

export const messageIds: readonly string[] = [
  paragraph(
    "A message is named by its UID (RFC 9051, section 2.3.1.1), the number that `list` shows first. It belongs to one folder and stays when other messages come and go.",
  ),
  item("`42`", "One message."),
  item(
    "`1:9`, `40:42,57`",
    "A range, and a list of ids and ranges. What the folder does not have is passed over.",
  ),
  item("`100:*`", "From 100 to the last one of the folder. `*` by itself is the last one."),
  item("`-`", "The ids come from standard input, with blanks or line ends between them."),
  paragraph(
    "In a shell a command that acts on messages needs at least one id. On the screen, without ids, it takes the messages that are marked, or the one under the cursor.",
  ),
];

export const folderNames: readonly string[] = [
  paragraph(
    `A folder is named as \`folders\` shows it, in upper or lower case; by the last level of its name, where only one folder has it; or by its role, with an @: ${roles.map((role) => `\`@${role}\``).join(", ")}. The server tells the roles (RFC 6154); where it tells none, names such as Sent, Trash and Spam do.`,
  ),
];

const plainNames = Object.entries(systemFlags).map(([word, flag]) => `\`${word}\` (${flag})`);

export const flagNames: readonly string[] = [
  paragraph(
    `\`flag\` takes \`+\`«FLAG» to set a flag, \`-\`«FLAG» to remove it, and \`toggle\` «FLAG», which removes it where all of the messages have it and sets it otherwise. A flag is one of ${plainNames.join(", ")}, or any keyword that the server accepts, such as \`$Work\`.`,
  ),
];

export const environment: readonly string[] = [
  item("`POSTERN_CONFIG`", "The config file, where `--config` does not name one."),
  item(
    "`POSTERN_PASSWORD`",
    "The password, where the account has no `password-command` and the keyring has none for it.",
  ),
  item(
    "`DBUS_SESSION_BUS_ADDRESS`, `XDG_RUNTIME_DIR`",
    "Tell where the keyring is. Where there is no D-Bus session, it is not asked. In the latter are the sockets, too.",
  ),
  item(
    "`XDG_CONFIG_HOME`, `XDG_CACHE_HOME`, `XDG_STATE_HOME`",
    "Where the files below lie. A value that is not an absolute path is ignored.",
  ),
  item(
    "`BROWSER`",
    "The command that opens links; %s in it is the address. Else the desktop's own is used, if there is one.",
  ),
  item(
    "`MAILCAPS`",
    "Mailcap files (RFC 1524) that say how attachments are opened: `~/.mailcap` and `/etc/mailcap` where it is not set.",
  ),
  item(
    "`VISUAL`, `EDITOR`",
    "The command of your editor, for messages: the first of them that is set, else vi.",
  ),
  item("`PAGER`", "Shows what a mailcap entry with `copiousoutput` prints."),
  item(
    "`DISPLAY`, `WAYLAND_DISPLAY`",
    "Tell whether there is a desktop to open windows on; then the keyring may take its time to be unlocked.",
  ),
  item(
    "`GPG_TTY`",
    "The terminal on which gpg asks for a passphrase; that of the screen where it is not set.",
  ),
  item("`PATH`", "Where the desktop's opener is looked for."),
  item("`NO_COLOR`", "With any value but an empty one, the screen uses no colours."),
  item(
    "`INK_SCREEN_READER`",
    "true lays the screen out for whoever hears it, as the setting screen-reader does.",
  ),
  item("`TERM`", "With `dumb`, the screen uses no colours."),
  item(
    "`LC_ALL`, `LC_CTYPE`, `LANG`",
    "The first of them that is set says whether the terminal shows UTF-8; if not, the screen draws its signs in ASCII.",
  ),
];

export const files: readonly string[] = [
  item(
    "`~/.config/postern/config.toml`",
    "The config file. Only `account add` and `account remove` write to it.",
  ),
  item(
    "`~/.cache/postern/`«ACCOUNT»`/`",
    "The local copy: maildirs, and an index beside them. Other programs may read the maildirs (mutt, notmuch, mu): flags they set there become changes on the server, a file they delete is fetched again when it is needed, and files of their own are left alone. All of it comes back from the server: it may be deleted while Postern does not run.",
  ),
  item(
    "`~/.local/state/postern/`«ACCOUNT»`/`",
    "The journal of changes that have not reached the server, drafts, and the outbox. They are nowhere else: do not delete it.",
  ),
  item(
    "`$XDG_RUNTIME_DIR/postern/`«ACCOUNT»`.sock`",
    "Where a screen or an `agent` waits for the commands of other terminals, which then need no connection of their own. Where XDG_RUNTIME_DIR is not set, it is in `/tmp/postern-`«UID». Nobody else may have access to that directory: one to which others could write is not used.",
  ),
];

/** Command lines with what they do; shown in the page, and read by the program in its test. */
export const examples: readonly (readonly [line: string, does: string])[] = [
  ["postern list -n 20", "the twenty newest messages of the inbox"],
  ["postern list --sort -size --folder Archive", "the largest messages of the Archive"],
  ["postern search 'from:ada is:unread newer:7d'", "unread mail from Ada of the last seven days"],
  ["postern fetch 42", "message 42 as text"],
  ["postern fetch 42 --part 2 > report.pdf", "its second part, decoded, into a file"],
  ["postern flag 40:42 +flagged -seen", "flag three messages, and make them unread"],
  ["postern move 40:42 --to Archive", "move them to the Archive"],
  ["postern search 'larger:5M' | cut -f1 | postern copy - --to Big", "copy what is large to another folder"],
  ["postern append draft.eml --to @drafts --flags draft,seen", "put a message from a file among the drafts"],
  [
    "git log -3 | postern compose ada@example.org --subject News --attach plan.pdf",
    "send the output of a command, and a file",
  ],
  ["postern reply 42", "answer message 42 in your editor"],
  ["git -c sendemail.sendmailCmd='postern send' send-email -1", "send a patch by the account's server"],
  ["postern list --json | jq -r '.items[].subject'", "subjects alone"],
];
