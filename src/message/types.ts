import type { Authentication } from "./authentication.ts";
import type { Invitation } from "./calendar/invitation.ts";
import type { MailingList } from "./mailing-list.ts";
import type { Report } from "./report.ts";

/** A message as people read it. Everything here is text from outside: pass it through `safe.ts` before a terminal. */

export interface Person {
  /** Decoded display name; empty where there is none. */
  readonly name: string;
  /** `mailbox@host`; empty for a group. */
  readonly email: string;
}

/** How a run of body text is to be shown; colours belong to the screen. */
export type SpanStyle = "plain" | "bold" | "italic" | "code" | "link" | "heading" | "muted" | "warning";

export interface Span {
  readonly text: string;
  readonly style: SpanStyle;
  /** Index into `Body.links` plus 1, for a link's text; 0 otherwise. */
  readonly link: number;
  /** Index into `Body.images` plus 1, for the words that stand for a picture. */
  readonly image?: number;
  /** Struck out; `mark` for what says so on both sides of it. */
  readonly struck?: "text" | "mark";
}

/**
 * What a line belongs to, so that a screen can fold it: the text itself; the author's signature; what a mailing list
 * puts below; an earlier message below an unmarked header ("-----Original Message-----"); what Postern says itself.
 */
export type Region = "text" | "signature" | "footer" | "history" | "note";

/** One line of the body before wrapping. */
export interface Line {
  readonly spans: readonly Span[];
  /** Depth of quoting: 0 is the author's own text. */
  readonly quote: number;
  /** Columns by which wrapped continuation lines hang in (lists). */
  readonly hang: number;
  /** Preformatted: cut or scrolled, never reflowed. */
  readonly pre: boolean;
  readonly region: Region;
  /** 1 to 6 for a heading (h1 to h6); 0 otherwise. */
  readonly heading: number;
  /** The cells, where the line is a row of a table; `spans` has the same text in a row. */
  readonly row: TableRow | null;
}

export interface TableRow {
  /** Rows with the same number are of one table, and stand together. */
  readonly table: number;
  /** Names its columns. */
  readonly header: boolean;
  readonly cells: readonly TableCell[];
}

export interface TableCell {
  /** What the cell says, line by line; no line where it is empty. */
  readonly lines: readonly (readonly Span[])[];
  /** Columns it spans: 1 or more. */
  readonly columns: number;
  readonly align: "left" | "right" | "center";
}

/** A picture of the body. Nothing is ever fetched from outside: only those the message brings along can be shown. */
export interface BodyImage {
  /** Empty where the sender gave no description. */
  readonly alt: string;
  /** Pixels, as far as the HTML says; null where it does not. */
  readonly width: number | null;
  readonly height: number | null;
  /** Which attachment it is, by `Attachment.contentId`; null for one that lies elsewhere. */
  readonly contentId: string | null;
}

/** A link whose text names another host (or address) than the one it leads to. */
export interface LinkWarning {
  /** As the text numbers it. */
  readonly link: number;
  /** The host or address that the text names, lower case. */
  readonly named: string;
  /** The one it leads to; in ASCII (RFC 5890), so that look-alike letters show. */
  readonly actual: string;
}

export interface Body {
  readonly lines: readonly Line[];
  /** Targets of links, in the order their numbers appear in the text. */
  readonly links: readonly string[];
  readonly images: readonly BodyImage[];
  readonly warnings: readonly LinkWarning[];
}

export interface Attachment {
  /**
   * The number `fetch --part` takes: `2`, `1.3`, … (RFC 9051 §6.4.5.1); `2:1` is the first file inside of part 2, which
   * is a winmail.dat.
   */
  readonly section: string;
  /** Decoded name as the sender wrote it (not safe as a path); null where there is none. */
  readonly fileName: string | null;
  /** `type/subtype`, lower case. */
  readonly mediaType: string;
  /** Octets, about: of what is transferred as base64 they are reckoned. */
  readonly size: number;
  readonly disposition: "attachment" | "inline";
  readonly contentId: string | null;
}

