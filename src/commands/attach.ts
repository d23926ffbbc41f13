import { mkdir, stat } from "node:fs/promises";
import { saveStream } from "../mail/save-stream.ts";
import { safeFileName } from "../message/file-name.ts";
import { type Context, defineCommand, UsageError } from "./definition.ts";
import { resolveUnseen } from "./ids.ts";
import type { Result, WrittenFile } from "./result.ts";

export const attach = defineCommand({
  name: "attach",
  aliases: ["attachments"],
  summary:
    "List the attachments of a message, save them, or print one: attach 42, attach 42 save, attach 42 cat 2",
  imap: "UID FETCH BODYSTRUCTURE, UID FETCH BODY.PEEK[n]",
  args: {
    id: { type: "messages", required: true, help: "the message, as list shows it" },
    action: { type: "text", words: ["list", "save", "cat"], help: "list (default), save or cat" },
    part: { type: "text", repeat: true, help: "which, by their part numbers; without them save takes all" },
  },
  options: {
    dir: {
      type: "file",
      alias: "d",
      help: "where to save them (default: here); it is made where it is not there",
    },
  },
  returns: ["attachments", "files", "bytes"],
  run(context, { id, action = "list", part, dir = "." }) {
    if (action === "list") return list(context, id);
    if (action === "save") return save(context, id, part, dir);
    if (action === "cat") return cat(context, id, part);
    throw new UsageError(
      `attach: there is no "${action}"`,
      "say attach ID list, attach ID save or attach ID cat PART",
    );
  },
});

async function list(context: Context, id: string): Promise<Result> {
  const { folder, uid } = await resolveUnseen(context, [id]);
  const { attachments } = await context.mail.read(folder, uid);
  return { kind: "attachments", folder, uid, items: attachments };
}

async function save(context: Context, id: string, parts: readonly string[], dir: string): Promise<Result> {
  const { mail } = context;
  const { folder, uid } = await resolveUnseen(context, [id]);
  const wanted =
    parts.length > 0 ? parts : (await mail.read(folder, uid)).attachments.map(({ section }) => section);
  const items: WrittenFile[] = [];
  for (const section of wanted) {
    const { attachment, stream } = await mail.part(folder, uid, section);
    await mkdir(dir, { recursive: true });
    const path = await saveStream(stream, dir, safeFileName(attachment.fileName, `part-${section}`));
    const { size } = await stat(path);
    items.push({ part: section, path, size, mediaType: attachment.mediaType });
  }
  const text = items.length === 1 ? "saved 1 attachment" : `saved ${items.length} attachments`;
  return { kind: "files", folder, items, text };
}

async function cat(context: Context, id: string, [part, ...more]: readonly string[]): Promise<Result> {
  if (part === undefined || more.length > 0)
    throw new UsageError("attach: cat takes one part", "attach ID list shows them");
  const { folder, uid } = await resolveUnseen(context, [id]);
  const { attachment, stream } = await context.mail.part(folder, uid, part);
  const { fileName, mediaType, size } = attachment;
  return { kind: "bytes", stream, fileName, mediaType, size };
}
