/** Whole messages, many with one command, straight into the maildir. */
import { type Connection, fetch, uidSet } from "../../imap/index.ts";
import type { BulkWriter, MissingBody } from "../../store/index.ts";
import { storeErrorIn } from "../errors.ts";

/**
 * Fetches messages and hands them to the writer. Resolves to the UIDs that came. Rejects with ImapError and StoreError.
 * `alone`: those that did not come with others are asked for once more, each by itself.
 */
export async function fetchWholes(
  connection: Connection,
  messages: readonly MissingBody[],
  writer: BulkWriter,
  { alone = false, signal }: { alone?: boolean; signal?: AbortSignal } = {},
): Promise<ReadonlySet<number>> {
  const wanted = new Map(messages.map((message) => [message.uid, message]));
  const set = uidSet.fromNumbers(wanted.keys());
  const came = new Set<number>();
  const options = signal ? { signal } : {};
  const onMessage = () => undefined;
  // A server that names a message only behind its text has then told which one it is.
  const named = alone ? connection.run(fetch(set, { size: true }, { onMessage }), options) : undefined;
  const bodies = connection.run(
    fetch(
      set,
      { sections: [{ section: "" }] },
      {
        sinkFrom: 1,
        sink: ({ uid }) => {
          const message = uid === null ? undefined : wanted.get(uid);
          if (!message) return undefined;
          const entry = writer.open(message);
          return {
            write: (chunk) => entry.write(chunk),
            end: () => {
              entry.end();
              came.add(message.uid);
            },
            abort: () => entry.abort(),
          };
        },
        // What went to no sink: a quoted string, or one that is named behind its text.
        onMessage: ({ uid, sections }) => {
          const message = uid === undefined ? undefined : wanted.get(uid);
          const body = sections?.get("");
          // Some answer with nothing for what they cannot read.
          if (!message || !body || (body.length === 0 && message.size > 0) || came.has(message.uid)) return;
          writer.put(message, body);
          came.add(message.uid);
        },
      },
    ),
    options,
  );
  try {
    await Promise.all([named, bodies]);
  } catch (error) {
    throw storeErrorIn(error);
  }
  return came;
}
