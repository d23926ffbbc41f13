/** Messages that need no editing: what becomes of them, in a shell at once, on the screen after a while to call them back. */
import type { Desk } from "../../send/desk.ts";
import type { Entry } from "../../send/outbox/entry.ts";
import type { Context } from "../definition.ts";
import { asking, deliverNow, type Written } from "./write.ts";

/** That nothing was sent, and why. */
export function nothingDone(text: string): Written {
  return { kind: "written", state: "nothing", text, id: null, messageId: null, notes: [] };
}

/** Puts it into the outbox, by a desk and not before a time; `what` it is. Throws as `post` and delivering do. */
export async function answered(
  context: Context,
  desk: Desk,
  what: string,
  post: (desk: Desk, notBefore: number) => Promise<Entry>,
): Promise<Written> {
  if (context.dryRun) return nothingDone(`would send ${what}`);
  const waits = context.writer !== undefined && !context.writer.waits;
  const delay = waits ? desk.writing.sendDelay : 0;
  const entry = await asking(context, desk, (by) => post(by, Date.now() + delay));
  if (!waits) return deliverNow(desk, entry);
  const text = `${what} goes out in ${Math.round(delay / 1000)} s (:outbox drop ${entry.id} stops it)`;
  return { kind: "written", state: "scheduled", text, id: entry.id, messageId: entry.messageId, notes: [] };
}
