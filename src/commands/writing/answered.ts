/** Messages that need no editing: what becomes of them, in a shell at once, on the screen after a while to call them back. */
import type { Desk } from "../../send/desk.ts";
import type { Entry } from "../../send/outbox/entry.ts";
import type { Context } from "../definition.ts";
import { asking, deliverNow } from "./write.ts";
import { type Written, written } from "./writer.ts";

/** Puts it into the outbox, by a desk and not before a time; `what` it is. Throws as `post` and delivering do. */
export async function answered(
  context: Context,
  desk: Desk,
  what: string,
  post: (desk: Desk, notBefore: number) => Promise<Entry>,
): Promise<Written> {
  if (context.dryRun) return written("nothing", `would send ${what}`);
  const { writer } = context;
  const delay = writer?.posted ? desk.writing.sendDelay : 0;
  const entry = await asking(writer, desk, (by) => post(by, Date.now() + delay));
  if (!writer?.posted) return deliverNow(desk, entry);
  writer.posted(desk, entry);
  // How long it can be called back is told by whoever sends it.
  const text = delay > 0 ? what : `sending ${what}`;
  return written("scheduled", text, entry);
}
