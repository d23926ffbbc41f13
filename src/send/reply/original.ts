/** The message that is answered, forwarded or sent again: as much of it as that takes, in one flight. */
import type { Folder, Mail } from "../../mail/index.ts";
import type { ReadableMessage } from "../../message/types.ts";

export interface Original {
  readonly folder: Folder;
  readonly uid: number;
  readonly message: ReadableMessage;
  /** Message-IDs, the oldest first. */
  readonly references: readonly string[];
  /** Those of In-Reply-To. */
  readonly answered: readonly string[];
  /** Whom the envelope was for, as the receiving host has noted it. */
  readonly deliveredTo: readonly string[];
  readonly bcc: string;
}

const fields = ["References", "In-Reply-To", "Delivered-To", "X-Original-To", "Envelope-To", "Bcc"];
const ids = (text: string | null): string[] => (text ?? "").match(/<[^<>\s]{1,900}>/g) ?? [];

/** Reads it; from the local copy where that has it. */
export async function readOriginal(mail: Mail, folder: Folder, uid: number): Promise<Original> {
  const [message, header, { field, headerFields }] = await Promise.all([
    mail.read(folder, uid),
    mail.header(folder, uid, fields),
    import("../../message/mime.ts"),
  ]);
  const found = headerFields(header);
  const all = (...names: string[]) =>
    found.filter(({ name }) => names.includes(name)).map(({ value }) => value.replace(/^<|>$/g, "").trim());
  return {
    folder,
    uid,
    message,
    references: ids(field(found, "references")),
    answered: ids(field(found, "in-reply-to")),
    deliveredTo: all("delivered-to", "x-original-to", "envelope-to"),
    bcc: all("bcc").join(", "),
  };
}
