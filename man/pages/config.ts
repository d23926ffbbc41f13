/** postern-config(5): the config file, setting by setting. */
import { oauthProviders } from "../../src/account/oauth/providers.ts";
import {
  accountSettings,
  colourSettings,
  contactSettings,
  identitySettings,
  oauthTable,
  type Setting,
  schemes,
  screenSettings,
  smimeSettings,
  smtpSchemes,
} from "../../src/account/settings.ts";
import { item, type Page, paragraph, section, subsection, verbatim } from "../roff.ts";

/** Shown in the page, and read by the program in its test. */
export const exampleConfig = `[accounts.home]
address = "me@example.org"
imap = "imaps://me@imap.example.org"
password-command = "pass show mail/home"

[accounts.work]
address = "m.example@example.com"
imap = "imap://m.example@mail.example.com:143"
ca-file = "example-ca.pem"

[accounts.work.oauth2]
token-url = "https://login.example.com/token"
authorization-url = "https://login.example.com/authorize"
client-id = "postern-of-m"

[screen]
key-bar = false
cursor = "arrow"

[keys]
"g w" = "go Work"
"T" = "flag toggle $Todo"`;

function settings(table: Readonly<Record<string, Setting & { readonly default?: unknown }>>): string[] {
  return Object.entries(table).map(([name, setting]) => {
    const needed =
      setting.default === undefined
        ? setting.required
          ? "Required."
          : ""
        : `Default: ${JSON.stringify(setting.default)}.`;
    return item(`\`${name}\` = ${setting.example}`, `${setting.help} ${needed}`);
  });
}

