/** What may stand in the config file, setting by setting; its reader and its man page are made from these tables. */

/** How a server is reached. `starttls` means required: there is no falling back to plain text. */
export type Security = "tls" | "starttls" | "none";

export interface Setting {
  /** What to write, as in TOML. */
  readonly example: string;
  readonly help: string;
  readonly required?: boolean;
}

/** `[accounts.NAME]` */
export const accountSettings = {
  address: {
    example: '"me@example.org"',
    help: "Your mail address. It is the user name too, where the server's URL has none.",
    required: true,
  },
  imap: {
    example: '"imaps://me@imap.example.org"',
    help: "The server: scheme, user, host and port. User and port may be left out.",
    required: true,
  },
  smtp: {
    example: '"submissions://me@smtp.example.org"',
    help: "The server that takes mail to be sent, in the same form. It is logged in to by the same password or token, where it wants a login.",
  },
  sendmail: {
    example: '"msmtp -a work"',
    help: "A command for /bin/sh that sends mail, in place of smtp. It gets `-i -f `«SENDER»` -- `«RECIPIENT …», with -N, -R and -V before the recipients where delivery reports are asked for, and the message on its standard input; its exit status tells what came of it, 75 being a failure for now.",
  },
  "password-command": {
    example: '"pass show mail/work"',
    help: "A command for /bin/sh whose first line of output is the password, or with oauth2 the token that store-command was given. It has two minutes.",
  },
  "store-command": {
    example: '"pass insert -m -f mail/work"',
    help: "A command for /bin/sh that keeps what it reads from its standard input (one line) so that password-command prints it: for `account login`, and for new tokens.",
  },
  keyring: {
    example: "true",
    help: "true: the password or token is in the system keyring, and the screen does not ask for it at its start; false: the keyring is not asked. Where this is not set, the keyring is asked if there is one.",
  },
  oauth2: {
    example: '{ provider = "google", client-id = "…" }',
    help: "Log in by OAuth 2.0 and not by password: see below. It may also be a table of its own, `[accounts.`«NAME»`.oauth2]`.",
  },
  "ca-file": {
    example: '"ca.pem"',
    help: "A PEM file of certificate authorities to trust in place of those that Node.js trusts. A relative path starts at the directory of the config file; ~/ is your home.",
  },
  pin: {
    example: '"sha256:1f2e…"',
    help: "The SHA-256 fingerprint of the one certificate to accept, 64 hexadecimal digits, with colons or without. It is then trusted whatever else the certificate says. It is for the server that takes mail too, where that has the same name.",
  },
  "smtp-pin": {
    example: '"sha256:2a3b…"',
    help: "The same for the server that takes mail to be sent, where its certificate is another one.",
  },
  offline: {
    example: '"recent 30d"',
    help: 'Whose text and attachments are kept for reading off line: "headers" (of no message, until it is opened), "recent 30d" (of those that came so long ago or later: 2w, 6m, 1y …) or "all". The newest come first, text before attachments, as far as cache-size allows; what is kept is fetched in the background by the screen, and by no command but sync. "recent 30d" where it is not set.',
  },
  "cache-size": {
    example: '"2 GB"',
    help: "How much of the text and attachments is kept on disk. Beyond that what was not read for longest goes; it comes back from the server when it is opened. 2 GB where it is not set.",
  },
  name: {
    example: '"Ada Lovelace"',
    help: "Your name, as others see it on what you send.",
  },
  signature: {
    example: '"Ada"',
    help: "What stands below what you write, under a line of two dashes.",
  },
  "signature-file": {
    example: '"signature.txt"',
    help: "A file with that text. A relative path starts at the directory of the config file; ~/ is your home.",
  },
  "reply-to": { example: '"team@example.org"', help: "Where answers to what you send are to go." },
  bcc: { example: '"archive@example.org"', help: "Who gets a blind copy of all you send." },
  identities: {
    example: '[{ address = "ada@example.net", name = "Ada" }]',
    help: "Your other addresses, each a table of its own, `[[accounts.`«NAME»`.identities]]`: see below. Who answers does so from the address that was written to.",
  },
  "sent-copy": {
    example: "false",
    help: "Whether what was sent is put into the Sent folder. Where this is not set it is, but not with Gmail, whose server does so itself.",
  },
  "send-delay": {
    example: '"30s"',
    help: 'How long a message waits in the outbox, so that it can be called back: "10s" where it is not set, "1min", "0" for not at all.',
  },
  markdown: {
    example: "true",
    help: "What you write is Markdown: it goes out as text and as HTML.",
  },
  attribution: {
    example: '"On {date}, {name} wrote:"',
    help: "The line above what is quoted in an answer; {date}, {name}, {address} and {subject} stand for those of the message. This is the default.",
  },
  template: {
    example: '"letter"',
    help: "The template that a new message begins with, where you write it yourself and name no other: see below. reply-template and forward-template are the same for answers and for what you pass on.",
  },
  "reply-template": { example: '"answer"', help: "See template." },
  "forward-template": { example: '"fyi"', help: "See template." },
  sign: {
    example: "true",
    help: "Sign what you send with gpg (OpenPGP). A line `Protect: none`, `Protect: sign` or `Protect: sign, encrypt` in a draft says otherwise for one message. false where it is not set.",
  },
  encrypt: {
    example: '"known"',
    help: 'Encrypt what you send with gpg: "never", where everybody it is for has a key that gpg trusts ("known"), or "always", so that it is not sent where one is missing. It is encrypted to yourself too, as is what is kept in the Drafts folder; the subject stays readable. "never" where it is not set.',
  },
  "pgp-key": {
    example: '"4A1B…"',
    help: "Which key of yours signs, and reads what you have encrypted: a fingerprint, or what else gpg takes. By default that of your address.",
  },
  fsync: {
    example: "true",
    help: "Have each message on the disk before it counts as kept, so that a power failure costs none. Without it those of the last half minute are found to be damaged, and fetched again: false where it is not set, as it is much faster.",
  },
} as const satisfies Readonly<Record<string, Setting>>;

