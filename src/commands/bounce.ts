import { Readable } from "node:stream";
import type { Desk } from "../send/desk.ts";
import type { Entry } from "../send/outbox/entry.ts";
import { type Context, defineCommand, UsageError } from "./definition.ts";
import { type Chosen, resolveMessages } from "./ids.ts";
import { deliverNow, openDesk } from "./writing/write.ts";
import { allOf, written } from "./writing/writer.ts";

export const bounce = defineCommand({
  name: "bounce",
  aliases: ["resend"],
  summary: "Send messages on as they are, from their authors, to somebody else (Resent-To, RFC 5322)",
  imap: "UID FETCH BODY.PEEK[]; SMTP",
  args: {
    id: { type: "messages", help: "the message, or a set: 5,9" },
    recipient: { type: "address", repeat: true, help: "further ids, then who gets it, as with --to" },
  },
  options: {
    to: { type: "address", repeat: true, help: "who gets it" },
    from: { type: "text", help: "your address to send it from" },
  },
  returns: ["written"],
  changes: true,
  async run(context, { id, recipient, to: more, from }) {
    const first = recipient.findIndex((word) => !/^[\d:,*]+$/.test(word));
    const ids = recipient.slice(0, first < 0 ? recipient.length : first);
    const given = [...recipient.slice(ids.length), ...more];
    if (given.length === 0)
      throw new UsageError("bounce: needs a recipient", "say bounce 42 --to ada@example.org");
    const { mail } = context;
    const chosen = await resolveMessages(context, id === undefined ? [] : [id, ...ids]);
    const desk = await openDesk(context);
    const { aliasesOf, expandAliases } = await import("../send/contacts/aliases.ts");
    const to = given.map((text) => expandAliases(text, aliasesOf(mail.account)));
    const { resentHeader } = await import("../send/reply/bounce.ts");
    // What is wrong with an address is told before anything is asked.
    const resent = resentHeader(desk.writing, to, from);
    const { uids } = chosen;
    const what = uids.length === 1 ? `message ${uids[0]}` : `${uids.length} messages`;
    const text = `${what} to ${resent.to.join(", ")}`;
    if (context.dryRun || !(await context.confirm(`Send ${text}?`)))
      return written("nothing", `not sent: ${text}`);
    const entries = await posted(context, desk, chosen, to, from);
    return allOf(entries.map((entry) => () => deliverNow(desk, entry)));
  },
});

/** Puts all of them into the outbox before the first is sent; none where one cannot be read. */
async function posted(
  { mail }: Context,
  desk: Desk,
  { folder, uids }: Chosen,
  to: readonly string[],
  from: string | undefined,
): Promise<Entry[]> {
  const [{ resentHeader }, { readRaw }] = await Promise.all([
    import("../send/reply/bounce.ts"),
    import("../send/raw.ts"),
  ]);
  const entries: Entry[] = [];
  try {
    for (const uid of uids) {
      const { header, sender } = resentHeader(desk.writing, to, from);
      const source = await mail.source(folder, uid);
      const whole = async function* () {
        yield Buffer.from(header);
        yield* source;
      };
      const raw = await readRaw(Readable.from(whole()), {
        ...{ recipients: [], fromHeader: true, defaultFrom: sender, sender, dotEnds: false },
      });
      entries.push(await desk.postRaw(raw, { copy: false }));
    }
    return entries;
  } catch (error) {
    await Promise.allSettled(entries.map(({ id }) => desk.callBack(id)));
    throw error;
  }
}
