import { ImapError } from "../errors.ts";
import type { AppendUid } from "../values.ts";
import type { MessageSource } from "../wire/writer.ts";
import type { Command } from "./command.ts";

export interface AppendMessage {
  readonly flags?: readonly string[];
  /** ms since the epoch; the server's now if absent. */
  readonly internalDate?: number;
  /** The message with CRLF line ends. A stream must give exactly `size` octets, or the connection is lost. */
  readonly source: MessageSource;
}

/** APPEND (RFC 9051 §6.3.12). The new UID, or null where the server does not tell (UIDPLUS). */
export function append(path: string, message: AppendMessage): Command<AppendUid | null> {
  return {
    name: "APPEND",
    traits: { needs: "authenticated", mayExpunge: true },
    begin: (session) => ({
      write(w) {
        w.atom("APPEND").sp().mailbox(path).sp();
        if (message.flags?.length) w.flags(message.flags).sp();
        if (message.internalDate !== undefined) w.dateTime(message.internalDate).sp();
        w.message(message.source);
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
