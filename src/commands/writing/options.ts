/** What can be said of a message on a command line, and the draft that comes of it. */
import type { Templates, Writing } from "../../account/writing.ts";
import type { Draft } from "../../send/compose/draft.ts";
import type { Mentioned } from "../../send/compose/placeholders.ts";
import { readAll } from "../append.ts";
import type { Context, Params, Values } from "../definition.ts";

export const messageOptions = {
  to: {
    type: "address",
    repeat: true,
    help: "who it is to: an address, Name <address>, or several with commas",
  },
  cc: { type: "address", repeat: true, help: "who else gets it" },
  bcc: { type: "address", repeat: true, help: "who gets it without the others learning of it" },
  subject: { type: "text", alias: "s", help: "its subject" },
  from: { type: "text", help: "your address to send it from" },
  attach: { type: "file", repeat: true, help: "a file to go along" },
  protect: {
    type: "text",
    words: ["sign", "encrypt", "sign,encrypt", "none"],
    help: "sign, encrypt, both with a comma, or none, whatever the account's settings say",
  },
  receipt: { type: "flag", help: "ask for a receipt once it is displayed" },
  body: { type: "text", alias: "b", help: "its text; without it, standard input where that is no terminal" },
} as const satisfies Params;

export const templateOption = {
  template: {
    type: "template",
    help: "a template that it begins with, by its name or as a path with a slash; none for none at all",
  },
} as const satisfies Params;

export const fateOptions = {
  at: { type: "text", help: "when to send it: 10s, 30min, 2h, 18:00, 2027-01-31T09:00" },
  draft: { type: "flag", help: "keep it as a draft, and do not send it" },
  print: { type: "flag", help: "print the message as it would be sent, and do not send it" },
} as const satisfies Params;

export type MessageValues = Values<typeof messageOptions>;
export type FateValues = Values<typeof fateOptions>;

/** All of standard input as text, without a newline at its end; empty where it is a terminal. */
async function fromStdin({ stdin }: Context): Promise<string> {
  if ("isTTY" in stdin && stdin.isTTY === true) return "";
  return (await readAll(stdin)).toString("utf8").replace(/\r\n?/g, "\n").replace(/\n+$/, "");
}

/** What a message begins with besides its draft. */
export interface Begun {
  readonly kind: Exclude<keyof Templates, "directory">;
  /** The template that the command line names. */
  readonly template: string | undefined;
  readonly writing: Writing;
  /** What is answered, or passed on. */
  readonly original?: Mentioned;
}

/** A person's messages begin with the template of the settings, a script's with the one that it names. */
async function templateFor({ writer }: Context, { kind, template, writing, original }: Begun) {
  const name = template ?? (writer ? writing.templates[kind] : null);
  if (name === null || name === "none") return null;
  const { readTemplate, withFields, withText } = await import("../../send/reply/template.ts");
  const read = await readTemplate(writing.templates, name);
  return {
    withFields: (draft: Draft) => withFields(draft, read, writing),
    withText: (draft: Draft) => withText(draft, read, original),
  };
}

/** The draft with what the command line says of it. What a script writes stands above what is there. */
export async function withOptions(
  context: Context,
  draft: Draft,
  values: MessageValues,
  begun?: Begun,
): Promise<Draft> {
  const { attachmentOf, oneLine, withField, listOf } = await import("../../send/compose/draft.ts");
  const template = begun ? await templateFor(context, begun) : null;
  let result = template?.withFields(draft) ?? draft;
  for (const [name, given] of [
    ["To", values.to],
    ["Cc", values.cc],
    ["Bcc", values.bcc],
  ] as const) {
    if (given.length === 0) continue;
    const all = [listOf(result, name), ...given].filter((text) => text !== "").join(", ");
    result = withField(result, name, oneLine(all));
  }
  if (values.subject !== undefined) result = withField(result, "Subject", oneLine(values.subject));
  if (values.protect !== undefined) result = withField(result, "Protect", oneLine(values.protect));
  if (values.receipt) result = withField(result, "Disposition-Notification-To", listOf(result, "From"));
  const { aliasesOf, withoutAliases } = await import("../../send/contacts/aliases.ts");
  result = withoutAliases(result, aliasesOf(context.mail.account));
  // A person writes in their editor, a script what it is given.
  const text = values.body ?? (context.writer ? "" : await fromStdin(context));
  const below = result.body.replace(/^\n+/, "");
  const written: Draft = {
    ...result,
    attachments: [...result.attachments, ...values.attach.map(attachmentOf)],
    body: text === "" ? result.body : `${text}\n${below === "" ? "" : `\n${below}`}`,
  };
  return template?.withText(written) ?? written;
}
