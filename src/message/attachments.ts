/** Attachments taken out of a whole message: its parts, and the files inside of a winmail.dat. */
import { decodeAll } from "./decode.ts";
import { type ExtractedPart, extractPart } from "./mime.ts";

/**
 * One attachment of a whole message by its section as `Attachment.section` has it; null where there is none. A file
 * of a winmail.dat (`2:1`) comes decoded, with encoding `binary`.
 */
export async function extractAttachment(message: Buffer, section: string): Promise<ExtractedPart | null> {
  const [, holder, number] = /^([\d.]+):(\d+)$/.exec(section) ?? [];
  if (holder === undefined) return extractPart(message, section);
  const part = extractPart(message, holder);
  const bytes = part && (await decodeAll(part.bytes, part.encoding).catch(() => null));
  if (!bytes) return null;
  const { readTnef, tnefMediaType } = await import("./tnef/index.ts");
  const file = readTnef(bytes).files[Number(number) - 1];
  if (!file) return null;
  return { mediaType: tnefMediaType(file), encoding: "binary", fileName: file.fileName, bytes: file.bytes };
}
