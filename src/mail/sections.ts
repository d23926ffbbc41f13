/** Sections of messages (BODY.PEEK[…]) in memory: for headers and texts, which are small. */
import { type Connection, type FetchSection, fetch, type UidRanges } from "../imap/index.ts";

export type Sections = ReadonlyMap<string, Buffer>;

/** Fetches the same sections of messages; by UID what came of each. Rejects with ImapError. */
export async function fetchSections(
  connection: Connection,
  uids: UidRanges,
  wanted: readonly FetchSection[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, Sections>> {
  const found = new Map<number, Map<string, Buffer>>();
  const of = (uid: number) => {
    const known = found.get(uid) ?? new Map<string, Buffer>();
    found.set(uid, known);
    return known;
  };
  await connection.run(
    fetch(
      uids,
      { sections: wanted },
      {
        sink: ({ uid, section }) => {
          if (uid === null) return undefined;
          const chunks: Buffer[] = [];
          return {
            write: (chunk) => void chunks.push(chunk),
            end: () => void of(uid).set(section, Buffer.concat(chunks)),
            abort: () => undefined,
          };
        },
        onMessage: ({ uid, sections }) => {
          if (uid === undefined) return;
          for (const [section, bytes] of sections ?? []) if (bytes) of(uid).set(section, bytes);
        },
      },
    ),
    signal ? { signal } : {},
  );
  return found;
}
