/** `postern schema`: the JSON Schemas of what commands print. */
import { UsageError } from "../commands/index.ts";
import { allSchemas, errorSchema, oneOf, schemaFor } from "../commands/schema.ts";
import type { Schema } from "../commands/shape.ts";
import { safeJson } from "./json.ts";
import { type OwnCommand, ownCommands } from "./own.ts";
import { ownSchemas } from "./own-schema.ts";

/** By the names of commands, and of errors. */
export function everySchema(): Readonly<Record<string, Schema>> {
  const events = Object.entries<OwnCommand>(ownCommands).flatMap(([command, { returns }]) =>
    returns ? [[command, schemaFor(command, returns)] as const] : [],
  );
  const own = Object.entries(ownSchemas).map(
    ([command, forms]) => [command, oneOf(`postern ${command} --json`, forms)] as const,
  );
  return { ...allSchemas(), ...Object.fromEntries([...events, ...own]), error: errorSchema };
}

/** Prints the schema of one command, or of all by their names. Throws UsageError. */
export function printSchema(name: string | undefined): void {
  const all = everySchema();
  const chosen = name === undefined ? all : Object.entries(all).find(([known]) => known === name)?.[1];
  if (chosen === undefined)
    throw new UsageError(`there is no schema for "${name}"`, `there are: ${Object.keys(all).join(", ")}`);
  process.stdout.write(safeJson(chosen));
}