export const configPage: Page = {
  name: "postern-config",
  section: 5,
  summary: "the config file of postern",
  parts: [
    section(
      "Description",
      paragraph(
        "The config file names the accounts that `postern`(1) works on, and how its screen looks and is steered. It is the file given with `--config`; else the one that the variable `POSTERN_CONFIG` names; else `$XDG_CONFIG_HOME/postern/config.toml`, which is `~/.config/postern/config.toml` where XDG_CONFIG_HOME is not set. Postern reads it at every start; only `account add` and `account remove` write to it, and leave all else in it as it is.",
      ),
      paragraph(
        "The file is TOML, in UTF-8. A setting that Postern does not know is an error, and so is a value that it cannot read: the message says where it stands and what to write instead, and the exit status is 78.",
      ),
    ),
    section(
      "Accounts",
      paragraph(
        "Each account is a table `[accounts.`«NAME»`]`. Its name is for `--account` and for the account's directories: letters, digits, `_`, `-` and `.`, at most 64, a dot not first. Without `--account`, the first account of the file is used.",
      ),
      ...settings(accountSettings),
      subsection(
        "The server",
        paragraph(
          "`imap` is a URL: «scheme»`://`«user»`@`«host»`:`«port». An `@` within the user is written `%40`. A password in it is refused.",
        ),
        ...Object.entries(schemes).map(([scheme, { port, help }]) =>
          item(`\`${scheme}//\``, `${help} Port ${port} where none is given.`),
        ),
        paragraph("The schemes of `smtp` are:"),
        ...Object.entries(smtpSchemes).map(([scheme, { port, help }]) =>
          item(`\`${scheme}//\``, `${help} Port ${port} where none is given.`),
        ),
        paragraph(
          "With the first two, TLS 1.2 or later is spoken, and nothing but the request for TLS is sent before the server has proved who it is: its certificate must be for the host in the URL, and be signed by an authority that Node.js trusts, or, where `ca-file` is set, by one in that file; or it must be the very one that `pin` names.",
        ),
      ),
      subsection(
        "The password",
        paragraph("It comes from the first of these that there is:"),
        item(
          "1. `password-command`",
          "If it fails or prints nothing, that is an error: the others are not tried.",
        ),
        item(
          "2. the keyring",
          "The Secret Service of the session (GNOME Keyring, KWallet, KeePassXC), or macOS Keychain, by the optional package keytar. `account login` puts it there, under the service `postern`, bound to user and host. A keyring that does not answer is given up after a second; where it could show a window, after half a minute.",
        ),
        item("3. the environment", "The variable `POSTERN_PASSWORD`, for whichever account is used."),
        item(
          "4. you",
          "Postern asks on the terminal, and does not show what is typed: before the screen opens, and for a command where its standard input and standard error are a terminal.",
        ),
        paragraph(
          "Where there is none of them, the exit status is 77: a script is never asked. Postern writes the password nowhere else: not to the config, the local copy, an error or the protocol that `--trace` writes.",
        ),
      ),
      subsection(
        "OAuth 2.0",
        paragraph(
          "With `oauth2`, Postern logs in by access tokens (OAUTHBEARER, RFC 7628, or XOAUTH2). `account login` has you allow access, in a browser or on another device, and keeps what it gets where the password would be: in the keyring, or with `store-command` for `password-command`. A token is renewed before it ends, and when the server refuses it. The settings are:",
        ),
        ...settings(oauthTable),
        paragraph(
          "The client id is yours: each provider gives one to whoever registers a client there. These are known:",
        ),
        ...Object.entries(oauthProviders).map(([name, { register }]) => item(`\`${name}\``, `${register}.`)),
      ),
      subsection(
        "Other addresses",
        paragraph(
          "Each is a table `[[accounts.`«NAME»`.identities]]`. An answer comes from the first of them, or of the account's own address, that the message was written to. The settings are:",
        ),
        ...settings(identitySettings),
      ),
      subsection(
        "Templates",
        paragraph(
          "A template is a file in the directory `templates` beside the config file. `--template` of `compose`, `reply`, `reply-all`, `reply-list` and `forward` takes its name; `template`, `reply-template` and `forward-template` name those that your own messages begin with, which scripts do not use, and `--template none` does without. It is written as a draft is: header fields, an empty line, the text; one without fields begins with an empty line. Recipients and files (`Attach:`) are added to those there are, other fields take their place, and what the command line says takes theirs.",
        ),
        paragraph(
          "In its text and subject, {date}, {name}, {address} and {subject} stand for those of the message that is answered or passed on; in a new message for today, its first recipient and its subject; {me} is your name. {body} stands for what would be there without the template: a quote, what a script gives, your signature. Where it has no {body}, all that comes below.",
        ),
      ),
    ),
    section(
      "Contacts",
      paragraph(
        "The table `[contacts]`: where addresses come from beside the mail itself, which is looked through without being told to. See `contacts` in `postern`(1).",
      ),
      ...settings(contactSettings),
    ),
    section(
      "Screen",
      paragraph("The table `[screen]`. Colours are left out where the variable `NO_COLOR` is set."),
      ...settings(screenSettings),
    ),
    section(
      "Colours",
      paragraph(
        'The table `[colours]`, over those of the theme: `heading = "bold bright-blue on 236"`. A look is `plain`, or any of bold, dim, italic, underline, inverse and strike with a colour, and with `on` a background. A colour is black, red, green, yellow, blue, magenta, cyan or white, the same after `bright-`, `default`, a number of the 256, or `#rrggbb` where the terminal has so many. Names with a dot are in a table of their own: `[colours.list]`, `unread = "bold yellow"`.',
      ),
      paragraph(
        "What `[colours.light]` and `[colours.dark]` have goes first where the background is light or dark, as `theme` says or the terminal; names with a dot are there in `[colours.light.list]` and so on.",
      ),
      ...Object.entries(colourSettings).map(([name, help]) => item(`\`${name}\``, `${help}.`)),
    ),
    section(
      "Keys",
      paragraph(
        'The table `[keys]` binds keys to command lines, over those that are there: `"`«keys»`" = "`«line»`"`. How keys are written and what a line may be is in `postern-keys`(7).',
      ),
    ),
    section(
      "S/MIME",
      paragraph(
        "The table `[smime]`. Signatures are checked, and messages decrypted, by `openssl`; OpenPGP is left to `gpg` and its own configuration.",
      ),
      ...settings(smimeSettings),
    ),
    section("Example", verbatim(exampleConfig)),
    section("See also", paragraph("`postern`(1), `postern-keys`(7), `postern-query`(7)")),
  ],
};
