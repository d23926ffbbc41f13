/** Results as JSON, by the tables of src/commands/shapes.ts: version 1 of the contract with scripts. */
import type { Result } from "../commands/index.ts";
import type { JsonObject } from "../commands/shape.ts";
import { type Shape, shapes, type Where } from "../commands/shapes.ts";

/** What JSON may hold as it is and a terminal may not: DEL and C1, and what reorders or hides text. */
const unsafe = /[\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** One line of JSON in which every control character is escaped. */
export function safeJson(value: unknown): string {
  const json = JSON.stringify(value);
  return `${json.replace(unsafe, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}

/** What a command of the shell alone prints: its members, with what stands around all JSON. */
export function ownJson(members: object): string {
  return safeJson({ version: 1, ...members, warnings: [] });
}

/** The table for a result. */
export function shapeOf<R extends Result>(result: R): Shape<R> {
  // Each kind has the shape that is made for it.
  return shapes[result.kind] as unknown as Shape<R>;
}

/** Its items as JSON, with `names` only these members; none where it is no list. Made as they are asked for. */
export function* itemsJson(result: Result, where: Where, names?: readonly string[]): Generator<JsonObject> {
  const { items } = shapeOf(result);
  const length = items?.count(result) ?? 0;
  for (let at = 0; items && at < length; at++) yield items.json(result, at, where, names);
}

/** Its members but for the items. */
export function membersJson(result: Result, where: Where): JsonObject {
  const { fields } = shapeOf(result);
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.of(result, where)]));
}

/** One result as one line of JSON. */
export function resultJson(
  result: Exclude<Result, { kind: "bytes" }>,
  where: Where,
  warnings: readonly string[],
  names?: readonly string[],
): string {
  const { items } = shapeOf(result);
  return safeJson({
    version: 1,
    account: where.account.name,
    ...membersJson(result, where),
    ...(items ? { items: [...itemsJson(result, where, names)] } : {}),
    warnings,
  });
}

/** Raw bytes as one line of JSON, `data` in base64; written as they come, so that none of them are held. */
export async function* bytesJson(
  result: Extract<Result, { kind: "bytes" }>,
  where: Where,
): AsyncGenerator<string> {
  const head = { version: 1, account: where.account.name, ...membersJson(result, where), warnings: [] };
  yield `${safeJson(head).slice(0, -2)},"data":"`;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of result.stream as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    // Three octets make four characters: what is left over waits for the next chunk.
    const whole = bytes.length - (bytes.length % 3);
    rest = bytes.subarray(whole);
    yield bytes.toString("base64", 0, whole);
  }
  yield `${rest.toString("base64")}"}\n`;
}
