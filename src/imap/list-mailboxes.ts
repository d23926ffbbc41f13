import { type ListOptions, list } from "./command/list.ts";
import type { Connection } from "./connection.ts";
import type { ListedMailbox } from "./values.ts";

/**
 * Lists mailboxes however the server can: where it answers BAD to a RETURN option that it offers (Proton Bridge,
 * some proxies) it is asked again with one option less, down to a plain LIST. The connection remembers what to leave
 * out. See `list` for the parameters.
 */
export async function listMailboxes(
  connection: Connection,
  reference: string,
  pattern: string | readonly string[],
  options: ListOptions = {},
): Promise<readonly ListedMailbox[]> {
  for (;;) {
    let reduced = false;
    const again = () => {
      reduced = true;
    };
    try {
      return await connection.run(list(reference, pattern, options, again));
    } catch (error) {
      if (!reduced) throw error;
    }
  }
}
