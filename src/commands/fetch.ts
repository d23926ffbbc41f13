import { Readable } from "node:stream";
import { defineCommand, UsageError } from "./definition.ts";
import { resolveMessage, resolveUnseen } from "./ids.ts";

export const fetch = defineCommand({
  name: "fetch",
  aliases: ["read"],
  summary: "Print a message as text, or its headers, its source, or one of its parts",
  imap: "UID FETCH BODY.PEEK[…]",
  args: { id: { type: "messages", repeat: true, help: "the message, as list shows it" } },
  options: {
    raw: { type: "flag", help: "the whole source, as on the server" },
    headers: {
      type: "text",
      optionalValue: true,
      help: "the header, or only these fields: --headers=from,to",
    },
    part: { type: "text", help: "the decoded content of this part (list them with fetch)" },
    "mark-seen": { type: "flag", help: "mark the message as read" },
  },
  returns: ["message", "bytes"],
  changes: (values) => values["mark-seen"] === true,
  async run(context, values) {
    const { mail } = context;
    const ways = [values.raw, values.headers !== undefined, values.part !== undefined].filter(Boolean);
    if (ways.length > 1)
      throw new UsageError("fetch: --raw, --headers and --part exclude one another", "choose one");
    const marks = values["mark-seen"];
    const { folder, uid } = await (marks ? resolveMessage : resolveUnseen)(context, values.id);
    if (marks) await mail.flag(folder, [uid], "add", ["\\Seen"]);
    if (values.raw) {
      return {
        kind: "bytes",
        stream: await mail.source(folder, uid),
        fileName: null,
        mediaType: "message/rfc822",
      };
    }
    if (values.headers !== undefined) {
      const fields = values.headers.split(",").filter((name) => name !== "");
      const header = await mail.header(folder, uid, fields);
      return {
        kind: "bytes",
        stream: Readable.from([header]),
        fileName: null,
        mediaType: "text/rfc822-headers",
      };
    }
    if (values.part !== undefined) {
      const { attachment, stream } = await mail.part(folder, uid, values.part);
      const { fileName, mediaType, size } = attachment;
      return { kind: "bytes", stream, fileName, mediaType, size };
    }
    return { kind: "message", folder, uid, message: await mail.read(folder, uid) };
  },
});
