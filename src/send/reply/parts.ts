/**
 * Files of a message that go along with another one: as they lie on the server, which need not be brought here for that;
 * or on the disk, so that they are there when it is sent.
 */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import type { Mail } from "../../mail/index.ts";
import { saveStream } from "../../mail/save-stream.ts";
import { findPart, leavesOf } from "../../mail/structure.ts";
import { contentOctets } from "../../message/choose.ts";
import { safeFileName } from "../../message/file-name.ts";
import { safeText } from "../../message/safe.ts";
import type { Attachment, LeafDescription, PartDescription } from "../../message/types.ts";
import { type DraftAttachment, encodings, type ServerPart } from "../compose/draft.ts";
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

/** The attachments of a message, as they lie on the server; what cannot go along from there is saved in `directory`. */
export function passParts(mail: Mail, original: Original, directory: string): Promise<DraftAttachment[]> {
  return takeParts(mail, original, directory, true);
}

/** Streams the attachments of a message into `directory`. */
export function saveParts(mail: Mail, original: Original, directory: string): Promise<DraftAttachment[]> {
  return takeParts(mail, original, directory, false);
}

async function takeParts(
  mail: Mail,
  original: Original,
  directory: string,
  pass: boolean,
): Promise<DraftAttachment[]> {
  const { attachments } = original.message;
  const structure = attachments.length > 0 ? await structureOf(mail, original) : null;
  const taken: DraftAttachment[] = [];
  for (const attachment of attachments) {
    const leaf = structure && leafOf(structure, attachment);
    const part = pass && leaf ? serverPart(mail, original, leaf) : null;
    if (part) taken.push({ ...described(attachment, leaf), part });
    else taken.push(await savePart(mail, original, attachment, leaf, directory));
  }
  return taken;
}

/** The whole message, as it lies on the server, or where that does not go saved in `directory`. */
export async function passWhole(mail: Mail, original: Original, directory: string): Promise<DraftAttachment> {
  const { folder, uid, message } = original;
  const structure = await structureOf(mail, original);
  const binary = structure === null || leavesOf(structure).some(({ encoding }) => encoding === "binary");
  const piece = binary ? null : mail.sending.lasting.of(folder, uid, "", 0);
  if (!piece) return saveWhole(mail, original, directory);
  // It may be 8bit in its header, too.
  return { ...wholeOf(message.headers.subject), part: { ...piece, encoding: "8bit" } };
}

async function savePart(
  mail: Mail,
  original: Original,
  attachment: Attachment,
  leaf: LeafDescription | null,
  directory: string,
): Promise<DraftAttachment> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const stream = await partOf(mail, original, attachment.section);
  const description = described(attachment, leaf);
  const { path } = description;
  return { ...description, path: await saveStream(stream, resolve(directory, path), path) };
}

/** The whole message as a file of its own. */
export async function saveWhole(
  mail: Mail,
  { folder, uid, message, unlocked }: Original,
  directory: string,
): Promise<DraftAttachment> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const whole = wholeOf(message.headers.subject);
  // Who gets it could not read what was encrypted to oneself.
  const source = unlocked?.source;
  const stream = source ? Readable.from([source]) : await mail.source(folder, uid);
  return { ...whole, path: await saveStream(stream, resolve(directory, whole.path), whole.path) };
}

function wholeOf(subject: string): DraftAttachment {
  const name = safeFileName(`${bareSubject(subject).slice(0, 80)}.eml`, "message.eml");
  return { path: name, name, mediaType: "message/rfc822", disposition: "attachment", contentId: null };
}

/** What the server says of the parts; null where it cannot be asked. */
async function structureOf(mail: Mail, { folder, uid, unlocked }: Original): Promise<PartDescription | null> {
  // What is within an encrypted message is nowhere on the server.
  if (unlocked?.source) return null;
  try {
    return await mail.sending.structure(folder, uid);
  } catch {
    // What is kept here of the message may do.
    return null;
  }
}

/** The part of an attachment, where it is one that the server has: not a file inside of another. */
function leafOf(structure: PartDescription, { section, size }: Attachment): LeafDescription | null {
  const leaf = findPart(structure, section);
  return leaf && contentOctets(leaf) === size ? leaf : null;
}

function serverPart(mail: Mail, { folder, uid }: Original, leaf: LeafDescription): ServerPart | null {
  const encoding = encodings.find((one) => one === (leaf.encoding || "7bit"));
  const piece = encoding && mail.sending.lasting.of(folder, uid, leaf.section, leaf.size);
  return encoding && piece ? { ...piece, encoding } : null;
}

function described(
  { section, fileName, mediaType, contentId, disposition }: Attachment,
  leaf: LeafDescription | null,
): DraftAttachment {
  const path = safeFileName(fileName, `part-${section.replace(/\W/g, "-")}`);
  // A text is nothing without its charset; its name is told anew.
  const parameters = [...(leaf?.params ?? [])].flatMap(([name, value]) =>
    /^[\w.+-]+$/.test(name) && !/^name$/.test(name) && /^[\x20-\x7e]{1,200}$/.test(value)
      ? [`; ${name}="${value.replace(/["\\]/g, "\\$&")}"`]
      : [],
  );
  return {
    path,
    name: safeText(fileName ?? path),
    mediaType: /^[\w.+-]+\/[\w.+-]+$/.test(mediaType) ? `${mediaType}${parameters.join("")}` : null,
    // Without the HTML that showed it, it is a file like any other.
    disposition: contentId === null ? disposition : "attachment",
    contentId: null,
  };
}
