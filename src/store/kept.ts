/** Whether a message is kept, as the index says: asked before all else, and so without the rest of the store. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { connect } from "./driver.ts";

export interface KeptOrNot {
  /** Some of the message's content is here; also where that cannot be told. */
  readonly kept: boolean;
  /** For when the store is closed: who closes the index last has to tidy it up. */
  close(): void;
}

/** Of a message in the mailbox `path`, in the local copy below `cacheDir`. */
export function lookWhetherKept(cacheDir: string, path: string, uid: number): KeptOrNot {
  const file = join(cacheDir, "index.sqlite");
  if (!existsSync(file)) return { kept: false, close() {} };
  try {
    const connection = connect(file);
    const search = connection.prepare(
      `SELECT 1 FROM message JOIN mailbox ON mailbox.id = message.mailbox
       WHERE mailbox.path = ? AND message.uid = ? AND (
         EXISTS (SELECT 1 FROM body WHERE body.message = message.id)
         OR EXISTS (SELECT 1 FROM part WHERE part.message = message.id))`,
    );
    const kept = search.get(path, uid) !== undefined;
    return { kept, close: () => connection.close() };
  } catch {
    // Of another version, or damaged: who opens it for good knows what to do.
    return { kept: true, close() {} };
  }
}
