/** Names of attachments as names of files. */

/** Longest name that all common file systems take, in UTF-8 octets, with room for a number. */
const longest = 200;
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * A file name made from what a sender wrote: no directory, no control or other unsafe character, no leading dot or
 * dash, never empty. Works on the name alone; that nothing is overwritten is for who opens the file to see to.
 */
export function safeFileName(name: string | null, fallback: string): string {
  const path = name ?? "";
  // What is far too long keeps its beginning and its extension.
  const short = path.length > 2000 ? path.slice(0, 1000) + path.slice(-100) : path;
  const last = short.normalize("NFC").split(/[/\\]/).at(-1) ?? "";
  let clean = last
    .replace(/[\p{C}\p{Zl}\p{Zp}<>:"|?*]/gu, "_")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/^[.\-\s]+/, "")
    .replace(/[.\s]+$/, "");
  if (reserved.test(clean)) clean = `_${clean}`;
  const extension = /\.[^.]{1,16}$/.exec(clean)?.[0] ?? "";
  let stem = clean.slice(0, clean.length - extension.length);
  while (Buffer.byteLength(stem + extension) > longest) stem = [...stem].slice(0, -1).join("");
  return stem + extension === "" ? fallback : stem + extension;
}
