import type { Waiting } from "../mail/index.ts";
import { type Context, defineCommand, UsageError } from "./definition.ts";
import type { Result } from "./result.ts";

export const queue = defineCommand({
  name: "queue",
  aliases: ["outstanding"],
  summary: "Show the changes that are not on the server, and why; retry those it refused, or drop them",
  imap: "those of the changes",
  args: {
    action: { type: "text", words: ["list", "retry", "drop"], help: "list (default), retry or drop" },
    id: {
      type: "text",
      repeat: true,
      help: "which changes; without it, retry and drop take all that were refused",
    },
  },
  options: {},
  returns: ["queue", "change"],
  changes: ({ action }) => action === "retry" || action === "drop",
  async run(context, { action = "list", id }) {
    const { mail } = context;
    const all = mail.waiting.list();
    if (action === "list") return { kind: "queue", items: id.length === 0 ? all : named(all, id) };
    const chosen = id.length > 0 ? named(all, id) : all.filter(({ state }) => state === "refused");
    if (action === "retry") return retry(context, chosen);
    if (action === "drop") return drop(context, chosen);
    throw new UsageError(`queue: there is no "${action}"`, "say queue list, queue retry or queue drop");
  },
});

function named(all: readonly Waiting[], ids: readonly string[]): Waiting[] {
  return ids.map((id) => {
    const found = all.find((waiting) => String(waiting.id) === id);
    if (found) return found;
    throw new UsageError(`queue: no change ${id} waits`, "queue list shows those that do");
  });
}

async function retry(context: Context, chosen: readonly Waiting[]): Promise<Result> {
  let sent = true;
  for (const waiting of chosen) {
    if (waiting.state !== "refused")
      throw new UsageError(
        `queue: change ${waiting.id} was not refused`,
        "it goes out with the next connection",
      );
    sent = (await context.mail.waiting.retry(waiting.id)).sent && sent;
  }
  return change(context, chosen, sent, "tried again: ");
}

async function drop(context: Context, chosen: readonly Waiting[]): Promise<Result> {
  const many = `${chosen.length} changes that the server has not got`;
  if (chosen.length > 1 && !(await context.confirm(`Drop ${many}?`))) {
    return change(context, [], true, "");
  }
  for (const waiting of chosen) await context.mail.waiting.drop(waiting.id);
  return change(context, chosen, true, "dropped: ");
}

async function change(
  context: Context,
  chosen: readonly Waiting[],
  sent: boolean,
  verb: string,
): Promise<Result> {
  const [first] = chosen;
  const folder = first ? context.mail.findCachedFolder(first.path) : await context.folder();
  const text = first ? verb + chosen.map((waiting) => waiting.text).join(", ") : "nothing to do";
  return { kind: "change", folder, uids: [], sent, text };
}
