/** `postern schema`: the JSON Schemas of what commands print. */
import { UsageError } from "../commands/index.ts";
import { allSchemas, errorSchema, schemaFor } from "../commands/schema.ts";
import { safeJson } from "./json.ts";
import { type OwnCommand, ownCommands } from "./own.ts";

/** Prints the schema of one command, or of all by their names. Throws UsageError. */
export function printSchema(name: string | undefined): void {
  const own = Object.entries<OwnCommand>(ownCommands).flatMap(([command, { returns }]) =>
    returns ? [[command, schemaFor(command, returns)] as const] : [],
  );
  const all = { ...allSchemas(), ...Object.fromEntries(own), error: errorSchema };
  const chosen = name === undefined ? all : Object.entries(all).find(([known]) => known === name)?.[1];
  if (chosen === undefined)
    throw new UsageError(`there is no schema for "${name}"`, `there are: ${Object.keys(all).join(", ")}`);
  process.stdout.write(safeJson(chosen));
}
