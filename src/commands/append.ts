import { readFile } from "node:fs/promises";
import { defineCommand, UsageError } from "./definition.ts";
import { flagNamed } from "./flags.ts";

export const append = defineCommand({
  name: "append",
  summary: "Put a message from a file, or - for standard input, into a folder",
  imap: "APPEND",
  args: { file: { type: "file", required: true, help: "a message (RFC 5322), or -" } },
  options: {
    to: { type: "folder", alias: "t", help: "the folder (default: the one of --folder)" },
    flags: { type: "text", help: "flags for it: seen,flagged" },
  },
  returns: ["change"],
  changes: true,
  async run(context, { file, to, flags }) {
    const { mail } = context;
    const source = file === "-" ? await readAll(context.stdin) : await readMessageFile(file);
    if (source.length === 0)
      throw new UsageError(`${file === "-" ? "standard input" : file} is empty`, "give a message");
    const target = to === undefined ? await context.folder() : await mail.findFolder(to);
    const names = (flags ?? "").split(",").filter((name) => name !== "");
    if (context.dryRun) {
      const text = `would put 1 message into ${target.name}`;
      return { kind: "change", folder: target, uids: [], sent: true, dryRun: true, text };
    }
    const { sent, uids } = await mail.append(target, withCrlf(source), names.map(flagNamed));
    return { kind: "change", folder: target, uids, sent, text: `put 1 message into ${target.name}` };
  },
});

/** All that a stream has to give. */
export async function readAll(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream)
    chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Buffer));
  return Buffer.concat(chunks);
}

async function readMessageFile(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `cannot read ${file}: ${code}`,
      "give the path of a message, or - for standard input",
    );
  }
}

/** Messages travel with CRLF (RFC 9051 §6.3.12 asks for an RFC 5322 message); files mostly have LF. */
export function withCrlf(source: Buffer): Buffer {
  return Buffer.from(source.toString("latin1").replace(/\r\n|\r|\n/g, "\r\n"), "latin1");
}
