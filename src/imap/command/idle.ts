import type { Command } from "./command.ts";

/**
 * IDLE (RFC 2177). Runs until the connection writes DONE; `started` is called when the server has agreed to it.
 * Changes come as mailbox events.
 */
export function idleCommand(started: () => void): Command<void> {
  return {
    name: "IDLE",
    traits: { needs: "authenticated", exclusive: true, mayExpunge: true },
    begin: () => ({
      quiet: true,
      write: (w) => void w.atom("IDLE"),
      continuation() {
        started();
        return null;
      },
      result: () => {},
    }),
  };
}
