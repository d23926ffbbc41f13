// A validator for the part of JSON Schema that the program's own schemas use; strict: what no schema tells of is wrong.
import assert from "node:assert/strict";
import type { Schema } from "../../src/commands/shape.ts";

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

/** What is wrong with `value`; empty where nothing is. */
export function faults(schema: Schema, value: unknown, at = "$"): string[] {
  if (schema.oneOf) {
    const fitting = schema.oneOf.filter((one) => faults(one, value, at).length === 0);
    return fitting.length === 1 ? [] : [`${at}: fits ${fitting.length} of ${schema.oneOf.length}`];
  }
  if (schema.const !== undefined && value !== schema.const) return [`${at}: is not ${schema.const}`];
  if (schema.enum && !schema.enum.some((one) => one === value)) return [`${at}: ${value} is not in enum`];
  const types = schema.type === undefined ? null : [schema.type].flat();
  const type = typeOf(value);
  if (types && !types.includes(type) && !(type === "integer" && types.includes("number")))
    return [`${at}: is ${type}, not ${types.join(" or ")}`];
  if (schema.format === "date-time" && typeof value === "string")
    return new Date(value).toISOString() === value ? [] : [`${at}: ${value} is no time`];
  if (Array.isArray(value))
    return value.flatMap((one, i) => (schema.items ? faults(schema.items, one, `${at}[${i}]`) : []));
  if (type !== "object") return [];
  const members = value as Readonly<Record<string, unknown>>;
  const missing = (schema.required ?? []).filter((name) => !(name in members));
  return [
    ...missing.map((name) => `${at}: has no ${name}`),
    ...Object.entries(members).flatMap(([name, one]) => {
      const own = schema.properties?.[name] ?? schema.additionalProperties;
      if (own === undefined || typeof own === "boolean") return own === true ? [] : [`${at}: has ${name}`];
      return faults(own, one, `${at}.${name}`);
    }),
  ];
}

export function assertFits(schema: Schema, value: unknown, what: string): void {
  assert.deepEqual(faults(schema, value).slice(0, 5), [], what);
}
