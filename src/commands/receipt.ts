import { defineCommand } from "./definition.ts";
import { resolveMessages } from "./ids.ts";
import { answered } from "./writing/answered.ts";
import { openDesk } from "./writing/write.ts";
import { allOf, written } from "./writing/writer.ts";

export const receipt = defineCommand({
  name: "receipt",
  summary:
    "Send the receipts that messages ask for, that they were displayed; asks first. Nothing else sends one",
  imap: "UID FETCH; SMTP; APPEND to Sent; UID STORE +FLAGS ($MDNSent)",
  args: { id: { type: "messages", repeat: true, help: "the messages, as list shows them" } },
  options: {},
  returns: ["written"],
  changes: true,
  alone: true,
  async run(context, { id }) {
    const chosen = await resolveMessages(context, id);
    const desk = await openDesk(context);
    const originals = await desk.originals([chosen]);
    const { receiptFor, receiptRequest } = await import("../send/answers/receipt.ts");
    // None is sent where one of them asks for none.
    const receipts = await Promise.all(
      originals.map(async (original) => ({
        made: await receiptFor(context.mail, original, desk.writing),
        elsewhere: receiptRequest(original, desk.writing)?.elsewhere ?? false,
      })),
    );
    const send = async ({ made, elsewhere }: (typeof receipts)[number]) => {
      const to = made.envelope.to.join(", ");
      const whom = elsewhere ? `${to}, who did not write it` : to;
      if (!context.dryRun && !(await context.confirm(`Tell ${whom}, that it was displayed?`)))
        return written("nothing", "no receipt was sent");
      return answered(context, desk, `a receipt to ${to}`, (by, notBefore) =>
        by.postReceipt(made, notBefore),
      );
    };
    return allOf(receipts.map((one) => () => send(one)));
  },
});
