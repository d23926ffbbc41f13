/** Handing a message to a command of the person's own, in the manner of sendmail(8). */
import { spawn } from "node:child_process";
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Account } from "../../account/config.ts";
import { checkPaths } from "./paths.ts";
import { counted, unknown } from "./transaction.ts";
import { type Dsn, type Handover, SubmissionError, type Submitted } from "./types.ts";

/** What sendmail's kin end with (sysexits(3)): no such user, no such host, not there, not for now, not allowed. */
const statuses = { noUser: 67, noHost: 68, unavailable: 69, temporary: 75, notAllowed: 77 } as const;

const timeoutMs = 600_000;

export async function bySendmail(
  command: NonNullable<Account["sendmail"]>,
  { envelope, message, size, signal }: Handover,
): Promise<Submitted> {
  checkPaths(envelope);
  const stdin = await inFile(counted(message(), size));
  try {
    if (signal?.aborted)
      throw new SubmissionError("UNREACHABLE", "Sending was given up.", "Send it again when you want to.");
    await run(command, flags(envelope.from, envelope.to, envelope.dsn ?? null), stdin, signal);
    return { reply: null, rejected: [] };
  } finally {
    await stdin.close();
  }
}

/** Addresses come last, and begin with no option. */
function flags(from: string, to: readonly string[], dsn: Dsn | null): string[] {
  const reports = dsn === null ? [] : dsn.notify.length > 0 ? ["-N", dsn.notify.join(",")] : [];
  const ret = dsn?.ret ? ["-R", dsn.ret] : [];
  const envid = dsn?.envid ? ["-V", dsn.envid] : [];
  return ["-i", "-f", from === "" ? "<>" : from, ...reports, ...ret, ...envid, "--", ...to];
}

/**
 * The message in a file without a name, lines as this system ends them: it is whole before anybody reads it, so that
 * nothing that ends us makes a part of it look like the whole.
 */
async function inFile(message: AsyncIterable<Buffer>): Promise<FileHandle> {
  const directory = await mkdtemp(join(tmpdir(), "postern-send-"));
  const path = join(directory, "message");
  try {
    const writer = await open(path, "wx", 0o600);
    try {
      let pending = false;
      for await (const octets of message) {
        const { text, endsInCr } = withoutCr(octets, pending);
        pending = endsInCr;
        await writer.writeFile(text);
      }
      if (pending) await writer.writeFile("\r");
    } finally {
      await writer.close();
    }
    return await open(path, "r");
  } catch (error) {
    if (error instanceof SubmissionError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new SubmissionError(
      "UNREACHABLE",
      `The message could not be written down to be sent: ${why}`,
      "It is tried again later; make room in the directory for temporary files.",
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** CRLF as LF. @param before whether a CR came before, that is not yet written */
function withoutCr(octets: Buffer, before: boolean): { text: Buffer; endsInCr: boolean } {
  const whole = before ? Buffer.concat([Buffer.from("\r"), octets]) : octets;
  const endsInCr = whole.at(-1) === 0x0d;
  const body = endsInCr ? whole.subarray(0, -1) : whole;
  return { text: Buffer.from(body.toString("latin1").replaceAll("\r\n", "\n"), "latin1"), endsInCr };
}

function run(
  command: string,
  args: readonly string[],
  stdin: FileHandle,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("/bin/sh", ["-c", `${command} "$@"`, "sh", ...args], {
      stdio: [stdin.fd, "pipe", "pipe"],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      ...(signal === undefined ? {} : { signal }),
    });
    let said = "";
    for (const output of [child.stdout, child.stderr])
      output?.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-2000);
      });
    child.on("error", (error) => reject(unknown(error)));
    child.on("close", (status) => {
      const text = said.trim();
      if (status === 0) resolve();
      else if (status === null) reject(unknown(new Error(`The command was ended.`)));
      else reject(failure(command, status, text));
    });
  });
}

function failure(command: string, status: number, text: string): SubmissionError {
  const what = `The sendmail command failed (status ${status})${text === "" ? "." : `: ${text.split("\n").at(-1)}`}`;
  if (status === statuses.temporary)
    return new SubmissionError("TEMPORARY", what, "It is tried again later.");
  const refused = [
    statuses.noUser,
    statuses.noHost,
    statuses.unavailable,
    statuses.notAllowed,
  ] as readonly number[];
  if (refused.includes(status))
    return new SubmissionError("REJECTED", what, "Read what it says, and check the recipients.");
  return new SubmissionError("REJECTED", what, `Run it by hand to see what is wrong: ${command}`);
}
