/** `postern schema`: the JSON Schemas of what commands print. */
import { UsageError } from "../commands/index.ts";
import { allSchemas, errorSchema } from "../commands/schema.ts";
import { safeJson } from "./json.ts";

/** Prints the schema of one command, or of all by their names. Throws UsageError. */
export function printSchema(name: string | undefined): void {
  const all = { ...allSchemas(), error: errorSchema };
  const chosen = name === undefined ? all : Object.entries(all).find(([known]) => known === name)?.[1];
  if (chosen === undefined)
    throw new UsageError(`there is no schema for "${name}"`, `there are: ${Object.keys(all).join(", ")}`);
  process.stdout.write(safeJson(chosen));
}