/** `[[accounts.NAME.identities]]` */
export const identitySettings = {
  address: {
    example: '"ada@example.net"',
    help: "The address. `*@example.net` stands for all of that domain: an answer then comes from the one that was written to.",
    required: true,
  },
  name: { example: '"Ada"', help: "The name that goes with it." },
  signature: { example: '"Ada"', help: "As for the account." },
  "signature-file": { example: '"signature.txt"', help: "As for the account." },
  "reply-to": { example: '"team@example.org"', help: "As for the account." },
  bcc: { example: '"archive@example.org"', help: "As for the account." },
  sign: { example: "true", help: "As for the account, which says it where this does not." },
  encrypt: { example: '"known"', help: "As for the account, which says it where this does not." },
  "pgp-key": { example: '"4A1B…"', help: "As for the account; by default the key of this address." },
} as const satisfies Readonly<Record<string, Setting>>;

/** `[screen]` */
export const screenSettings = {
  "key-bar": {
    example: "true",
    help: "Show two lines of keys at the bottom, where the screen has 14 lines or more.",
    default: true,
  },
  cursor: {
    example: '"bar"',
    help: '"bar" marks the row under the cursor with a bar; "arrow" with a > before it, which is fewer bytes on a slow line.',
    default: "bar",
  },
  theme: {
    example: '"light"',
    help: "Colours for a dark or a light background, or auto: what the terminal says about its background, dark where it says nothing.",
    default: "auto",
  },
  "screen-reader": {
    example: "true",
    help: "Lay the screen out for whoever hears it: one pane, each message a line of words, no columns, signs or colours, and the cursor of the terminal on the row at hand. INK_SCREEN_READER=true in the environment does the same.",
    default: false,
  },
  mouse: {
    example: "true",
    help: "Take clicks and the wheel. Most terminals then select text only while Shift is held.",
    default: false,
  },
  images: {
    example: '"off"',
    help: "Pictures that a message brings along are shown where the terminal says that it can (auto: PNG, JPEG and GIF, by the kitty protocol, that of iTerm2, or as sixels), or described in words (off). None is ever fetched from elsewhere.",
    default: "auto",
  },
  threads: {
    example: "true",
    help: "Begin with the list thread after thread, answers below what they answer.",
    default: false,
  },
  preview: {
    example: "true",
    help: "Show below each message of the list how it begins. What of that is not here is fetched for the messages in view alone, where the server offers it (PREVIEW).",
    default: false,
  },
  folder: {
    example: '"@unified"',
    help: "The folder to begin with, by its name or its use (@inbox, @archive, …), or @unified for all inboxes as one list.",
    default: "INBOX",
  },
  unified: {
    example: '["@inbox", "work:Lists/garden"]',
    help: "The folders that are one list with `go @unified`, each by its name or use in every account that has it, or after a name of an account and a colon in that one: all inboxes where this is not set.",
    default: ["@inbox"],
  },
  keymap: {
    example: '"mutt"',
    help: "Keys as another program has them, over those of postern(1): default, mutt, aerc, alpine or emacs.",
    default: "default",
  },
} as const satisfies Readonly<Record<string, Setting & { readonly default: unknown }>>;

/** `[colours]`, and its tables: the name before a dot is that of the table. */
export const colourSettings = {
  heading: "names of accounts among the folders, headings in a message",
  code: "code in a message",
  link: "links",
  "warned-link": "links that lead elsewhere than they say",
  good: "a signature that holds, and what else is well",
  doubt: "what is neither well nor bad",
  border: "lines between panes",
  rule: "lines across a pane",
  key: "keys at the bottom and beside commands",
  "text.muted": "what is less important",
  "text.strong": "bold text",
  "text.italic": "slanted text",
  "text.struck": "text that is struck out",
  "quote.1": "what is quoted",
  "quote.2": "what is quoted in that",
  "quote.3": "what is quoted any deeper",
  "list.unread": "unread messages",
  "list.flagged": "the letters of flagged ones",
  "list.marked": "marked ones",
  "list.deleted": "those flagged as deleted",
  "label.urgent": "labels that press",
  "label.todo": "labels of what is to be done",
  "label.later": "labels of what can wait",
  "label.plain": "other labels",
  "bar.focused": "the row under the cursor",
  "bar.unfocused": "the same in a pane that has not the keys",
  "folder.open": "the folder that is listed",
  "folder.unread": "folders with unread messages",
  "status.message": "what is said at the bottom",
  "status.error": "errors there",
  "status.prompt": "what stands before a line that is typed",
} as const;

