import { capability } from "./command/simple.ts";
import { Connection } from "./connection.ts";
import type { ConnectionSettings } from "./connection-settings.ts";
import { type Dialling, type DialOptions, dial } from "./dial.ts";
import { ImapError } from "./errors.ts";

export interface ConnectOptions extends DialOptions, ConnectionSettings {
  /** The line to this server that is being made already. */
  readonly dialling?: Dialling;
  /** Gives up, also a connection that is made but has not been handed over. */
  readonly signal?: AbortSignal;
}

/**
 * Connects: TCP, TLS, greeting, capabilities; with `remembered` capabilities it ends with TLS, and a server that turns
 * us away fails the first command. Not yet logged in.
 * @throws ImapError UNRESOLVED, REFUSED, TLS, CERTIFICATE, INSECURE, TIMEOUT, BYE, SYNTAX, CLOSED, ABORTED
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { signal, security } = options;
  if (signal?.aborted) {
    options.dialling?.giveUp(givenUp());
    throw givenUp();
  }
  const dialling = options.dialling ?? dial(options);
  let abort = () => dialling.giveUp(givenUp());
  const aborted = () => abort();
  signal?.addEventListener("abort", aborted);
  try {
    const connection = new Connection(await dialling.line, options);
    abort = () => connection.destroy(givenUp());
    try {
      const greeted = security === "starttls" ? null : connection.greeted();
      if (options.remembered) return connection;
      await greeted;
      if (connection.capabilities.list().length === 0) await connection.run(capability());
    } catch (error) {
      connection.destroy();
      throw error;
    }
    return connection;
  } finally {
    signal?.removeEventListener("abort", aborted);
  }
}

function givenUp(): ImapError {
  return new ImapError("ABORTED", "The connection was given up before it was made.");
}
