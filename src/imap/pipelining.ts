/** Which commands may be in flight together (RFC 9051 §5.5). */
import type { Capabilities } from "./capabilities.ts";
import type { SessionState } from "./session.ts";

/** What must be known about a command to send others beside it. */
export interface Traits {
  /** The state it needs. */
  readonly needs: "any" | "not-authenticated" | "authenticated" | "selected";
  /** It changes the session's state: what comes later must wait for its answer. */
  readonly barrier?: boolean;
  /** SELECT, EXAMINE: the barrier that reading commands may follow where no mailbox is selected. */
  readonly selects?: boolean;
  /** A login that is one line and its answer: a barrier that what reads, selects or enables may follow. */
  readonly logsIn?: boolean;
  /** ENABLE: where the login before it fails it is refused, and no harm is done. */
  readonly enables?: boolean;
  /** It changes nothing: after a SELECT that failed it is refused, and no harm is done. */
  readonly readOnly?: boolean;
  /** The server keeps what it finds as `$` (RFC 5182). */
  readonly saves?: boolean;
  /** It names its messages as `$`. */
  readonly usesSaved?: boolean;
  /** It names messages by sequence number. */
  readonly usesSequenceNumbers?: boolean;
  /** The server may answer it with EXPUNGE; all but FETCH, STORE and SEARCH by sequence number (RFC 9051 §7.5.1). */
  readonly mayExpunge?: boolean;
  /** Its answer cannot be told from that of another command with the same key, unless the server has `unless`. */
  readonly ambiguous?: { readonly key: string; readonly unless?: string };
  /** Nothing is sent until it is done: it talks back (AUTHENTICATE, IDLE). */
  readonly exclusive?: boolean;
}

/**
 * Whether a command may be sent now.
 * @param pending the traits of the commands sent and not yet answered, in that order
 */
export function mayStart(
  command: Traits,
  pending: readonly Traits[],
  session: { readonly state: SessionState; readonly capabilities: Capabilities },
): boolean {
  return pending.every((other) => {
    if (other.exclusive || command.exclusive) return false;
    if (command.barrier && !command.selects) return false;
    if (other.logsIn) return isHarmless(command);
    // With a mailbox selected, what is in flight may still be about it.
    if (command.selects && (session.state === "selected" || other.needs === "selected")) return false;
    if (other.barrier && !(other.selects && command.readOnly && session.state !== "selected")) return false;
    // The server runs them in order; but where that search fails `$` is what it was, and a change would hit that.
    if (command.usesSaved && !command.readOnly && other.saves) return false;
    if (command.usesSequenceNumbers && (other.mayExpunge || other.barrier)) return false;
    if (command.mayExpunge && other.usesSequenceNumbers) return false;
    const { key, unless } = command.ambiguous ?? {};
    return (
      key === undefined ||
      key !== other.ambiguous?.key ||
      (unless !== undefined && session.capabilities.has(unless))
    );
  });
}

/** Whether a command may be sent before it is known that it will be let in. */
function isHarmless(command: Traits): boolean {
  if (command.usesSequenceNumbers) return false;
  return command.readOnly === true || command.selects === true || command.enables === true;
}
