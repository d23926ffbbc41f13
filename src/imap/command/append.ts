import { ImapError } from "../errors.ts";
import type { AppendUid } from "../values.ts";
import { type AppendMessage, writeAppendMessage } from "./append-message.ts";
import type { Command } from "./command.ts";
import { requires } from "./requires.ts";

/** APPEND (RFC 9051 §6.3.12). The new UID, or null where the server does not tell (UIDPLUS). */
export function append(path: string, message: AppendMessage): Command<AppendUid | null> {
  return appendAll(path, [message]);
}

/**
 * APPEND of several messages: all or none (RFC 3502). The UIDs in their order.
 * @throws UNSUPPORTED for more than one without MULTIAPPEND
 */
export function appendAll(path: string, messages: readonly AppendMessage[]): Command<AppendUid | null> {
  return {
    name: "APPEND",
    traits: { needs: "authenticated", mayExpunge: true },
    begin: (session) => ({
      write(w) {
        if (messages.length !== 1) requires(session.capabilities, "several messages at once", "MULTIAPPEND");
        w.atom("APPEND").sp().mailbox(path).sp();
        w.separated(messages, (message) => writeAppendMessage(w, message, session));
      },
      result: (done) => (done.code?.kind === "appenduid" ? done.code.appendUid : null),
      failed(done, error) {
        if (done.condition === "BAD" && session.quirks.appendDesyncs)
          throw new ImapError("BAD", "The server did not take the message, and may read it as commands.", {
            serverText: done.text,
          });
        return error;
      },
    }),
  };
}
