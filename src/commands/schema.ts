/** JSON Schemas (2020-12) of what commands print, from the tables of shapes.ts. */

import type { Command } from "./definition.ts";
import { commands } from "./index.ts";
import type { ResultKind } from "./result.ts";
import type { Schema } from "./shape.ts";
import { shapes } from "./shapes.ts";

const draft = "https://json-schema.org/draft/2020-12/schema";

const version: Schema = {
  const: 1,
  description: "changes when something is taken away or means something else",
};
const account: Schema = { type: "string", description: "the account, by its name in the config" };
const warnings: Schema = {
  type: "array",
  items: { type: "string" },
  description: "what a person should know, in sentences",
};

/** An object with the members that stand around every result. */
export function envelope(
  properties: Readonly<Record<string, Schema>>,
  of: "account" | "nothing" = "account",
): Schema {
  const all = { version, ...(of === "account" ? { account } : {}), ...properties, warnings };
  return { type: "object", properties: all, required: Object.keys(all) };
}

/** What `--json` prints for a result. */
export function resultSchema(kind: ResultKind): Schema {
  const { fields, items } = shapes[kind];
  return envelope({
    ...Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema])),
    ...(items
      ? { items: { type: "array", items: items.schema, description: "what is listed; --jsonl prints these" } }
      : {}),
    ...(kind === "bytes"
      ? { data: { type: "string", contentEncoding: "base64", description: "the bytes" } }
      : {}),
  });
}

/** What goes to standard error where a command fails, with `--json`. */
export const errorSchema: Schema = {
  type: "object",
  properties: {
    version,
    error: {
      type: "object",
      description: "what went wrong",
      properties: {
        code: {
          type: "string",
          description: "one of postern(1), or the server's response code (RFC 9051, section 7.1)",
        },
        message: { type: "string", description: "the same in a sentence" },
        hint: { type: "string", description: "what to do" },
        imap: { type: ["string", "null"], description: "what the server said" },
        retryable: { type: "boolean", description: "true where the same may go well in a while" },
      },
      required: ["code", "message", "hint", "imap", "retryable"],
    },
  },
  required: ["version", "error"],
};

/** The schema of what has one of these forms. */
export function oneOf(title: string, forms: readonly Schema[]): Schema & { readonly $schema: string } {
  const [only, ...more] = forms;
  return { $schema: draft, title, ...(more.length === 0 ? only : { oneOf: forms }) } as Schema & {
    readonly $schema: string;
  };
}

/** The schema of one command. */
export function schemaFor(name: string, kinds: readonly ResultKind[]): Schema & { readonly $schema: string } {
  return oneOf(`postern ${name} --json`, kinds.map(resultSchema));
}

/** Of every command, by name. */
export function allSchemas(): Readonly<Record<string, Schema>> {
  const own = (command: Command) => [command.name, schemaFor(command.name, command.returns)] as const;
  return Object.fromEntries(commands.filter((command) => !command.screenOnly).map(own));
}
