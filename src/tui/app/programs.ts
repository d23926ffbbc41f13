/** Other programs: what opens a link or a file on this machine, and what a message is piped into. */
import { spawn } from "node:child_process";
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
export async function mailcapViewer(
  text: string,
  mediaType: string,
  path: string,
  succeeds: (command: string) => Promise<boolean>,
): Promise<Viewer | null> {
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
    if (test !== undefined && !(await succeeds(filled(test)))) continue;
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

/** A mailcap entry's test that takes longer has failed. */
const testMs = 2_000;

/** Whether a command ends well, and in time; it goes on neither after that nor after `signal`. */
function ends(command: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn("/bin/sh", ["-c", command], { detached: true, stdio: "ignore" });
    // Nobody who quits waits for it, or leaves it behind.
    child.unref();
    const stop = () => {
      try {
        // With whatever it has started.
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    };
    const late = setTimeout(stop, testMs).unref();
    signal.addEventListener("abort", stop);
    process.on("exit", stop);
    const settle = (well: boolean) => {
      clearTimeout(late);
      signal.removeEventListener("abort", stop);
      process.off("exit", stop);
      resolve(well);
    };
    child.on("error", () => settle(false));
    child.on("exit", (status) => settle(status === 0));
  });
}

/**
 * What shows the file at `path`: a mailcap entry ($MAILCAPS, ~/.mailcap, /etc/mailcap), else the desktop's opener. Nothing
 * is found once `signal` is aborted.
 */
export async function viewerFor(
  mediaType: string,
  path: string,
  signal: AbortSignal,
  env: Env = process.env,
): Promise<Viewer | null> {
  // The type is the sender's word, and goes into a command.
  const sound = /^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/.test(mediaType);
  const files = (env.MAILCAPS || [join(homedir(), ".mailcap"), "/etc/mailcap"].join(delimiter)).split(
    delimiter,
  );
  for (const file of sound ? files : []) {
    const succeeds = async (command: string) => !signal.aborted && (await ends(command, signal));
    const found = await mailcapViewer(readable(file), mediaType, path, succeeds);
    if (signal.aborted) return null;
    if (found) return found;
  }
  const program = opener(env);
  return program === null ? null : { command: `${program} ${shellQuote(path)}`, terminal: false };
}
