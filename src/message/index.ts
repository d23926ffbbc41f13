/**
 * The message room: mail made readable and safe. What a list of messages needs (`header.ts`, `safe.ts`, `width.ts`)
 * can be imported from those files alone; reading a message loads mailparser when the first one is opened.
 */
export { attachedTypes, fileNames } from "./attached.ts";
export { extractAttachment } from "./attachments.ts";
export {
  type Authentication,
  describeAuthentication,
  type MethodResult,
  type SenderProof,
} from "./authentication.ts";
export {
  type Answer,
  type Attendee,
  answerInvitation,
  type CalendarReply,
  describeInvitation,
  describeTime,
  type Invitation,
} from "./calendar/invitation.ts";
export { cleanLabel, decodeBytes, OFFERED_CHARSETS } from "./charset.ts";
export { chooseTextParts, listAttachments } from "./choose.ts";
export { decodePart } from "./decode.ts";
export { decodeParam, decodeWords, parseDateHeader } from "./header.ts";
export { htmlToBody } from "./html.ts";
export { type DisplayLine, layoutBody, layoutInTurns, wrapText } from "./layout.ts";
export { hiddenLinks, shortenLinks } from "./links.ts";
export { type MailingList, type MailtoMessage, readMailto, type Unsubscribe } from "./mailing-list.ts";
export { expectMessage } from "./mailparser.ts";
export { type ExtractedPart, extractPart, parseMime } from "./mime.ts";
export { type MessageParts, readMessage, readParts } from "./read.ts";
export { readHeaders } from "./read-headers.ts";
export { describeReport, type Report } from "./report.ts";
export { safeText } from "./safe.ts";
export {
  readSearchText,
  readWholeSearchText,
  type SearchSource,
  type SearchText,
} from "./search-text.ts";
export { snippetOf, tidySnippet } from "./snippet.ts";
export { textToBody } from "./text.ts";
export type * from "./types.ts";
export { cutToWidth, graphemes, padToWidth, textWidth } from "./width.ts";
