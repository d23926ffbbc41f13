/** Where addresses are found beside the mail itself: the table `[contacts]`. */
import { Section } from "./section.ts";
import { contactSettings } from "./settings.ts";

export interface ContactSettings {
  /** Files of vCards, or directories of such files: absolute. */
  readonly vcards: readonly string[];
  /** A program and its words, `%s` in them for what is looked for; null: none. */
  readonly command: readonly string[] | null;
  /** Addresses by their alias, as they were written: they may be aliases themselves. */
  readonly aliases: Readonly<Record<string, string>>;
}

/** One text or several. */
function texts(section: Section, key: string): readonly string[] {
  return Array.isArray(section.table[key]) ? (section.texts(key) ?? []) : [section.text(key) ?? []].flat();
}

/** The words of a command: quotes hold one together, and nothing else means anything. */
function wordsOf(section: Section): readonly string[] | null {
  const given = texts(section, "command");
  const words =
    given.length > 1
      ? given
      : [...(given[0] ?? "").matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
          word.replace(
            /"([^"]*)"|'([^']*)'/g,
            (_, double?: string, single?: string) => double ?? single ?? "",
          ),
        );
  return words.length === 0 ? null : words;
}

function aliases(section: Section): Record<string, string> {
  if (section.table.aliases === undefined) return {};
  const below = new Section(section.path, `${section.name}.aliases`, section.table.aliases);
  return Object.fromEntries(
    Object.keys(below.table).map((name) => {
      if (!/^[^\s,;:@<>"()]+$/.test(name))
        throw below.wrong(
          `has an alias that cannot be told from an address: "${name}"`,
          "use letters, digits, - and .",
        );
      return [name, texts(below, name).join(", ")];
    }),
  );
}

/** Throws AccountError "CONFIG". */
export function readContacts(path: string, table: unknown): ContactSettings {
  const section = new Section(path, "contacts", table);
  section.only(Object.keys(contactSettings));
  const vcards = texts(section, "vcard").map((file) => section.resolved(file));
  return { vcards, command: wordsOf(section), aliases: aliases(section) };
}
