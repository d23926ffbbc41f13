import type { AnswerStatus } from "../send/answers/invitation.ts";
import { type Command, defineCommand } from "./definition.ts";
import { resolveMessage } from "./ids.ts";
import { answered } from "./writing/answered.ts";
import { openDesk } from "./writing/write.ts";

function answer(name: string, status: AnswerStatus, summary: string): Command {
  return defineCommand({
    name,
    summary,
    imap: "UID FETCH; SMTP; APPEND to Sent; UID STORE +FLAGS (\\Answered)",
    args: { id: { type: "messages", repeat: true, help: "the message with the invitation" } },
    options: { comment: { type: "text", help: "a word to the organizer" } },
    returns: ["written"],
    changes: true,
    alone: true,
    async run(context, { id, comment = "" }) {
      const { folder, uid } = await resolveMessage(context, id);
      const desk = await openDesk(context);
      const { original, uidValidity } = await desk.original(folder, uid);
      const { answerTo } = await import("../send/answers/invitation.ts");
      const { draft, calendar } = await answerTo(context.mail, original, uidValidity, desk.writing, {
        status,
        comment,
      });
      const to = draft.headers.find((field) => field.name === "To")?.value ?? "";
      return answered(context, desk, `${name}: an answer to ${to}`, (by, notBefore) =>
        by.post(draft, { calendar, notBefore }),
      );
    },
  });
}

export const accept = answer("accept", "accepted", "Accept an invitation: the organizer's calendar is told");
export const tentative = answer("tentative", "tentative", "Accept an invitation tentatively");
export const decline = answer("decline", "declined", "Decline an invitation");
