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
