/** A result on standard output: as text, as JSON, or item by item as a script asks for it. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Result, type ResultKind, UsageError } from "../commands/index.ts";
import type { Json, JsonObject } from "../commands/shape.ts";
import type { Where } from "../commands/shapes.ts";
import { formatSize } from "../mail/format.ts";
import { safeText } from "../message/safe.ts";
import type { Progress } from "./progress.ts";
import type { Streams } from "./streams.ts";

export interface Printing {
  readonly json: boolean;
  /** Each item by itself; `json` is then true as well. */
  readonly jsonl: boolean;
  /** Lines end with NUL. */
  readonly null: boolean;
  readonly ascii: boolean;
  /** Only these members of the items. */
  readonly fields?: readonly string[];
  readonly format?: string;
}

/** A place of a template: `{name}`, or what stands between. */
const places = /\{([A-Za-z]+)\}|\\([tn0\\])/g;

/** Refuses names that none of the results has: before anything is asked of a server. Throws UsageError. */
export async function checkNames({ fields, format }: Printing, kinds: readonly ResultKind[]): Promise<void> {
  const used = fields ?? [...(format ?? "").matchAll(places)].flatMap(([, name]) => name ?? []);
  if (used.length === 0) return;
  const { namesOf } = await import("../commands/shapes.ts");
  const known = [...new Set(kinds.flatMap(namesOf))];
  const unknown = used.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new UsageError(`there is no field "${unknown}"`, `there are: ${known.join(", ")}`);
}

/** A value in a line of text: people as in a message's header, lists with commas. */
function plain(value: Json): string {
  if (value === null) return "";
  if (Array.isArray(value)) return value.map(plain).join(", ");
  if (typeof value !== "object") return String(value);
  const { name, email, ...rest } = value as JsonObject;
  if (email !== undefined) return name === null ? plain(email) : `${plain(name ?? null)} <${plain(email)}>`;
  if (name !== undefined) return plain(name);
  return Object.keys(rest).join(",");
}

const escapes: Readonly<Record<string, string>> = { t: "\t", n: "\n", 0: "\0", "\\": "\\" };

function formatted(template: string, item: JsonObject): string {
  return template.replace(places, (_, name: string | undefined, escaped: string | undefined) =>
    name === undefined ? (escapes[escaped ?? ""] ?? "") : safeText(plain(item[name] ?? null)),
  );
}

/** The lines of `--jsonl`, `--fields` and `--format`, made as they are wanted. */
async function* lines(result: Result, where: Where, how: Printing): AsyncGenerator<string> {
  const { itemsJson, membersJson, safeJson, shapeOf } = await import("./json.ts");
  const end = how.null ? "\0" : "\n";
  const hasItems = shapeOf(result).items !== null;
  const all = hasItems ? itemsJson(result, where, how.fields) : [membersJson(result, where)];
  for (const item of all) {
    if (how.jsonl) yield safeJson(item);
    else if (how.format !== undefined) yield formatted(how.format, item);
    else yield (how.fields ?? []).map((name) => safeText(plain(item[name] ?? null))).join("\t") + end;
  }
}

/** Writes a result; `label` is the account's name where there are several. */
export async function print(
  result: Result,
  where: Where,
  warnings: readonly string[],
  how: Printing,
  label: string | null,
  { stdout, columns, utf8 }: Streams,
  progress: Progress,
): Promise<void> {
  progress.clear();
  const write = (source: AsyncIterable<string | Buffer>) =>
    pipeline(Readable.from(source, { objectMode: false }), stdout, { end: false });
  if (result.kind === "bytes") {
    const { stream } = result;
    if (how.json) return write((await import("./json.ts")).bytesJson(result, where));
    if (columns === null) {
      let done = 0;
      stream.on("data", (chunk: Buffer) => {
        done += chunk.length;
        progress.tell("fetching", done, result.size ?? null, formatSize);
      });
      await pipeline(stream, stdout, { end: false });
      progress.clear();
      return;
    }
    return write((await import("./text.ts")).bytesText(stream));
  }
  if (how.jsonl || how.format !== undefined || (how.fields && !how.json)) {
    if (result.kind !== "event") return write(lines(result, where, how));
    // One of many: each pipeline would leave its listeners behind.
    for await (const line of lines(result, where, how)) stdout.write(line);
    return;
  }
  if (how.json) {
    const { resultJson } = await import("./json.ts");
    stdout.write(resultJson(result, where, warnings, how.fields));
    return;
  }
  const target = { columns, now: Date.now(), utf8: !how.ascii && utf8 };
  const text = (await import("./text.ts")).resultText(result, target);
  stdout.write(labelled(how.null ? text.replaceAll("\n", "\0") : text, label, columns !== null));
}

/** On a terminal a heading; in a pipe one more column, so that a line says it by itself. */
function labelled(text: string, label: string | null, onTerminal: boolean): string {
  if (label === null) return text;
  const name = safeText(label);
  return onTerminal ? `${name}\n${text}\n` : text.replace(/^(?=.)/gm, `${name}\t`);
}
