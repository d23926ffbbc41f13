/** The message that is answered, forwarded or sent again: as much of it as that takes, in one flight, and decrypted. */
import type { Folder, Mail } from "../../mail/index.ts";
import type { CryptoFailure, CryptoTools } from "../../message/crypto/types.ts";
import type { ReadableMessage } from "../../message/types.ts";

/** What became of a message that is encrypted. */
export interface Unlocked {
  /** The message with what was encrypted in its place; null where it could not be decrypted. */
  readonly source: Buffer | null;
  /** Why not; null where it could. */
  readonly failure: CryptoFailure | null;
}

export interface Original {
  readonly folder: Folder;
  readonly uid: number;
  /** The numbering that `uid` is of. */
  readonly uidValidity: number;
  readonly message: ReadableMessage;
  /** Message-IDs, the oldest first. */
  readonly references: readonly string[];
  /** Those of In-Reply-To. */
  readonly answered: readonly string[];
  /** Whom the envelope was for, as the receiving host has noted it. */
  readonly deliveredTo: readonly string[];
  readonly bcc: string;
  /** Null: it is not encrypted. */
  readonly unlocked: Unlocked | null;
}

/** Messages of an account that are answered or passed on by one message, in the order in which it has them. */
export type Originals = readonly [Original, ...Original[]];

const fields = ["References", "In-Reply-To", "Delivered-To", "X-Original-To", "Envelope-To", "Bcc"];
const ids = (text: string | null): string[] => (text ?? "").match(/<[^<>\s]{1,900}>/g) ?? [];

/** Reads it; from the local copy where that has it. */
export async function readOriginal(
  mail: Mail,
  folder: Folder,
  uid: number,
  tools: CryptoTools = {},
): Promise<Original> {
  const [read, header, { field, headerFields }] = await Promise.all([
    mail.read(folder, uid),
    mail.header(folder, uid, fields),
    import("../../message/mime.ts"),
  ]);
  const found = headerFields(header);
  const opened = read.items.some(({ kind }) => kind === "encrypted")
    ? await mail.readProtected(folder, uid, tools)
    : null;
  const all = (...names: string[]) =>
    found.filter(({ name }) => names.includes(name)).map(({ value }) => value.replace(/^<|>$/g, "").trim());
  return {
    folder,
    uid,
    uidValidity: mail.sending.uidValidity(folder),
    message: opened?.message ?? read,
    unlocked: opened && { source: opened.decrypted ? opened.source : null, failure: opened.failure },
    references: ids(field(found, "references")),
    answered: ids(field(found, "in-reply-to")),
    deliveredTo: all("delivered-to", "x-original-to", "envelope-to"),
    bcc: all("bcc").join(", "),
  };
}
