/** A message as people read it. Everything here is text from outside: pass it through `safe.ts` before a terminal. */

export interface Person {
  /** Decoded display name; empty where there is none. */
  readonly name: string;
  /** `mailbox@host`; empty for a group. */
  readonly email: string;
}

/** How a run of body text is to be shown; colours belong to the screen. */
export type SpanStyle = "plain" | "bold" | "italic" | "code" | "link" | "heading" | "muted";

export interface Span {
  readonly text: string;
  readonly style: SpanStyle;
  /** Index into `Body.links` plus 1, for a link's text; 0 otherwise. */
  readonly link: number;
}

/** One line of the body before wrapping. */
export interface Line {
  readonly spans: readonly Span[];
  /** Depth of quoting: 0 is the author's own text. */
  readonly quote: number;
  /** Columns by which wrapped continuation lines hang in (lists). */
  readonly hang: number;
  /** Preformatted: cut or scrolled, never reflowed. */
  readonly pre: boolean;
}

export interface Body {
  readonly lines: readonly Line[];
  /** Targets of links, in the order their numbers appear in the text. */
  readonly links: readonly string[];
}

export interface Attachment {
  /** The number `fetch --part` takes: `2`, `1.3`, … (RFC 9051 §6.4.5.1). */
  readonly section: string;
  /** Decoded name as the sender wrote it (not safe as a path); null where there is none. */
  readonly fileName: string | null;
  /** `type/subtype`, lower case. */
  readonly mediaType: string;
  /** Octets as transferred. */
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
}

/** What a reader shows for one message. */
export interface ReadableMessage {
  readonly headers: Headers;
  readonly body: Body;
  readonly attachments: readonly Attachment[];
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
