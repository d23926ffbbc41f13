/** What the commands of the shell alone print with `--json`, where that is no result of mail. */
import { envelope } from "../commands/schema.ts";
import type { Schema } from "../commands/shape.ts";
import type { OwnName } from "./own.ts";

const text = (description: string): Schema => ({ type: "string", description });
const textOrNull = (description: string): Schema => ({ type: ["string", "null"], description });
const whole = (description: string): Schema => ({ type: "integer", description });
const word = (description: string, ...words: readonly (string | null)[]): Schema => ({
  enum: words,
  description,
});
const object = (description: string, properties: Readonly<Record<string, Schema>>): Schema => ({
  type: "object",
  description,
  properties,
  required: Object.keys(properties),
});
const list = (description: string, items: Schema): Schema => ({ type: "array", items, description });
const settings = (description: string): Schema => ({
  type: "object",
  additionalProperties: true,
  description,
});

const account = object("the account", {
  name: text("its name in the config"),
  address: text("its mail address"),
  imap: text("where its mail is"),
  smtp: textOrNull("where mail is sent from"),
  user: text("the user name"),
  login: word("by what it logs in", "password", "oauth2"),
  secret: text("where the password or token comes from"),
  caFile: textOrNull("certificate authorities that are trusted for it"),
  pin: textOrNull("the one certificate that is accepted"),
});
const accounts = list("the accounts", account);
const path = text("where the config file is");
const said = text("what was done, or is so, in a sentence");

/** Each is one of the forms that a command's JSON may have. */
export const ownSchemas: Partial<Record<OwnName, readonly Schema[]>> = {
  doctor: [
    envelope(
      {
        items: list(
          "what was looked at",
          object("one check", {
            account: textOrNull("the account that it is about, by its name in the config"),
            check: text("what was looked at"),
            state: word("what came of it", "good", "note", "bad"),
            text: text("the same in a sentence"),
            hint: text("what to do; empty where nothing"),
          }),
        ),
      },
      "nothing",
    ),
  ],
  keys: [
    envelope(
      {
        items: list(
          "the keys",
          object("one key", {
            place: text("where it holds"),
            keys: text("what to press"),
            line: text("what it does, as a command line"),
            summary: text("the same in words"),
            imap: text("the IMAP commands that it causes; empty for none"),
          }),
        ),
      },
      "nothing",
    ),
  ],
  account: [envelope({ text: said }), envelope({ items: accounts }, "nothing"), envelope({ item: account })],
  config: [
    envelope({ path }, "nothing"),
    envelope({ path, accounts: list("names of accounts", text("a name")), text: said }, "nothing"),
    envelope(
      {
        path,
        accounts,
        screen: settings("as in postern-config(5)"),
        keys: settings("as in postern-config(5)"),
        contacts: { ...settings("as in postern-config(5)"), type: ["object", "null"] },
      },
      "nothing",
    ),
  ],
  agent: [
    envelope({
      kind: word("what serves the account", "agent", "screen"),
      pid: whole("its process"),
      commands: whole("how many commands it has run"),
      line: text("how its line to the server is"),
      since: { type: "string", format: "date-time", description: "since when" },
    }),
  ],
  version: [
    envelope(
      {
        postern: text("the version"),
        node: text("the version of Node.js"),
        platform: text("as Node.js calls it"),
        arch: text("as Node.js calls it"),
      },
      "nothing",
    ),
  ],
};
