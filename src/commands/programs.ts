/** The programs of this machine that open links and files. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
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
export function opener(env: Env): string | null {
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

/** Starts a program that has a window of its own, and does not wait for it. */
export function startDetached(command: string): void {
  const child = spawn("/bin/sh", ["-c", command], { detached: true, stdio: "ignore" });
  child.on("error", () => undefined);
  child.unref();
}
