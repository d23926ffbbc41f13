/** Other programs: what opens a link or a file on this machine, and what a message is piped into. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { opener, shellQuote, type Viewer } from "../../commands/programs.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** The fields of a mailcap line (RFC 1524): separated by `;`, a backslash takes the next character as it is. */
function fieldsOf(line: string): string[] {
  return [...line.matchAll(/(?:\\.|[^;\\])*(?:;|$)/g)]
    .map(([field]) => field.replace(/;$/, "").trim())
    .filter((field, i) => field !== "" || i === 0);
}

/** What a mailcap file's text says about `mediaType`; the first line whose `test` succeeds. `path` is quoted. */
export function mailcapViewer(
  text: string,
  mediaType: string,
  path: string,
  succeeds: (command: string) => boolean,
): Viewer | null {
  const [type = ""] = mediaType.split("/");
  for (const line of text.replace(/\\\n/g, "").split("\n")) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [pattern = "", command = "", ...flags] = fieldsOf(line);
    if (![mediaType, `${type}/*`, type, "*/*"].includes(pattern.toLowerCase()) || command === "") continue;
    const filled = (given: string) =>
      given.replace(
        /\\(.)|%s|%t/g,
        (all, escaped?: string) => escaped ?? (all === "%s" ? shellQuote(path) : shellQuote(mediaType)),
      );
    const test = flags.find((flag) => /^test\s*=/i.test(flag))?.replace(/^test\s*=\s*/i, "");
    if (test !== undefined && !succeeds(filled(test))) continue;
    const has = (name: string) => flags.some((flag) => flag.toLowerCase() === name);
    const withFile = command.includes("%s") ? filled(command) : `${filled(command)} < ${shellQuote(path)}`;
    const pager = has("copiousoutput") ? ` | ${process.env.PAGER || "less"}` : "";
    return { command: withFile + pager, terminal: pager !== "" || has("needsterminal") };
  }
  return null;
}

function readable(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** What shows the file at `path`: a mailcap entry ($MAILCAPS, ~/.mailcap, /etc/mailcap), else the desktop's opener. */
export function viewerFor(mediaType: string, path: string, env: Env = process.env): Viewer | null {
  // The type is the sender's word, and goes into a command.
  const sound = /^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/.test(mediaType);
  const files = (env.MAILCAPS || [join(homedir(), ".mailcap"), "/etc/mailcap"].join(delimiter)).split(
    delimiter,
  );
  const succeeds = (command: string) =>
    spawnSync("/bin/sh", ["-c", command], { stdio: "ignore", timeout: 2_000 }).status === 0;
  for (const file of sound ? files : []) {
    const found = mailcapViewer(readable(file), mediaType, path, succeeds);
    if (found) return found;
  }
  const program = opener(env);
  return program === null ? null : { command: `${program} ${shellQuote(path)}`, terminal: false };
}
