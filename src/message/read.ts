/**
 * A message made readable. There is one way: a structure, and the bytes of the parts that matter. They come from a
 * server part by part, or from a whole message taken apart here; what is shown is the same.
 *
 * All text in the result is still as it was sent: `layoutBody` makes the body safe, and whoever shows a name or a
 * subject passes it through `safeText`. Nothing here ever opens a connection.
 */
import { readAuthentication } from "./authentication.ts";
import { planMessage } from "./choose.ts";
import { readMailingList } from "./mailing-list.ts";
import { headerFields, parseMime } from "./mime.ts";
import { PartsReader } from "./parts-reader.ts";
import { readHeaders } from "./read-headers.ts";
import type { PartDescription, ReadableMessage, ReadOptions } from "./types.ts";

export interface MessageParts {
  /** The message's header block, or at least From, To, Cc, Reply-To, Subject, Date and Message-ID. */
  readonly header: Buffer;
  readonly structure: PartDescription;
  /** By section as `chooseTextParts` names them; still transfer-encoded. */
  readonly parts: ReadonlyMap<string, Buffer>;
}

/** Makes the parts of a message readable. Never rejects: what cannot be read is named in `problems`. */
export async function readParts(
  { header, structure, parts }: MessageParts,
  options: ReadOptions = {},
): Promise<ReadableMessage> {
  const problems: string[] = [];
  const headers = await readHeaders(header, problems, options.charset);
  const fields = headerFields(header);
  const reader = new PartsReader(parts, options, problems);
  await reader.read(planMessage(structure));
  return {
    headers,
    body: reader.builder.build(),
    attachments: reader.attachments,
    items: reader.items,
    authentication: readAuthentication(fields, options.receivers),
    list: readMailingList(fields),
    otherForm: reader.otherForm,
    problems,
  };
}

/** Makes a whole message (RFC 5322, line ends CR LF or LF) readable. Never rejects: see `readParts`. */
export async function readMessage(source: Buffer, options: ReadOptions = {}): Promise<ReadableMessage> {
  const tree = parseMime(source);
  const parts = new Map<string, Buffer>();
  for (const item of planMessage(tree.structure).shown) {
    if (item.kind === "header") {
      const header = tree.enclosedHeaders.get(item.section.slice(0, item.section.indexOf(".HEADER")));
      if (header) parts.set(item.section, header);
      continue;
    }
    for (const part of [item.part, item.kind === "text" ? item.other : null]) {
      const bytes = part && tree.parts.get(part.section)?.body;
      if (part && bytes) parts.set(part.section, bytes);
    }
  }
  const message = await readParts({ header: tree.header, structure: tree.structure, parts }, options);
  return tree.problems.length === 0
    ? message
    : { ...message, problems: [...tree.problems, ...message.problems] };
}
