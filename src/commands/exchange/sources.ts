/** The messages of a folder with their sources, one after the other. */
import type { Readable } from "node:stream";
import type { Message } from "../../mail/index.ts";
import type { Context } from "../definition.ts";
import type { Chosen } from "../ids.ts";

/** Rows looked up at once. */
const pieceSize = 500;
/** So many sources are asked for ahead of the one that is being used. */
const ahead = 6;

export interface Source {
  readonly row: Message;
  readonly stream: Readable;
}

/** A message at a time, oldest first, with its source; the next ones are under way meanwhile. `doing` is what is told of it. */
export async function* sources(
  { mail, progress }: Pick<Context, "mail" | "progress">,
  { folder, uids }: Chosen,
  doing: string,
): AsyncGenerator<Source> {
  let done = 0;
  for (let at = 0; at < uids.length; at += pieceSize) {
    const piece = uids.slice(at, at + pieceSize);
    const window = {
      sort: "arrival",
      descending: false,
      offset: 0,
      limit: piece.length,
      uids: piece,
    } as const;
    const rows = await mail.rows(folder, window);
    const asked: Promise<Readable>[] = [];
    try {
      for (const [i, row] of rows.entries()) {
        while (asked.length < Math.min(rows.length, i + ahead)) {
          const next = mail.source(folder, rows[asked.length]?.uid ?? 0);
          // Who waits for it is told; who has given up before that need not be.
          next.catch(() => undefined);
          asked.push(next);
        }
        const stream = await asked[i];
        if (stream) yield { row, stream };
        progress?.(doing, ++done, uids.length);
      }
    } finally {
      // Of those that nobody has read.
      for (const next of asked)
        void next.then(
          (stream) => stream.destroy(),
          () => undefined,
        );
    }
  }
}
