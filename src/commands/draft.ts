import { readFile } from "node:fs/promises";
import type { Desk } from "../send/desk.ts";
import { type Context, defineCommand, UsageError } from "./definition.ts";
import type { Result } from "./result.ts";
import { keepDraft, openDesk, write } from "./writing/write.ts";
import { written } from "./writing/writer.ts";

export const draft = defineCommand({
  name: "draft",
  aliases: ["drafts"],
  summary: "Show the drafts that are kept here; go on with one, send it, save one from a file, or delete it",
  imap: "APPEND to Drafts (REPLACE), UID EXPUNGE; SMTP",
  args: {
    action: { type: "text", help: "list (default), edit, send, print, save or delete" },
    what: { type: "text", repeat: true, help: "which; for save a file with a header and a text, or -" },
  },
  options: {},
  returns: ["drafts", "written", "bytes"],
  changes: ({ action }) => action !== undefined && action !== "list" && action !== "print",
  alone: true,
  async run(context, { action = "list", what }) {
    const desk = await openDesk(context);
    if (action === "list") return { kind: "drafts", items: await desk.openDrafts() };
    if (action === "save") return save(context, desk, one(what, "a file, or -"));
    if (action === "delete") return remove(context, desk, what);
    if (action !== "edit" && action !== "send" && action !== "print")
      throw new UsageError(
        `draft: there is no "${action}"`,
        "say draft list, draft edit, draft send, draft print, draft save or draft delete",
      );
    if (action === "edit" && !context.writer)
      throw new UsageError(
        "draft: edit needs somebody at a terminal, and no --yes",
        "draft send sends it as it is",
      );
    const saved = await desk.drafts.get(one(what, "a draft"));
    if (saved.spoilt && action === "send") throw saved.spoilt;
    const fate = { at: undefined, draft: false, print: action === "print" };
    return write(context, desk, { ...saved, begun: true, complete: action === "send" }, fate);
  },
});

function one(words: readonly string[], what: string): string {
  const [word, ...more] = words;
  if (word !== undefined && more.length === 0) return word;
  throw new UsageError(`draft: needs ${what}`, "draft list shows the drafts");
}

async function save(context: Context, desk: Desk, file: string): Promise<Result> {
  const { parseDraft } = await import("../send/compose/text.ts");
  let text = "";
  if (file === "-" && context.writer)
    throw new UsageError("draft: save - reads standard input", "compose writes a message here");
  if (file === "-") for await (const chunk of context.stdin) text += String(chunk);
  else
    text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`cannot read ${file}: ${error.code}`, "give the path of a draft, or -");
    });
  const parsed = parseDraft(text);
  if (context.dryRun) return written("nothing", "would keep it");
  const { Composition } = await import("../send/composition.ts");
  return keepDraft(new Composition(desk, { id: desk.drafts.newId(), draft: parsed }));
}

async function remove(context: Context, desk: Desk, ids: readonly string[]): Promise<Result> {
  if (ids.length === 0) throw new UsageError("draft: delete which?", "draft list shows the drafts");
  for (const id of ids) await desk.drafts.get(id);
  const many = ids.length === 1 ? "this draft" : `${ids.length} drafts`;
  const goes = !context.dryRun && (await context.confirm(`Delete ${many} for good?`));
  if (goes) for (const id of ids) await desk.drafts.remove(id, desk.mail);
  const text = `${goes ? "deleted" : "not deleted:"} ${ids.join(", ")}`;
  return written("nothing", text);
}
