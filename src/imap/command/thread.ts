import { ImapError } from "../errors.ts";
import type { Threads } from "../response/thread.ts";
import type { Command } from "./command.ts";
import { type SearchKey, writeSearchKeys } from "./search-key.ts";

/**
 * How messages are put together (RFC 5256 §3): by subject alone; by their References, the threads in the order of their
 * first message (`REFERENCES`) or of their last (`REFS`).
 */
export type ThreadAlgorithm = "ORDEREDSUBJECT" | "REFERENCES" | "REFS";

/**
 * UID THREAD (RFC 5256) of the messages that are found, by the first of the algorithms that the server offers.
 * @throws ImapError UNSUPPORTED where it offers none of them
 */
export function uidThread(
  criteria: SearchKey,
  algorithms: readonly ThreadAlgorithm[] = ["REFS", "REFERENCES", "ORDEREDSUBJECT"],
): Command<Threads> {
  return {
    name: "UID THREAD",
    traits: { needs: "selected", readOnly: true, mayExpunge: true, ambiguous: { key: "THREAD" } },
    begin({ capabilities }) {
      let told: Threads = { uids: [], depths: [] };
      return {
        write(w) {
          const algorithm = algorithms.find((name) => capabilities.has(`THREAD=${name}`));
          if (algorithm === undefined)
            throw new ImapError("UNSUPPORTED", "The server does not put messages into threads (THREAD).");
          w.atom("UID").sp().atom("THREAD").sp().atom(algorithm).sp().atom("UTF-8").sp();
          writeSearchKeys(w, criteria, capabilities);
        },
        untagged(response) {
          if (response.kind !== "thread") return false;
          told = response.threads;
          return true;
        },
        result: () => told,
      };
    },
  };
}
