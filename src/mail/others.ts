import type { Store } from "../store/index.ts";
import type { MailEvent } from "./values.ts";

/** How often a screen looks whether another process has written to the local copy; it costs microseconds. */
const everyMs = 1_000;

/**
 * Tells of what another process (a script on the same account) has changed in the local copy, until the timer is
 * cleared; `look` looks at the journal.
 */
export function followOthers(
  store: Store,
  watched: () => string | null,
  look: () => void,
  emit: (event: MailEvent) => void,
): NodeJS.Timeout {
  let seen = store.changeCounter();
  return setInterval(() => {
    let now = seen;
    try {
      look();
      now = store.changeCounter();
    } catch {
      // Files that cannot be read are told of by who needs them.
    }
    if (now === seen) return;
    seen = now;
    emit({ kind: "folders" });
    const path = watched();
    if (path !== null) emit({ kind: "messages", path });
  }, everyMs).unref();
}
