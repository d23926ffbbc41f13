import { ImapError } from "../errors.ts";
import type { Command } from "./command.ts";
import { requires } from "./requires.ts";

export type NotifyEvent =
  | "MessageNew"
  | "MessageExpunge"
  | "FlagChange"
  | "MailboxName"
  | "SubscriptionChange"
  | "MailboxMetadataChange"
  | "AnnotationChange";

/** Which mailboxes (RFC 5465 §6): those of a kind, or paths, with all below them or not. */
export type NotifyMailboxes =
  | "personal"
  | "inboxes"
  | "subscribed"
  | { readonly mailboxes: readonly string[] }
  | { readonly subtree: readonly string[] };

export interface NotifyOptions {
  /**
   * Of the selected mailbox: its events come as `mailbox` events, and its EXPUNGEs only where they may (as without
   * NOTIFY), so that sequence numbers stay true.
   */
  readonly selected?: readonly NotifyEvent[];
  /** Of others: their events come as `folders` events. MessageExpunge needs MessageNew, FlagChange needs both. */
  readonly groups?: readonly { readonly of: NotifyMailboxes; readonly events: readonly NotifyEvent[] }[];
  /** Tell the STATUS of all those mailboxes now. */
  readonly status?: boolean;
}

/**
 * NOTIFY SET (RFC 5465): the server tells without being asked, during IDLE as well. Takes the place of an earlier one.
 * @throws UNSUPPORTED; NO with the code BADEVENT where the server does not know an event
 */
export function notify(options: NotifyOptions): Command<void> {
  return {
    name: "NOTIFY",
    traits: { needs: "authenticated", mayExpunge: true, ambiguous: { key: "NOTIFY" } },
    begin: ({ capabilities }) => ({
      write(w) {
        requires(capabilities, "to tell news of all mailboxes", "NOTIFY");
        const { selected, groups = [] } = options;
        if (!selected && groups.length === 0)
          throw new ImapError("ARGUMENT", "NOTIFY needs at least one group of mailboxes.");
        w.atom("NOTIFY").sp().atom("SET").sp();
        if (options.status) w.atom("STATUS").sp();
        const events = (names: readonly NotifyEvent[]) => {
          if (names.length === 0) w.atom("NONE");
          else w.list(names, (name) => w.atom(name));
        };
        const writers: (() => void)[] = groups.map(({ of, events: names }) => () => {
          w.open();
          if (typeof of === "string") w.atom(of);
          else {
            const subtree = "subtree" in of;
            w.atom(subtree ? "subtree" : "mailboxes").sp();
            w.list(subtree ? of.subtree : of.mailboxes, (path) => w.mailbox(path));
          }
          w.sp();
          events(names);
          w.close();
        });
        if (selected)
          writers.unshift(() => {
            w.open().atom("selected-delayed").sp();
            events(selected);
            w.close();
          });
        w.separated(writers, (write) => write());
      },
      result: () => {},
    }),
  };
}

/** NOTIFY NONE (RFC 5465 §3.2): nothing more is told, also not of the selected mailbox outside its commands. */
export function notifyNone(): Command<void> {
  return {
    name: "NOTIFY",
    traits: { needs: "authenticated", mayExpunge: true, ambiguous: { key: "NOTIFY" } },
    begin: ({ capabilities }) => ({
      write(w) {
        requires(capabilities, "to tell news of all mailboxes", "NOTIFY");
        w.atom("NOTIFY").sp().atom("NONE");
      },
      result: () => {},
    }),
  };
}
