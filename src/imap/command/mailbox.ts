/** The commands that change the tree of mailboxes. Paths are as on the wire (see encodeMailboxName). */
import type { Command } from "./command.ts";

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

/** CREATE (RFC 9051 §6.3.4). */
export const create = (path: string): Command<void> => onMailbox("CREATE", path);

/** DELETE (RFC 9051 §6.3.5): the mailbox and every message in it. */
export const deleteMailbox = (path: string): Command<void> => onMailbox("DELETE", path);

/** RENAME (RFC 9051 §6.3.6): with its children; INBOX instead gives its messages to the new one. */
export const rename = (from: string, to: string): Command<void> => onMailbox("RENAME", from, to);

/** SUBSCRIBE (RFC 9051 §6.3.7). */
export const subscribe = (path: string): Command<void> => onMailbox("SUBSCRIBE", path);

/** UNSUBSCRIBE (RFC 9051 §6.3.8). */
export const unsubscribe = (path: string): Command<void> => onMailbox("UNSUBSCRIBE", path);
