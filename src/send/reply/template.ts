/** Messages that begin with a text of the person's own: a file as a draft is one, with words in braces to be filled in. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { personsPath } from "../../account/paths.ts";
import { type Templates, templateNames, type Writing } from "../../account/writing.ts";
import { longDate } from "../../mail/format.ts";
import { readAddresses } from "../compose/addresses.ts";
import { addressFields, type Draft, fieldOf, listOf, oneLine, withField } from "../compose/draft.ts";
import { filledIn, type Mentioned, type Words, wordsOf } from "../compose/placeholders.ts";
import { parseDraft } from "../compose/text.ts";
import { SendError } from "../errors.ts";
import { withSender } from "./sender.ts";

export type Template = Pick<Draft, "headers" | "attachments" | "body">;

/** The words of a message that answers none: of its first recipient, and of now. */
function ownWords(draft: Draft): Words {
  const [person = { name: "", email: "" }] = people(listOf(draft, "To"));
  return {
    date: longDate(Date.now()),
    name: person.name || person.email,
    address: person.email,
    subject: fieldOf(draft, "Subject"),
  };
}

function people(list: string): ReturnType<typeof readAddresses> {
  try {
    return readAddresses(list);
  } catch {
    return [];
  }
}

/** One of the templates by its name, or a file by a path with a slash. Throws SendError "NO_TEMPLATE", "DRAFT". */
export async function readTemplate(templates: Templates, name: string): Promise<Template> {
  const file = name.includes("/") ? personsPath(name) : join(templates.directory, name);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    const there = templateNames(templates);
    const hint =
      there.length > 0 ? `there are ${there.join(", ")}` : `templates are files in ${templates.directory}`;
    throw new SendError("NO_TEMPLATE", `there is no template ${name}`, hint);
  }
  try {
    const { headers, attachments, body } = parseDraft(text);
    return { headers, attachments, body };
  } catch (error) {
    if (!(error instanceof SendError)) throw error;
    throw new SendError(error.code, `template ${name}: ${error.message}`, error.hint);
  }
}

/** The draft with the template's fields: its recipients besides those there are, all else in place of what there is. */
export function withFields(draft: Draft, { headers, attachments }: Template, writing: Writing): Draft {
  let result: Draft = { ...draft, attachments: [...draft.attachments, ...attachments] };
  for (const { name, value } of headers) {
    if (value === "") continue;
    const known = addressFields.find((field) => field.toLowerCase() === name.toLowerCase()) ?? name;
    if (known === "From") result = withSender(result, writing, value);
    else if (known === "To" || known === "Cc" || known === "Bcc") {
      const all = [listOf(result, known), value].filter((text) => text !== "");
      result = withField(result, known, all.join(", "));
    } else result = withField(result, name, value);
  }
  return result;
}

/**
 * The draft with the template's text, where `{body}` stands for what is there without it: a quote, what a script gives,
 * the signature. Without `{body}` it stands above that. `original`: of an answer, or of what is passed on.
 */
export function withText(draft: Draft, { headers, body: text }: Template, original?: Mentioned): Draft {
  const [me] = people(fieldOf(draft, "From"));
  const words = { ...(original ? wordsOf(original) : ownWords(draft)), me: me?.name || me?.email || "" };
  let result = draft;
  // Its own fields alone: what comes from a stranger stays as it is.
  for (const { name, value } of headers)
    if (/^(?:subject|x-.*)$/i.test(name) && fieldOf(result, name) === value)
      result = withField(result, name, oneLine(filledIn(value, words)));
  const below = draft.body.replace(/^\n+/, "");
  if (text.includes("{body}")) return { ...result, body: filledIn(text, words, below.trimEnd()) };
  const above = filledIn(text, words).trimEnd();
  return { ...result, body: below === "" ? `${above}\n` : `${above}\n\n${below}` };
}
