/** Completion of a path that is being typed. */
import { readdir } from "node:fs/promises";
import { personsPath } from "../../account/paths.ts";
import { safeText } from "../../message/safe.ts";
import { Lookup } from "./lookup.ts";
import type { Completion } from "./prompt.ts";

interface Name {
  readonly name: string;
  readonly directory: boolean;
}

async function namesIn(directory: string): Promise<Name[]> {
  const found = await readdir(personsPath(directory), { withFileTypes: true });
  return found
    .map((entry) => ({ name: entry.name, directory: entry.isDirectory() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Completes paths for one line; `found` is called where more is known than when it was asked. */
export function pathCompletion(found: () => void): (text: string) => readonly Completion[] {
  const lookup = new Lookup(namesIn, found);
  return (text) => {
    const cut = text.lastIndexOf("/") + 1;
    const [head, typed] = [text.slice(0, cut), text.slice(cut)];
    return (
      lookup
        .get(head || ".")
        .filter(({ name }) => name.startsWith(typed) && (typed !== "" || !name.startsWith(".")))
        .map(({ name, directory }) => ({
          text: `${head}${name}${directory ? "/" : ""}`,
          help: directory ? "directory" : "",
        }))
        // A name that no line can hold as it is.
        .filter(({ text: whole }) => safeText(whole) === whole)
    );
  };
}
