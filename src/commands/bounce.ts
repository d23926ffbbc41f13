import { Readable } from "node:stream";
import { defineCommand, UsageError } from "./definition.ts";
import { resolveMessage } from "./ids.ts";
import { deliverNow, openDesk } from "./writing/write.ts";
import { written } from "./writing/writer.ts";

export const bounce = defineCommand({
  name: "bounce",
  aliases: ["resend"],
  summary: "Send a message on as it is, from its author, to somebody else (Resent-To, RFC 5322)",
  imap: "UID FETCH BODY.PEEK[]; SMTP",
  args: {
    id: { type: "messages", help: "the message, as list shows it" },
    recipient: { type: "address", repeat: true, help: "who gets it, as with --to" },
  },
  options: {
    to: { type: "address", repeat: true, help: "who gets it" },
    from: { type: "text", help: "your address to send it from" },
  },
  returns: ["written"],
  changes: true,
  async run(context, { id, recipient, to: more, from }) {
    const given = [...recipient, ...more];
    if (given.length === 0)
      throw new UsageError("bounce: needs a recipient", "say bounce 42 --to ada@example.org");
    const { mail } = context;
    const { folder, uid } = await resolveMessage(context, id === undefined ? [] : [id]);
    const desk = await openDesk(context);
    const [{ resentHeader }, { readRaw }, { aliasesOf, expandAliases }] = await Promise.all([
      import("../send/reply/bounce.ts"),
      import("../send/raw.ts"),
      import("../send/contacts/aliases.ts"),
    ]);
    const to = given.map((text) => expandAliases(text, aliasesOf(mail.account)));
    const { header, sender } = resentHeader(desk.writing, to, from);
    const source = await mail.source(folder, uid);
    const whole = async function* () {
      yield Buffer.from(header);
      yield* source;
    };
    const raw = await readRaw(Readable.from(whole()), {
      ...{ recipients: [], fromHeader: true, defaultFrom: sender, sender, dotEnds: false },
    });
    const text = `message ${uid} to ${raw.envelope.to.join(", ")}`;
    if (context.dryRun || !(await context.confirm(`Send ${text}?`)))
      return written("nothing", `not sent: ${text}`);
    return deliverNow(desk, await desk.postRaw(raw, { copy: false }));
  },
});
