/** Making a line: name, TCP and TLS, up to where the server has proved who it is. Loads nothing of the protocol. */
import type { Socket } from "node:net";
import { asImapError, ImapError } from "./errors.ts";
import { timeouts } from "./limits.ts";
import { isLoopback, openTcp } from "./transport/tcp.ts";
import { secure, type TlsOptions } from "./transport/tls.ts";

export interface DialOptions extends TlsOptions {
  readonly port: number;
  /** TLS from the start; STARTTLS, required; or clear text, which only loopback or `insecure` allows. */
  readonly security: "tls" | "starttls" | "none";
  readonly insecure?: boolean;
  /** ms for name, TCP and TLS together; 30 s by default. */
  readonly connectTimeoutMs?: number;
}

/** A line that is being made. Who does not use it gives it up. */
export interface Dialling {
  /** Rejects with ImapError UNRESOLVED, REFUSED, TLS, CERTIFICATE, INSECURE, TIMEOUT, BYE, SYNTAX, CLOSED, ARGUMENT. */
  readonly line: Promise<Socket>;
  /** Resolves when TCP is made, and TLS begun where that is first; also where it is not to be. */
  readonly begun: Promise<void>;
  /** Ends it, whether it is made or not: `line` rejects with `error`. */
  giveUp(error: ImapError): void;
}

export function dial(options: DialOptions): Dialling {
  const { host, port, security, connectTimeoutMs = timeouts.connect } = options;
  if (security === "none" && options.insecure !== true && !isLoopback(host)) {
    const what = `Mail and password would travel to ${host} in clear text.`;
    return { line: Promise.reject(new ImapError("INSECURE", what)), begun: Promise.resolve(), giveUp() {} };
  }
  const { socket, opened } = openTcp(host, port);
  let giveUp: Dialling["giveUp"] = () => {};
  const given = new Promise<never>((_resolve, reject) => {
    giveUp = reject;
  });
  const late = () => giveUp(new ImapError("TIMEOUT", `No connection within ${connectTimeoutMs / 1000} s.`));
  const timer = setTimeout(late, connectTimeoutMs);
  const agreed = security === "starttls" ? opened.then(() => startTls(socket)) : opened;
  const made = agreed.then<Socket>(() => (security === "none" ? socket : secure(socket, options)));
  const line = Promise.race([made, given]).catch((error: unknown) => {
    socket.on("error", () => {});
    socket.destroy();
    throw asImapError(error);
  });
  // Who waits for it hears of it; it may be given up when it is made, and then nobody does.
  line.catch(() => {});
  given.catch(() => made.then((stream) => stream.destroy()).catch(() => {}));
  const stop = () => clearTimeout(timer);
  line.then(stop, stop);
  // What waits for the same is called in order: TLS has begun by then.
  const begun = opened.then(
    () => {},
    () => {},
  );
  return { line, begun, giveUp };
}

async function startTls(socket: Socket): Promise<void> {
  const { negotiateStartTls } = await import("./transport/starttls.ts");
  await negotiateStartTls(socket);
}
