import type { Folder } from "../mail/index.ts";
import { withCrlf } from "./append.ts";
import { defineCommand, UsageError } from "./definition.ts";
import { flagNamed } from "./flags.ts";

export const importMessages = defineCommand({
  name: "import",
  summary:
    "Put the messages of an mbox, a maildir, a file or a directory of .eml files into a folder; gzip is unpacked",
  imap: "APPEND (MULTIAPPEND)",
  args: { from: { type: "file", required: true, help: "what to read, or - for standard input" } },
  options: {
    to: { type: "folder", alias: "t", help: "the folder (default: the one of --folder)" },
    flags: { type: "text", help: "flags for all of them: seen,flagged; else those that a maildir tells" },
  },
  returns: ["change"],
  changes: true,
  async run(context, { from, to, flags }) {
    const { mail, dryRun = false, progress } = context;
    const own = flags === undefined ? null : flags.split(",").filter(Boolean).map(flagNamed);
    const target: Folder = to === undefined ? await context.folder() : await mail.findFolder(to);
    let read = 0;
    const { readMessages } = await import("./exchange/reading.ts");
    const messages = async function* () {
      for await (const { source, flags: told, date } of readMessages(from, context.stdin)) {
        if (source.length === 0) continue;
        progress?.("importing", ++read, null);
        if (!dryRun) yield { source: withCrlf(source), flags: own ?? told, date: date ?? Date.now() };
      }
    };
    const { uids, sent } = await mail.appendAll(target, messages());
    if (read === 0)
      throw new UsageError(`there are no messages in ${from}`, "give an mbox, a maildir or a message");
    const what = read === 1 ? "1 message" : `${read} messages`;
    const text = `${dryRun ? "would put" : "put"} ${what} into ${target.name}`;
    return { kind: "change", folder: target, uids, sent, dryRun, text };
  },
});
