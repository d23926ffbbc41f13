import { type Context, defineCommand, UsageError } from "./definition.ts";
import { count } from "./flag.ts";
import { type Chosen, resolveMessages } from "./ids.ts";

export const exportMessages = defineCommand({
  name: "export",
  summary:
    "Write messages to an mbox file, a maildir or files of their own: export from:ada --mbox ada.mbox, export --maildir DIR",
  imap: "UID FETCH BODY.PEEK[]",
  args: {
    id: {
      type: "messages",
      repeat: true,
      help: "ids or a query; without them what is chosen on the screen, in a shell the whole folder",
    },
  },
  options: {
    mbox: { type: "file", help: "one file with all of them, or - for standard output" },
    maildir: { type: "file", help: "a directory with cur, new and tmp; flags and times are kept" },
    eml: { type: "file", help: "a directory with a file for each, as on the server" },
    gzip: { type: "flag", help: "compress the mbox, or each file" },
  },
  returns: ["files", "bytes"],
  async run(context, { id, gzip, mbox, maildir, eml }) {
    const ways = [mbox, maildir, eml].filter((way) => way !== undefined);
    if (ways.length !== 1)
      throw new UsageError("export: give one of --mbox, --maildir and --eml", "say export --mbox FILE");
    if (gzip && maildir !== undefined)
      throw new UsageError("export: a maildir is not compressed", "leave out --gzip, or use --eml");
    const chosen = await chosenOf(context, id);
    const to = await import("./exchange/writing.ts");
    if (mbox === "-")
      return {
        kind: "bytes",
        stream: to.mboxStream(context, chosen, gzip),
        fileName: null,
        mediaType: to.mboxType(gzip),
      };
    const items =
      mbox !== undefined
        ? [await to.writeMbox(context, chosen, mbox, gzip)]
        : maildir !== undefined
          ? [await to.writeMaildir(context, chosen, maildir)]
          : await to.writeEml(context, chosen, eml ?? ".", gzip);
    const { folder, uids } = chosen;
    return { kind: "files", folder, items, text: `exported ${count(uids)} of ${folder.name}` };
  },
});

async function chosenOf(context: Context, words: readonly string[]): Promise<Chosen> {
  if (words.length > 0 || context.selection.length > 0) return resolveMessages(context, words);
  const folder = await context.folder();
  return { folder, uids: await context.mail.uids(folder) };
}
