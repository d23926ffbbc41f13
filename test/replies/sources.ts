/** Server replies in the formats that mail projects keep them in, as bytes a server would have sent. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { isMap, parseYaml, type YamlMap } from "./yaml.ts";

export interface Transcript {
  /** File, and which of its replies. */
  readonly name: string;
  readonly bytes: Buffer;
  /** The parse that a fixture with results expects. */
  readonly expected?: YamlMap;
  /** Several servers' answers about one message: those with the same subject must agree. */
  readonly subject?: string;
}

/** As on the wire: CRLF for every line end. */
const crlf = (bytes: Buffer) => Buffer.from(bytes.toString("latin1").replace(/\r?\n/g, "\r\n"), "latin1");

/** A transcript of one server's side; the tag stands as `A########`. */
function transcript(name: string, bytes: Buffer): Transcript[] {
  const text = crlf(bytes)
    .toString("latin1")
    .replace(/^A#{8}/gm, "A00000001");
  return [{ name, bytes: Buffer.from(text.endsWith("\r\n") ? text : `${text}\r\n`, "latin1") }];
}

/** `:response:` strings with `:expected:` values beside them. */
function fixtures(name: string, bytes: Buffer): Transcript[] {
  const root = parseYaml(bytes.toString("utf8"));
  const tests = isMap(root) ? root.get(":tests") : undefined;
  const found: Transcript[] = [];
  for (const [title, test] of isMap(tests) ? tests : []) {
    const response = isMap(test) ? test.get(":response") : undefined;
    if (typeof response !== "string" || !isMap(test)) continue;
    const expected = test.get(":expected");
    found.push({
      name: `${name}#${title}`,
      bytes: Buffer.from(response, "utf8"),
      ...(isMap(expected) ? { expected } : {}),
    });
  }
  return found;
}

/** What one server answered to FETCH of one message's structure: `NNN.server.body`, the list alone. */
function structure(name: string, bytes: Buffer): Transcript[] {
  if (bytes.toString("latin1").trim() === "") return [];
  const reply = Buffer.concat([Buffer.from("* 1 FETCH "), bytes, Buffer.from("\r\n")]);
  const subject = `${name.replace(/\.[a-z]+(?:\.\d+)*\.(body|bodystructure)$/, "")} ${name.split(".").at(-1)}`;
  return [{ name, bytes: reply, subject }];
}

/** Where the reply that begins at `start` ends: its lines and the literals between them. */
function replyEnd(text: string, start: number): number {
  for (let at = start; ; ) {
    const end = text.indexOf("\r\n", at);
    if (end < 0) return text.length;
    const size = /\{(\d+)\}$/.exec(text.slice(at, end))?.[1];
    if (size === undefined) return end + 2;
    at = end + 2 + Number(size);
  }
}

/** Stands where a script takes a list's items in any order: such a reply is a pattern, not a reply. */
const anyOrder = "any-order";

/**
 * Expected untagged replies between the commands of a test script. `{{{` to `}}}` is a literal there; `$name` stands
 * for a value of the run: a date, a text or a number.
 */
function script(name: string, bytes: Buffer): Transcript[] {
  const text = crlf(bytes)
    .toString("latin1")
    .replaceAll("$$", "k")
    .replaceAll("$!unordered", anyOrder)
    .replace(/(internaldate) \$!?\w+/gi, '$1 " 1-Jan-2020 00:00:00 +0000"')
    .replace(/(urlfetch \S+) \$!?\w+/gi, '$1 "text"')
    .replace(/(binary|body)(\[[^\]\r]*\]) \$!?\w+/gi, '$1$2 "text"')
    .replace(/\$!?\w*/g, "1")
    .replace(/\{\{\{\r\n([\s\S]*?)\r\n\}\}\}/g, (_whole, body: string) => `{${body.length}}\r\n${body}`);
  const found: Transcript[] = [];
  for (const { index } of text.matchAll(/^\* /gm)) {
    const reply = text.slice(index, replyEnd(text, index));
    if (reply.includes(anyOrder)) continue;
    found.push({ name: `${name}#${found.length + 1}`, bytes: Buffer.from(reply, "latin1") });
  }
  return found;
}

/** What is left of a regular expression that stands for one text alone; null where it is more than that. */
function plainText(expression: string): string | null {
  const text = expression.replace(/(?<=\] ?)\.\*$/, "");
  const operators = /(?<!\\)[|?^$]|\\[dws]|(?<!\\)[.)\]A-Za-z][*+]|(?<!\\)\(.*(?<!\\)\)|(?<!\\)\[.*(?<!\\)\]/;
  return operators.test(text) ? null : text.replace(/\\(.)/g, "$1");
}

/**
 * `S:` lines are regular expressions: those of one text alone are taken. A literal ends before the last parenthesis of
 * its reply, and its size is made to fit.
 */
function expressions(name: string, bytes: Buffer): Transcript[] {
  const found: Transcript[] = [];
  const lines = bytes.toString("latin1").split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const first = plainText(/^S: ?(.*)$/.exec(lines[i]!)?.[1] ?? "?");
    if (first === null || !/^(?:\*|\+|[A-Za-z0-9]+ (?:OK|NO|BAD)) /.test(first)) continue;
    const at = `${name}:${i + 1}`;
    const announced = /\{\d+\}$/.exec(first);
    if (!announced) {
      found.push({ name: at, bytes: Buffer.from(`${first}\r\n`, "latin1") });
      continue;
    }
    let body: string | null = "";
    while (/^S: (?!\\\*|[A-Za-z0-9]+ (?:OK|NO|BAD) )/.test(lines[i + 1] ?? "")) {
      const text = plainText(lines[++i]!.slice(3));
      body = body === null || text === null ? null : `${body}${text}\r\n`;
    }
    if (body === null || !body.endsWith(")\r\n") || body.includes("{")) continue;
    const content = body.slice(0, -3);
    const reply = `${first.slice(0, announced.index)}{${content.length}}\r\n${content})\r\n`;
    found.push({ name: at, bytes: Buffer.from(reply, "latin1") });
  }
  return found;
}

function read(file: string): Transcript[] {
  const bytes = readFileSync(file);
  const name = basename(file);
  if (/\.yml$/.test(name)) return fixtures(file, bytes);
  if (/\.(?:body|bodystructure)$/.test(name)) return structure(file, bytes);
  if (/\.test$/.test(name)) return expressions(file, bytes);
  if (/\.txt$/.test(name)) return transcript(file, bytes);
  return name.includes(".") || !/^(?:ok|no|bad) /m.test(bytes.toString("latin1")) ? [] : script(file, bytes);
}

/** All replies below `folders`, in the order of their names. */
export function readTranscripts(folders: readonly string[]): Transcript[] {
  const files = folders.flatMap((folder) =>
    statSync(folder).isDirectory()
      ? readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name))
      : [folder],
  );
  return files
    .filter((file) => statSync(file).isFile())
    .sort()
    .flatMap(read);
}
