/**
 * A reporter for node:test that says only what failed: each test's file, name and the first lines of its error.
 * `run.mjs` prints it last, so that whoever sees only the end of a log knows where to look.
 */
import { relative, resolve } from "node:path";
import { inspect } from "node:util";

const maxErrorLines = 24;
const maxStderrLines = 12;

/** What was thrown, without the frames of Node itself. */
function thrown(error) {
  const cause = error?.cause ?? error;
  const text = typeof cause === "string" ? cause : (cause?.stack ?? inspect(cause));
  const lines = text.split("\n").filter((line) => !/^\s+at .*\bnode:/.test(line));
  if (lines.length <= maxErrorLines) return lines;
  // Where it happened is worth more than the end of a long message.
  const place = lines.find((line) => /^\s+at /.test(line));
  return [...lines.slice(0, maxErrorLines), "…", ...(place ? [place] : [])];
}

/** How a file ended of which no test says that it failed: its status, and the last it wrote. */
function ended({ exitCode, signal }, stderr) {
  const last = stderr.split("\n").filter((line) => line !== "");
  return [`the file ended by ${signal ?? `status ${exitCode}`}`, ...last.slice(-maxStderrLines)];
}

export default async function* failures(events) {
  const names = [];
  const stderr = new Map();
  for await (const { type, data } of events) {
    if (type === "test:start") names.splice(data.nesting, names.length, data.name);
    if (type === "test:stderr") stderr.set(data.file, `${stderr.get(data.file) ?? ""}${data.message}`);
    // What went wrong once its test had ended stands nowhere else.
    if (type === "test:diagnostic" && data.message.startsWith("Error: ")) yield `not ok: ${data.message}\n`;
    if (type !== "test:fail" || data.todo !== undefined) continue;
    const { error } = data.details;
    // A test that failed by those within it, and those that a failed one took along, say nothing of their own.
    if (["subtestsFailed", "cancelledByParent"].includes(error?.failureType)) continue;
    const file = relative(process.cwd(), data.file ?? "");
    // Node 20 names it by its whole path, later ones as it was given.
    const whole = resolve(data.name) === data.file;
    const name = [...names.slice(0, data.nesting), data.name].join(" > ");
    yield whole ? `not ok: ${file}\n` : `not ok: ${file}:${data.line}: ${name}\n`;
    const said = whole ? ended(error, stderr.get(data.file) ?? "") : thrown(error);
    yield said.map((line) => `    ${line}\n`).join("");
  }
}
