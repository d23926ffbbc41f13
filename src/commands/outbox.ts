import type { Desk } from "../send/desk.ts";
import { type Context, defineCommand, UsageError } from "./definition.ts";
import type { Result } from "./result.ts";
import { openDesk, write } from "./writing/write.ts";
import { written } from "./writing/writer.ts";

export const outbox = defineCommand({
  name: "outbox",
  summary:
    "Show the messages that are to be sent, and why they wait; send them now, call one back as a draft, edit or drop it",
  imap: "SMTP; APPEND to Sent; UID STORE",
  args: {
    action: { type: "text", help: "list (default), flush, undo, edit or drop" },
    id: {
      type: "text",
      repeat: true,
      help: "which; without it flush sends all that are due, undo takes the last",
    },
  },
  options: {},
  returns: ["outbox", "written"],
  changes: ({ action }) => action !== undefined && action !== "list",
  alone: true,
  async run(context, { action = "list", id }) {
    const desk = await openDesk(context);
    if (action === "list") return { kind: "outbox", items: await named(desk, id) };
    if (action === "flush") return flush(context, desk, id);
    if (action === "undo" || action === "edit") return callBack(context, desk, id, action === "edit");
    if (action === "drop") return drop(context, desk, id);
    throw new UsageError(
      `outbox: there is no "${action}"`,
      "say outbox list, outbox flush, outbox undo, outbox edit or outbox drop",
    );
  },
});

async function named(desk: Desk, ids: readonly string[]) {
  const all = await desk.outbox.list();
  return ids.length === 0
    ? all
    : ids.map((id) => {
        const found = all.find((entry) => entry.id === id);
        if (found) return found;
        throw new UsageError(`outbox: there is no message ${id}`, "outbox list shows them");
      });
}

async function flush(context: Context, desk: Desk, ids: readonly string[]): Promise<Result> {
  const chosen = await named(desk, ids);
  if (context.dryRun) return { kind: "outbox", items: chosen };
  const done = await desk.deliver(ids.length === 0 ? null : chosen.map(({ id }) => id));
  const sent = done.filter(({ outcome }) => outcome === "sent").length;
  const left = await desk.outbox.list();
  const notes = left.flatMap(({ id, reason }) => (reason ? [`${id}: ${reason.text}`] : []));
  const text = `sent ${sent === 1 ? "1 message" : `${sent} messages`}${left.length > 0 ? `, ${left.length} left` : ""}`;
  const failed = done.some(({ outcome }) => outcome !== "sent");
  return written(failed ? "waits" : done.length === 0 ? "nothing" : "sent", text, {}, notes);
}

async function callBack(
  context: Context,
  desk: Desk,
  ids: readonly string[],
  edit: boolean,
): Promise<Result> {
  if (edit && !context.writer)
    throw new UsageError(
      "outbox: edit needs somebody at a terminal, and no --yes",
      "outbox undo makes it a draft again",
    );
  const all = await named(desk, ids);
  const entry = all.filter(({ state }) => ids.length > 0 || state !== "sent").at(-1);
  if (!entry) throw new UsageError("outbox: nothing waits there", "what has been sent cannot be called back");
  const draft = desk.draftOf(entry);
  if (context.dryRun) return written("nothing", `would call back ${entry.id}`);
  await desk.callBack(entry.id);
  if (!edit) return written("draft", `called back: it is draft ${draft} again`, { id: draft });
  const saved = await desk.drafts.get(draft);
  return write(
    context,
    desk,
    { ...saved, begun: true, complete: false },
    { at: undefined, draft: false, print: false },
  );
}

async function drop(context: Context, desk: Desk, ids: readonly string[]): Promise<Result> {
  if (ids.length === 0) throw new UsageError("outbox: drop which?", "outbox list shows them");
  const chosen = await named(desk, ids);
  const many = chosen.length === 1 ? "this message" : `${chosen.length} messages`;
  const goes = !context.dryRun && (await context.confirm(`Drop ${many} without sending?`));
  if (!goes) return written("nothing", `not dropped: ${ids.join(", ")}`);
  for (const { id, draft } of chosen) {
    await desk.callBack(id);
    if (draft !== null) await desk.drafts.remove(draft, desk.mail);
  }
  return written("nothing", `dropped ${ids.join(", ")}`);
}
