/**
 * The message room: mail made readable and safe. What a list of messages needs (`header.ts`, `safe.ts`, `width.ts`)
 * can be imported from those files alone; reading a message loads mailparser when the first one is opened.
 */
export { cleanLabel, decodeBytes } from "./charset.ts";
export { chooseTextParts, listAttachments } from "./choose.ts";
export { decodePart } from "./decode.ts";
export { type AddressParts, decodeAddresses, decodeParam, decodeWords, parseDateHeader } from "./header.ts";
export { htmlToBody } from "./html.ts";
export { type DisplayLine, layoutBody, wrapText } from "./layout.ts";
export { type ExtractedPart, extractPart, parseMime } from "./mime.ts";
export { type MessageParts, readHeaders, readMessage, readParts } from "./read.ts";
export { safeText } from "./safe.ts";
export { textToBody } from "./text.ts";
export type * from "./types.ts";
export { cutToWidth, graphemes, padToWidth, textWidth } from "./width.ts";
