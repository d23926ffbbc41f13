/** The commands that change the tree of mailboxes. Paths are as on the wire (see encodeMailboxName). */
import type { Command } from "./command.ts";
import { requires } from "./requires.ts";

function onMailbox(name: string, ...paths: readonly string[]): Command<void> {
  return {
    name,
    traits: { needs: "authenticated", mayExpunge: true },
    begin: () => ({
      write(w) {
        w.atom(name);
        for (const path of paths) w.sp().mailbox(path);
      },
      result: () => {},
    }),
  };
}

export interface CreateOptions {
  /** What it is for: `\Drafts`, `\Sent`, … (RFC 6154). @throws UNSUPPORTED without CREATE-SPECIAL-USE */
  readonly specialUse?: readonly string[];
}

/** CREATE (RFC 9051 §6.3.4). `mailboxId` is null where the server does not tell it (RFC 8474). */
export function create(path: string, options: CreateOptions = {}): Command<{ mailboxId: string | null }> {
  return {
    name: "CREATE",
    traits: { needs: "authenticated", mayExpunge: true },
    begin: ({ capabilities }) => ({
      write(w) {
        w.atom("CREATE").sp().mailbox(path);
        if (!options.specialUse?.length) return;
        requires(capabilities, "mailboxes made for a use", "CREATE-SPECIAL-USE");
        w.sp().open().atom("USE").sp().flags(options.specialUse).close();
      },
      result: ({ code }) => ({ mailboxId: code?.kind === "id" ? code.id : null }),
    }),
  };
}

/** DELETE (RFC 9051 §6.3.5): the mailbox and every message in it. */
export const deleteMailbox = (path: string): Command<void> => onMailbox("DELETE", path);

/** RENAME (RFC 9051 §6.3.6): with its children; INBOX instead gives its messages to the new one. */
export const rename = (from: string, to: string): Command<void> => onMailbox("RENAME", from, to);

/** SUBSCRIBE (RFC 9051 §6.3.7). */
export const subscribe = (path: string): Command<void> => onMailbox("SUBSCRIBE", path);

/** UNSUBSCRIBE (RFC 9051 §6.3.8). */
export const unsubscribe = (path: string): Command<void> => onMailbox("UNSUBSCRIBE", path);
