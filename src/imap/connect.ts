import type { Socket } from "node:net";
import { capability } from "./command/simple.ts";
import { Connection } from "./connection.ts";
import type { ConnectionSettings } from "./connection-settings.ts";
import { asImapError, ImapError } from "./errors.ts";
import { timeouts } from "./limits.ts";
import { negotiateStartTls } from "./transport/starttls.ts";
import { isLoopback, openTcp } from "./transport/tcp.ts";
import { secure, type TlsOptions } from "./transport/tls.ts";

export interface ConnectOptions extends TlsOptions, ConnectionSettings {
  readonly port: number;
  /** TLS from the start; STARTTLS, required; or clear text, which only loopback or `insecure` allows. */
  readonly security: "tls" | "starttls" | "none";
  readonly insecure?: boolean;
  /** ms for name, TCP and TLS together; 30 s by default. */
  readonly connectTimeoutMs?: number;
  /** Gives up, also a connection that is made but has not been handed over. */
  readonly signal?: AbortSignal;
}

/**
 * Connects: TCP, TLS, greeting, capabilities; with `remembered` capabilities it ends with TLS, and a server that turns
 * us away fails the first command. Not yet logged in.
 * @throws ImapError UNRESOLVED, REFUSED, TLS, CERTIFICATE, INSECURE, TIMEOUT, BYE, SYNTAX, CLOSED, ABORTED
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { host, port, security } = options;
  if (security === "none" && options.insecure !== true && !isLoopback(host))
    throw new ImapError("INSECURE", `Mail and password would travel to ${host} in clear text.`);
  const signal = options.signal ?? null;
  if (signal?.aborted) throw givenUp();
  const { socket, opened } = openTcp(host, port);
  const stream = await withDeadline(
    options.connectTimeoutMs ?? timeouts.connect,
    signal,
    socket,
    async () => {
      await opened;
      if (security === "none") return socket;
      if (security === "starttls") await negotiateStartTls(socket);
      return secure(socket, options);
    },
  );
  const connection = new Connection(stream, options);
  const abort = () => connection.destroy(givenUp());
  signal?.addEventListener("abort", abort);
  try {
    const greeted = security === "starttls" ? null : connection.greeted();
    if (options.remembered) return connection;
    await greeted;
    if (connection.capabilities.list().length === 0) await connection.run(capability());
  } catch (error) {
    connection.destroy();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  return connection;
}

function givenUp(): ImapError {
  return new ImapError("ABORTED", "The connection was given up before it was made.");
}

/** Ends the socket where `work` fails, is not done within `ms`, or is given up. */
async function withDeadline(
  ms: number,
  signal: AbortSignal | null,
  socket: Socket,
  work: () => Promise<Socket>,
): Promise<Socket> {
  let timer: NodeJS.Timeout | undefined;
  let abort = () => {};
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new ImapError("TIMEOUT", `No connection within ${ms / 1000} s.`)), ms);
    abort = () => reject(givenUp());
    signal?.addEventListener("abort", abort);
  });
  const working = work();
  try {
    return await Promise.race([working, late]);
  } catch (error) {
    working.then(
      (stream) => stream.destroy(),
      () => {},
    );
    socket.on("error", () => {});
    socket.destroy();
    throw asImapError(error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