export type ColourName = keyof typeof colourSettings;

/** `[smime]` */
export const smimeSettings = {
  key: {
    example: '"me.pem"',
    help: "A PEM file with your certificate and its private key, without a passphrase: what is encrypted by S/MIME is decrypted with it. A relative path starts at the directory of the config file; ~/ is your home.",
  },
  authorities: {
    example: '"authorities.pem"',
    help: "A PEM file of certificate authorities to trust for signatures, beside those of the system.",
  },
} as const satisfies Readonly<Record<string, Setting>>;

/** `[contacts]` */
export const contactSettings = {
  vcard: {
    example: '"contacts.vcf"',
    help: "A file of vCards, a directory of such files, or several of either in a list. A relative path starts at the directory of the config file; ~/ is your home.",
  },
  command: {
    example: '"khard email --parsable %s"',
    help: "A program that is asked too, with `%s` for what is looked for. It is run without a shell, for five seconds at most, and prints what mutt's query_command does (an address, a tab, a name, and a line for each), or lines of `Name <address>`: `khard email --parsable %s`, `abook --mutt-query %s`, `notmuch address from:%s*`. Without `%s` it prints all it has. A list of texts gives it word by word.",
  },
  aliases: {
    example: '{ team = ["ada@example.org", "Bob <bob@example.org>"] }',
    help: "Short names of your own for addresses, also as a table `[contacts.aliases]`. Where an address is wanted the name will do; addresses may be names in turn.",
  },
} as const satisfies Readonly<Record<string, Setting>>;

/** What `encrypt` may be. */
export const encryptions = ["never", "known", "always"] as const;

export type Encryption = (typeof encryptions)[number];

/** What `keymap` may be. */
export const keymaps = ["default", "mutt", "aerc", "alpine", "emacs"] as const;

export type Keymap = (typeof keymaps)[number];

/** Where a key may hold: a table each below `[keys]`. */
export const keyPlaces = ["list", "reader", "attachments", "folders", "review", "page"] as const;

export type KeyPlace = (typeof keyPlaces)[number];

export type SchemeTable = Readonly<Record<string, { security: Security; port: number; help: string }>>;

/** The schemes of a server's URL, with the ports they stand for (RFC 8314 §3, RFC 9051 §2.1). */
export const schemes: SchemeTable = {
  "imaps:": { security: "tls", port: 993, help: "TLS from the first byte. The one to use." },
  "imap:": {
    security: "starttls",
    port: 143,
    help: "STARTTLS, and required: where the server does not offer it, nothing is sent.",
  },
  "imap+insecure:": {
    security: "none",
    port: 143,
    help: "No protection: password and mail travel in clear text. For a server on this machine, or through a tunnel that protects them.",
  },
};

/** The same for handing in mail (RFC 8314 §3.3, RFC 6409 §3.1). */
export const smtpSchemes: SchemeTable = {
  "submissions:": { security: "tls", port: 465, help: "TLS from the first byte." },
  "submission:": { security: "starttls", port: 587, help: "STARTTLS, and required." },
  "smtp+insecure:": { security: "none", port: 25, help: "No protection: for a server on this machine." },
};

/** `[accounts.NAME.oauth2]` */
export const oauthTable = {
  provider: {
    example: '"google"',
    help: "The provider, whose addresses are then known.",
  },
  "client-id": {
    example: '"1234.apps.example.org"',
    help: "The id that you got from the provider when you registered a client of your own there. Required unless there is a token-command.",
  },
  "client-secret": {
    example: '"…"',
    help: "What some providers give out with the id. With a client that runs on people's own machines it is no secret, whatever it is called.",
  },
  scope: { example: '"https://mail.example.org/ offline_access"', help: "What access is asked for." },
  "authorization-url": {
    example: '"https://login.example.org/authorize"',
    help: "Where you allow access in a browser.",
  },
  "token-url": { example: '"https://login.example.org/token"', help: "Where tokens are given out." },
  "device-url": {
    example: '"https://login.example.org/device"',
    help: "Where codes are given out that you type on another device (RFC 8628).",
  },
  "redirect-port": {
    example: "8080",
    help: "The port of this machine that the browser is sent back to, for providers that want to know it beforehand. Otherwise any that is free.",
  },
  "token-command": {
    example: '"oauth-helper token me@example.org"',
    help: "A command for /bin/sh whose first line of output is an access token that is good now. Nothing else of this table is then used.",
  },
} as const satisfies Readonly<Record<string, Setting>>;
