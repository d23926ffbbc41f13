/** How a connection is to behave. */
import type { RememberedCapabilities } from "./capabilities.ts";

/** One line of the protocol, without secrets, literals abbreviated. Hostile text. */
export type ProtocolLog = (direction: "in" | "out", text: string) => void;

export interface ConnectionSettings {
  /** ms without a byte from the server while an answer is due; 60 s by default. */
  readonly silenceTimeoutMs?: number;
  readonly log?: ProtocolLog;
  /** Whether anybody wants the log now; always, where not given. */
  readonly logs?: () => boolean;
  /** What ID says of us (RFC 2971). */
  readonly clientId?: Readonly<Record<string, string>>;
  /**
   * What `Connection.remembered` said at the end of the last session: login and what may follow it (see `run`) are
   * then sent at once, without waiting for the greeting. A wrong guess is found out and put right.
   */
  readonly remembered?: RememberedCapabilities;
}
