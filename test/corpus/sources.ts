/** Messages of any folders: single files and mbox files, whatever their names. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";

export interface SourceMessage {
  /** File, and for an mbox the message's number in it. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** What lies beside messages in such folders: expected results and papers. */
const otherKinds = new Set([
  ".xml",
  ".json",
  ".md",
  ".tsv",
  ".csv",
  ".html",
  ".png",
  ".list",
  ".py",
  ".yml",
  ".out",
]);
/** These are messages whatever they look like. */
const messageKinds = new Set([".eml", ".mbox", ".raw"]);
const headerLine = /^[\x21-\x39\x3b-\x7e]+[ \t]*:/;

function looksLikeMessage(bytes: Buffer): boolean {
  const lines = bytes
    .subarray(0, 8192)
    .toString("latin1")
    .split(/\r\n|\n|\r/, 12);
  return lines.some((line) => headerLine.test(line) || line.startsWith("From "));
}

/** Splits at "From " lines that a header follows (RFC 4155), and takes them off; a file without them is one message. */
function split(bytes: Buffer): Buffer[] {
  if (bytes.subarray(0, 5).toString("latin1") !== "From ") return [bytes];
  const starts: number[] = [0];
  for (let at = bytes.indexOf("\nFrom "); at >= 0; at = bytes.indexOf("\nFrom ", at + 1)) {
    const before = bytes.subarray(Math.max(0, at - 2), at).toString("latin1");
    const line =
      bytes
        .subarray(at + 1, at + 200)
        .toString("latin1")
        .split("\n", 1)[0] ?? "";
    if (/(^|\n)\r?$/.test(before) && /\d\d:\d\d/.test(line)) starts.push(at + 1);
  }
  return starts.map((start, i) => {
    const message = bytes.subarray(start, starts[i + 1] ?? bytes.length);
    return message.subarray(message.indexOf("\n") + 1);
  });
}

/** All messages below `folders`, in the order of their names, and how many files were none. */
export function readSources(folders: readonly string[]): { messages: SourceMessage[]; others: number } {
  const messages: SourceMessage[] = [];
  let others = 0;
  for (const folder of folders) {
    const files = statSync(folder).isDirectory()
      ? readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name))
      : [folder];
    for (const file of files.filter((f) => statSync(f).isFile()).sort()) {
      const bytes = readFileSync(file);
      const message = messageKinds.has(extname(file)) || looksLikeMessage(bytes);
      if (!message || otherKinds.has(extname(file)) || /[/\\]expected[/\\]/.test(file)) {
        others++;
        continue;
      }
      const parts = split(bytes);
      for (const [i, part] of parts.entries()) {
        messages.push({ name: parts.length === 1 ? file : `${file}#${i + 1}`, bytes: part });
      }
    }
  }
  return { messages, others };
}
