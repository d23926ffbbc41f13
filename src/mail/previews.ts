/** How messages begin, for a list that shows it: what is kept, then what lies here whole, then what the server says. */
import { open } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { fetch, uidSet } from "../imap/index.ts";
import type { ReadableMessage } from "../message/types.ts";
import { firstProvisionalUid, type Store } from "../store/index.ts";
import type { Session } from "./session.ts";
import { decodeStructure } from "./structure.ts";
import type { Folder } from "./values.ts";

/** MIME and HTML are loaded with the first message. */
const messageRoom = () => import("../message/index.ts");

/** Of a message that lies here only so much is read: text comes first. Octets. */
const readLimit = 64 * 1024;

export class Previews {
  readonly #store: Store;
  readonly #session: Session;
  readonly #mailboxId: (folder: Folder) => number;

  constructor(store: Store, session: Session, mailboxId: (folder: Folder) => number) {
    this.#store = store;
    this.#session = session;
    this.#mailboxId = mailboxId;
  }

  /** The beginnings that are known, by UID: one line each, as the sender wrote it. At once. */
  known(folder: Folder, uids: readonly number[]): ReadonlyMap<number, string> {
    return this.#store.previews.of(this.#mailboxId(folder), uids);
  }

  /**
   * Sees to those that are not known yet: from the local copy where the message is there, else from a server that has
   * PREVIEW (RFC 8970), in one FETCH. Rejects as the line and the disk fail.
   */
  async bring(folder: Folder, uids: readonly number[]): Promise<void> {
    const id = this.#mailboxId(folder);
    const known = this.#store.previews.of(id, uids);
    const missing = uids.filter((uid) => uid < firstProvisionalUid && !known.has(uid));
    const { snippetOf, tidySnippet } = await messageRoom();
    const found = new Map<number, string>();
    for (const uid of missing) {
      const message = await this.#read(id, uid);
      if (message) found.set(uid, snippetOf(message.body));
      await setImmediate();
    }
    this.#store.previews.put(id, found);
    const asked = missing.filter((uid) => !found.has(uid));
    const { connection } = this.#session;
    if (asked.length === 0 || (connection && !connection.capabilities.has("PREVIEW"))) return;
    const came = new Map<number, string>();
    const onMessage = ({ uid, preview }: { readonly uid?: number; readonly preview?: string | null }) => {
      if (uid !== undefined && typeof preview === "string") came.set(uid, tidySnippet(preview));
    };
    await this.#session.within(
      folder.path,
      async (open) => {
        if (!open.capabilities.has("PREVIEW")) return;
        await open.run(fetch(uidSet.fromNumbers(asked), { preview: true }, { onMessage }));
      },
      { behind: true },
    );
    this.#store.previews.put(id, came);
  }

  /** What lies here of a message, made readable; null where its text does not. */
  async #read(mailboxId: number, uid: number): Promise<ReadableMessage | null> {
    const { readMessage, readParts, chooseTextParts } = await messageRoom();
    const { bodies, messages } = this.#store;
    const path = bodies.path(mailboxId, uid);
    const beginning = path === null ? null : await readBeginning(path);
    if (beginning) return readMessage(beginning);
    const json = messages.bodyStructure(mailboxId, uid);
    const structure = json === null ? null : decodeStructure(json);
    if (!structure) return null;
    const kept = new Set(bodies.sections(mailboxId, uid));
    const wanted = chooseTextParts(structure);
    if (!wanted.some((section) => kept.has(section))) return null;
    const parts = new Map<string, Buffer>();
    for (const section of wanted) {
      const bytes = kept.has(section) ? bodies.getPart(mailboxId, uid, section) : null;
      if (bytes) parts.set(section, bytes);
    }
    return readParts({ header: Buffer.alloc(0), structure, parts });
  }
}

/** Null where the file has just gone. */
async function readBeginning(path: string): Promise<Buffer | null> {
  const file = await open(path).catch(() => null);
  if (!file) return null;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(readLimit), 0, readLimit, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
