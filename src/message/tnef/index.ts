/** What is in a winmail.dat. Loaded when a message has one. */
import type { Attachment } from "../types.ts";
import type { TnefFile, TnefMessage } from "./tnef.ts";

export { readRtf } from "./rtf.ts";
export { isTnef, readTnef, type TnefFile, type TnefMessage } from "./tnef.ts";

/** The files of part `section` as attachments: `2:1` is the first of part 2. */
export function tnefAttachments(section: string, message: TnefMessage): Attachment[] {
  return message.files.map((file, i) => ({
    section: `${section}:${i + 1}`,
    fileName: file.fileName,
    mediaType: tnefMediaType(file),
    size: file.bytes.length,
    disposition: file.contentId === null ? "attachment" : "inline",
    contentId: file.contentId,
  }));
}

export function tnefMediaType({ mediaType }: TnefFile): string {
  return mediaType && /^[\w.+-]+\/[\w.+-]+$/.test(mediaType) ? mediaType : "application/octet-stream";
}
