/**
 * How a value looks as JSON. One table of fields gives the JSON itself, its JSON Schema, what the manual page says of it,
 * and the names that `--fields` and `--format` know. Names are those of RFC 8621 where it has them; no member and no
 * array is ever left out, and null stands for what is not known.
 */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** The part of JSON Schema (2020-12) that is used here. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly const?: string | number | boolean;
  readonly enum?: readonly (string | null)[];
  readonly format?: string;
  readonly contentEncoding?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly oneOf?: readonly Schema[];
}

/** One member: `of` makes its value, `Where` being what surrounds it. */
export interface Field<T, Where> {
  readonly schema: Schema;
  of(value: T, where: Where): Json;
}

export type Fields<T, Where = unknown> = Readonly<Record<string, Field<T, Where>>>;

type Of<T, W, V> = (value: T, where: W) => V;

export function text<T, W>(description: string, of: Of<T, W, string>): Field<T, W> {
  return { schema: { type: "string", description }, of };
}

export function textOrNull<T, W>(description: string, of: Of<T, W, string | null>): Field<T, W> {
  return { schema: { type: ["string", "null"], description }, of };
}

/** One of a few words. */
export function word<T, W, V extends string | null>(
  description: string,
  words: readonly V[],
  of: Of<T, W, V>,
): Field<T, W> {
  return { schema: { enum: words, description }, of };
}

export function whole<T, W>(description: string, of: Of<T, W, number>): Field<T, W> {
  return { schema: { type: "integer", description }, of };
}

export function wholeOrNull<T, W>(description: string, of: Of<T, W, number | null>): Field<T, W> {
  return { schema: { type: ["integer", "null"], description }, of };
}

export function numberOrNull<T, W>(description: string, of: Of<T, W, number | null>): Field<T, W> {
  return { schema: { type: ["number", "null"], description }, of };
}

export function yes<T, W>(description: string, of: Of<T, W, boolean>): Field<T, W> {
  return { schema: { type: "boolean", description }, of };
}

/** A time in milliseconds since the epoch, as RFC 3339 in UTC. */
export function date<T, W>(description: string, of: Of<T, W, number>): Field<T, W> {
  return {
    schema: { type: "string", format: "date-time", description },
    of: (value, where) => new Date(of(value, where)).toISOString(),
  };
}

export function dateOrNull<T, W>(description: string, of: Of<T, W, number | null>): Field<T, W> {
  return {
    schema: { type: ["string", "null"], format: "date-time", description },
    of: (value, where) => {
      const ms = of(value, where);
      return ms === null ? null : new Date(ms).toISOString();
    },
  };
}

export function texts<T, W>(description: string, of: Of<T, W, readonly string[]>): Field<T, W> {
  return { schema: { type: "array", items: { type: "string" }, description }, of };
}

export function wholes<T, W>(description: string, of: Of<T, W, readonly number[]>): Field<T, W> {
  return { schema: { type: "array", items: { type: "integer" }, description }, of };
}

/** A set, as an object whose members are all `true` (RFC 8621 §4.1.1). */
export function set<T, W>(description: string, of: Of<T, W, readonly string[]>): Field<T, W> {
  return {
    schema: { type: "object", additionalProperties: { const: true }, description },
    of: (value, where) => Object.fromEntries(of(value, where).map((name) => [name, true])),
  };
}

export function object<T, W, P>(description: string, fields: Fields<P, W>, of: Of<T, W, P>): Field<T, W> {
  return {
    schema: { ...schemaOf(fields), description },
    of: (value, where) => jsonOf(fields, of(value, where), where),
  };
}

export function objectOrNull<T, W, P>(
  description: string,
  fields: Fields<P, W>,
  of: Of<T, W, P | null>,
): Field<T, W> {
  return {
    schema: { ...schemaOf(fields), type: ["object", "null"], description },
    of: (value, where) => {
      const inner = of(value, where);
      return inner === null ? null : jsonOf(fields, inner, where);
    },
  };
}

export function objects<T, W, P>(
  description: string,
  fields: Fields<P, W>,
  of: Of<T, W, readonly P[]>,
): Field<T, W> {
  return {
    schema: { type: "array", items: schemaOf(fields), description },
    of: (value, where) => of(value, where).map((inner) => jsonOf(fields, inner, where)),
  };
}

/** `names`: only these of the fields, in this order. */
export function jsonOf<T, W>(
  fields: Fields<T, W>,
  value: T,
  where: W,
  names: readonly string[] = Object.keys(fields),
): JsonObject {
  return Object.fromEntries(names.map((name) => [name, fields[name]?.of(value, where) ?? null]));
}

/** The same members, of what `to` finds in a value and its surroundings. */
export function fieldsOf<T, P, W>(
  fields: Fields<P, W>,
  to: (value: T, where: W) => readonly [inner: P, where: W],
): Fields<T, W> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, { schema, of }]) => [
      name,
      { schema, of: (value: T, where: W) => of(...to(value, where)) },
    ]),
  );
}

export function schemaOf<T, W>(fields: Fields<T, W>): Schema {
  return {
    type: "object",
    properties: Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema])),
    required: Object.keys(fields),
  };
}