export interface Headers {
  readonly from: readonly Person[];
  readonly to: readonly Person[];
  readonly cc: readonly Person[];
  readonly replyTo: readonly Person[];
  readonly subject: string;
  /** Milliseconds since the epoch; null where missing or impossible. */
  readonly date: number | null;
  readonly messageId: string | null;
  /** Where replies to all are to go, by the sender's wish (Mail-Followup-To); empty where nothing is said. */
  readonly followupTo: readonly Person[];
  /** Who wants a receipt once the message is displayed (Disposition-Notification-To, RFC 8098 §2.1). */
  readonly receiptTo: readonly Person[];
}

/** A message inside of the message, which the body shows below its header. */
export interface EnclosedMessage {
  readonly kind: "enclosed";
  readonly section: string;
  readonly headers: Headers;
  /** Its place among the messages of a digest (RFC 2046 §5.1.5), from 1; null for one on its own. */
  readonly place: { readonly number: number; readonly of: number } | null;
}

/** A part that is signed or encrypted, as its structure says; nothing is checked yet (see `crypto/`). */
export interface ProtectedPart {
  readonly kind: "signed" | "encrypted";
  /** Of the multipart, or of the part that holds it all. */
  readonly section: string;
  readonly protocol: "pgp" | "smime";
  /** "-----BEGIN PGP …" in a plain text, rather than PGP/MIME (RFC 3156). */
  readonly inline: boolean;
}

/** What was found in a message besides text and files. The body tells all of it in words as well. */
export type MessageItem = Report | Invitation | EnclosedMessage | ProtectedPart;

/** The form of the same text that is not shown. */
export interface OtherForm {
  readonly section: string;
  readonly mediaType: "text/plain" | "text/html";
}

/** How to read a message; all of it may be left out. */
export interface ReadOptions {
  /** A charset for texts that name none, or a wrong one. One that is not known is passed over. */
  readonly charset?: string | null;
  /** Of two forms of a text the one to show. By default the plain one, if it says anything. */
  readonly prefer?: "plain" | "html" | null;
  /** Where the reader is (an IANA name), for times of events; by default where this machine is. */
  readonly timeZone?: string | null;
  /** Names by which the account's own servers sign Authentication-Results (see `readAuthentication`). */
  readonly receivers?: readonly string[];
}

/** What a reader shows for one message. */
export interface ReadableMessage {
  readonly headers: Headers;
  readonly body: Body;
  readonly attachments: readonly Attachment[];
  readonly items: readonly MessageItem[];
  /** What the receiving host found of the sender; null where it says nothing. */
  readonly authentication: Authentication | null;
  /** The mailing list it came by; null for none. */
  readonly list: MailingList | null;
  /** That of the first text; null where it has one form only. To see it, read the message with `prefer`. */
  readonly otherForm: OtherForm | null;
  /** What could not be read, in words for the person; empty for a sound message. */
  readonly problems: readonly string[];
}

/** Content-Disposition (RFC 2183). */
export interface DispositionDescription {
  /** Lower case. */
  readonly type: string;
  readonly params: ReadonlyMap<string, string>;
}

/** A leaf of the MIME tree, or a message/rfc822 (which has `body`). */
export interface LeafDescription {
  readonly kind: "part";
  /** As FETCH BODY[…] counts: `1`, `1.2`, … (RFC 9051 §6.4.5.1). */
  readonly section: string;
  /** Lower case. */
  readonly type: string;
  /** Lower case. */
  readonly subtype: string;
  /** Names in lower case; values as sent (RFC 2231 and 2047 not decoded). */
  readonly params: ReadonlyMap<string, string>;
  readonly id: string | null;
  /** Content-Transfer-Encoding, lower case. */
  readonly encoding: string;
  /** Octets as transferred. */
  readonly size: number;
  readonly disposition: DispositionDescription | null;
  /** What a message/rfc822 holds; null for every other part. */
  readonly body: PartDescription | null;
}

export interface MultipartDescription {
  readonly kind: "multipart";
  readonly section: string;
  /** Lower case. */
  readonly subtype: string;
  readonly params: ReadonlyMap<string, string>;
  readonly parts: readonly PartDescription[];
}

/** What a reader needs of BODYSTRUCTURE (RFC 9051 §7.5.2), whoever made it: a server, or `mime.ts` from the bytes. */
export type PartDescription = LeafDescription | MultipartDescription;
