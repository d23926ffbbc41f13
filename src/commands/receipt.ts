import { defineCommand } from "./definition.ts";
import { resolveMessage } from "./ids.ts";
import { answered } from "./writing/answered.ts";
import { openDesk } from "./writing/write.ts";
import { written } from "./writing/writer.ts";

export const receipt = defineCommand({
  name: "receipt",
  summary:
    "Send the receipt that a message asks for, that it was displayed; asks first. Nothing else sends one",
  imap: "UID FETCH; SMTP; APPEND to Sent; UID STORE +FLAGS ($MDNSent)",
  args: { id: { type: "messages", repeat: true, help: "the message, as list shows it" } },
  options: {},
  returns: ["written"],
  changes: true,
  alone: true,
  async run(context, { id }) {
    const { folder, uid } = await resolveMessage(context, id);
    const desk = await openDesk(context);
    const { original, uidValidity } = await desk.original(folder, uid);
    const { receiptFor, receiptRequest } = await import("../send/answers/receipt.ts");
    const made = await receiptFor(context.mail, original, uidValidity, desk.writing);
    const to = made.envelope.to.join(", ");
    const elsewhere = receiptRequest(original, desk.writing)?.elsewhere ? ", who did not write it" : "";
    if (!context.dryRun && !(await context.confirm(`Tell ${to}${elsewhere}, that it was displayed?`)))
      return written("nothing", "no receipt was sent");
    return answered(context, desk, `a receipt to ${to}`, (by, notBefore) => by.postReceipt(made, notBefore));
  },
});
