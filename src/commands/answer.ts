import type { AnswerStatus } from "../send/answers/invitation.ts";
import { type Command, defineCommand } from "./definition.ts";
import { resolveMessages } from "./ids.ts";
import { answered } from "./writing/answered.ts";
import { openDesk } from "./writing/write.ts";
import { allOf } from "./writing/writer.ts";

function answer(name: string, status: AnswerStatus, summary: string): Command {
  return defineCommand({
    name,
    summary,
    imap: "UID FETCH; SMTP; APPEND to Sent; UID STORE +FLAGS (\\Answered)",
    args: { id: { type: "messages", repeat: true, help: "the messages with the invitations" } },
    options: { comment: { type: "text", help: "a word to the organizer" } },
    returns: ["written"],
    changes: true,
    alone: true,
    async run(context, { id, comment = "" }) {
      const chosen = await resolveMessages(context, id);
      const desk = await openDesk(context);
      const originals = await desk.originals([chosen]);
      const { answerTo } = await import("../send/answers/invitation.ts");
      // None is answered where one of them is no invitation.
      const answers = await Promise.all(
        originals.map((original) => answerTo(context.mail, original, desk.writing, { status, comment })),
      );
      const send = ({ draft, calendar }: (typeof answers)[number]) => {
        const to = draft.headers.find((field) => field.name === "To")?.value ?? "";
        return answered(context, desk, `${name}: an answer to ${to}`, (by, notBefore) =>
          by.post(draft, { calendar, notBefore }),
        );
      };
      return allOf(answers.map((one) => () => send(one)));
    },
  });
}

export const accept = answer("accept", "accepted", "Accept an invitation: the organizer's calendar is told");
export const tentative = answer("tentative", "tentative", "Accept an invitation tentatively");
export const decline = answer("decline", "declined", "Decline an invitation");
