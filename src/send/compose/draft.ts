/** A message that is being written: what a person says of it, not yet MIME. */
import { basename } from "node:path";
import { personsPath } from "../../account/paths.ts";
import type { LastingPiece } from "../../mail/pieces.ts";
import type { Places } from "../../mail/sending.ts";

/** One header field: its name as the person wrote it, and its text decoded, in one line. */
export interface Field {
  readonly name: string;
  readonly value: string;
}

/** Transfer encodings of what may go along as it is. */
export const encodings = ["7bit", "8bit", "quoted-printable", "base64"] as const;

/** What lies on the server and goes along as it is there: a part of a message, or all of it. */
export interface ServerPart extends LastingPiece {
  readonly encoding: (typeof encodings)[number];
}

/** A file that goes along, read when the message is built; or a part of a message, read when the message is sent. */
export interface DraftAttachment {
  /** Absolute, or from the working directory on; of a part of a message, what it is called. */
  readonly path: string;
  readonly part?: ServerPart;
  /** What others see it called; null: the last part of `path`. */
  readonly name: string | null;
  /** `type/subtype`, with parameters where it has any; null: by the ending of the name. */
  readonly mediaType: string | null;
  readonly disposition: "attachment" | "inline";
  /** By which HTML refers to it, without brackets. */
  readonly contentId: string | null;
}

/** The messages that were answered, forwarded or confirmed: they get a flag once the new one is sent. */
export interface Origin extends Places {
  readonly kind: "reply" | "forward" | "receipt";
  /** Those of further folders; not there where there are none. */
  readonly also?: readonly Places[];
}

/** All of them, folder by folder. */
export const placesOf = (origin: Origin): readonly Places[] => [origin, ...(origin.also ?? [])];

export interface Draft {
  /** In the person's order. `Bcc` is among them; what MIME needs is not. */
  readonly headers: readonly Field[];
  /** Lines end in LF. */
  readonly body: string;
  readonly attachments: readonly DraftAttachment[];
  readonly origin: Origin | null;
}

/** The file of an attachment, ~/ being the person's home. */
export function attachedFile({ path }: Pick<DraftAttachment, "path">): string {
  return personsPath(path);
}

/** What others see it called. */
export function attachedName({ name, path }: Pick<DraftAttachment, "name" | "path">): string {
  return oneLine(name ?? basename(path));
}

/** A file as it goes along; wherever the draft is gone on with, it is the same file. */
export function attachmentOf(path: string): DraftAttachment {
  return {
    path: attachedFile({ path }),
    name: null,
    mediaType: null,
    disposition: "attachment",
    contentId: null,
  };
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** The text of the first field of that name; empty where there is none. */
export function fieldOf({ headers }: Pick<Draft, "headers">, name: string): string {
  return headers.find((field) => same(field.name, name))?.value ?? "";
}

/** All fields of that name as one list, as a person means it who writes `To:` twice. */
export function listOf({ headers }: Pick<Draft, "headers">, name: string): string {
  return headers
    .filter((field) => same(field.name, name) && field.value !== "")
    .map((field) => field.value)
    .join(", ");
}

/** The draft with the field set, in its place if it had one; null takes it out. */
export function withField(draft: Draft, name: string, value: string | null): Draft {
  const at = draft.headers.findIndex((field) => same(field.name, name));
  const others = draft.headers.filter((field) => !same(field.name, name));
  if (value === null) return { ...draft, headers: others };
  const field = { name, value };
  return { ...draft, headers: at < 0 ? [...others, field] : others.toSpliced(at, 0, field) };
}

/** Fields whose text is a list of addresses. */
export const addressFields = [
  ...["From", "Sender", "To", "Cc", "Bcc", "Reply-To", "Mail-Followup-To", "Disposition-Notification-To"],
] as const;

/** One line of text: what a line end would make another field of is a space. */
export function oneLine(text: string): string {
  return text.replace(/[\r\n\0\u2028\u2029]+/g, " ").trim();
}
