/** Files of a message that go along with another one: brought to the disk, so that they are there when it is sent. */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import type { Mail } from "../../mail/index.ts";
import { saveStream } from "../../mail/save-stream.ts";
import { safeFileName } from "../../message/file-name.ts";
import { safeText } from "../../message/safe.ts";
import type { DraftAttachment } from "../compose/draft.ts";
import { SendError } from "../errors.ts";
import type { Original } from "./original.ts";
import { bareSubject } from "./subject.ts";

/** A part of a message, decoded; of one that was encrypted the part within. */
export async function partOf(
  mail: Mail,
  { folder, uid, unlocked }: Original,
  section: string,
): Promise<Readable> {
  const source = unlocked?.source;
  if (!source) return (await mail.part(folder, uid, section)).stream;
  const { decodePart, extractAttachment } = await import("../../message/index.ts");
  const part = await extractAttachment(source, section);
  if (!part) throw new SendError("ATTACHMENT", `the message has no part ${section}`, "look at it again");
  return Readable.from([part.bytes]).pipe(decodePart(part.encoding));
}

/** Streams the attachments of a message into `directory`. */
export async function saveParts(
  mail: Mail,
  original: Original,
  directory: string,
): Promise<DraftAttachment[]> {
  const { message } = original;
  const saved: DraftAttachment[] = [];
  if (message.attachments.length > 0) await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const { section, fileName, mediaType, contentId, disposition } of message.attachments) {
    const stream = await partOf(mail, original, section);
    const name = safeFileName(fileName, `part-${section.replace(/\W/g, "-")}`);
    saved.push({
      path: await saveStream(stream, resolve(directory, name), name),
      name: safeText(fileName ?? name),
      mediaType: /^[\w.+-]+\/[\w.+-]+$/.test(mediaType) ? mediaType : null,
      // Without the HTML that showed it, it is a file like any other.
      disposition: contentId === null ? disposition : "attachment",
      contentId: null,
    });
  }
  return saved;
}

/** The whole message as a file of its own. */
export async function saveWhole(
  mail: Mail,
  { folder, uid, message, unlocked }: Original,
  directory: string,
): Promise<DraftAttachment> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const name = safeFileName(`${bareSubject(message.headers.subject).slice(0, 80)}.eml`, "message.eml");
  // Who gets it could not read what was encrypted to oneself.
  const source = unlocked?.source;
  const stream = source ? Readable.from([source]) : await mail.source(folder, uid);
  const path = await saveStream(stream, resolve(directory, name), name);
  return { path, name, mediaType: "message/rfc822", disposition: "attachment", contentId: null };
}
