import { defineCommand } from "./definition.ts";

/** What a terminal of usual width shows without breaking. */
const width = 96;

export const raw = defineCommand({
  name: "raw",
  aliases: [],
  summary: "Send a command of the protocol as it is typed, and show what the server says to it",
  imap: "as typed",
  args: {
    command: {
      type: "text",
      repeat: true,
      required: true,
      help: "the command, without a tag: UID FETCH 1 FLAGS",
    },
  },
  options: {},
  returns: ["protocol"],
  changes: true,
  alone: true,
  async run(context, { command }) {
    const lines: string[] = [];
    let ended: "OK" | "NO" | "BAD" = "OK";
    await context.mail.server.console(await context.folder()).run(command.join(" "), width, (reply) => {
      lines.push(...reply.lines);
      ended = reply.ended ?? ended;
    });
    return { kind: "protocol", lines, ended };
  },
});
