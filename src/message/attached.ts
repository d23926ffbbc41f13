/** What is attached to a message, for searches: from the structure alone. */
import { listAttachments } from "./choose.ts";
import { leaves, partFileName } from "./mime.ts";
import type { Attachment, PartDescription } from "./types.ts";

/** Parts that only vouch for others or open them. */
const SEALS = new Set([
  "application/pgp-signature",
  "application/pgp-encrypted",
  "application/pkcs7-signature",
  "application/x-pkcs7-signature",
]);

/** Types of files that came as mere octets, by how their names end. */
const TYPES_BY_NAME: ReadonlyMap<string, string> = new Map([
  ["pdf", "application/pdf"],
  ["ics", "text/calendar"],
  ...["jpg", "jpeg", "png", "gif", "webp", "heic", "tif", "tiff", "svg"].map(
    (end) => [end, "image/*"] as const,
  ),
  ...["mp3", "m4a", "ogg", "wav", "flac"].map((end) => [end, "audio/*"] as const),
  ...["mp4", "mov", "avi", "mkv", "webm"].map((end) => [end, "video/*"] as const),
]);

function typeOf({ mediaType, fileName }: Attachment): string {
  const end = /\.(\w{1,8})$/.exec(fileName ?? "")?.[1]?.toLowerCase() ?? "";
  return (mediaType === "application/octet-stream" && TYPES_BY_NAME.get(end)) || mediaType;
}

/** Media types, each once, of what a person calls attached: no signatures, and no pictures that stand in the text. */
export function attachedTypes(structure: PartDescription): string[] {
  const attached = listAttachments(structure).filter(
    ({ disposition, fileName, contentId, mediaType }) =>
      !SEALS.has(mediaType) && (disposition === "attachment" || (fileName !== null && contentId === null)),
  );
  return [...new Set(attached.map(typeOf))];
}

/** Names of all files of a message, decoded; not safe as paths. */
export function fileNames(structure: PartDescription): string[] {
  return leaves(structure).flatMap((leaf) => partFileName(leaf) ?? []);
}
