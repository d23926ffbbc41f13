/** Other programs: what opens a link or a file on this machine, and what a message is piped into. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

/** How a file is shown. */
export interface Viewer {
  /** For /bin/sh. */
  readonly command: string;
  /** It needs the terminal; others get a window of their own. */
  readonly terminal: boolean;
}

/** Somebody sits before a desktop, rather than at the end of an SSH line. */
function hasDesktop(env: Env): boolean {
  return process.platform === "darwin" || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
}

function onPath(program: string, env: Env): boolean {
  return (env.PATH ?? "").split(delimiter).some((dir) => dir !== "" && existsSync(join(dir, program)));
}

/** `text` as one word of a command for /bin/sh. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The program that opens what it is given, whatever that is; null where there is none. */
function opener(env: Env): string | null {
  if (process.platform === "darwin") return "open";
  return hasDesktop(env) && onPath("xdg-open", env) ? "xdg-open" : null;
}

/** What opens a web page: $BROWSER, or what the desktop has; null where there is neither. */
export function browserFor(url: string, env: Env = process.env): Viewer | null {
  const own = env.BROWSER?.split(":")[0] ?? "";
  if (own !== "") {
    const command = own.includes("%s") ? own.replaceAll("%s", shellQuote(url)) : `${own} ${shellQuote(url)}`;
    return { command, terminal: !hasDesktop(env) };
  }
  const program = opener(env);
  return program === null ? null : { command: `${program} ${shellQuote(url)}`, terminal: false };
}

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

/** Starts a program that has a window of its own, and does not wait for it. */
export function startDetached(command: string): void {
  const child = spawn("/bin/sh", ["-c", command], { detached: true, stdio: "ignore" });
  child.on("error", () => undefined);
  child.unref();
}
