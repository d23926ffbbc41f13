// The demo: a mailbox to try Postern on, served over real IMAP on the loopback interface.
import { randomBytes } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { arrival, fillWithSamples } from "./sample/index.ts";
import { Session } from "./session.ts";
import { MailStore } from "./store.ts";

/** Milliseconds from the first SELECT of INBOX to the message that arrives by itself. */
const arrivalDelay = 20_000;

export interface DemoOptions {
  /** Whether a new message arrives 20 seconds after INBOX was first selected; default true. */
  arrivals?: boolean;
}

export interface Demo {
  /** On 127.0.0.1; plain IMAP without TLS, which never leaves the machine. */
  port: number;
  /** Also the address of the person whose mail this is. */
  user: string;
  /** Made anew for every demo. */
  password: string;
  /** Ends all connections and the server. A second call does nothing. */
  stop(): Promise<void>;
}

/**
 * Starts the demo on a free port of 127.0.0.1, with about 40 sample messages dated relative to now. All is in memory.
 * @throws Error as `net.Server.listen` does (EMFILE, EACCES).
 */
export async function startDemo(options: DemoOptions = {}): Promise<Demo> {
  const store = new MailStore();
  const now = new Date();
  fillWithSamples(store, now);
  const user = "robin@example.org";
  const password = randomBytes(12).toString("hex");
  const sockets = new Set<Socket>();
  let timer: NodeJS.Timeout | undefined;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    new Session(socket, {
      store,
      user,
      password,
      onSelect: (mailbox) => {
        if (options.arrivals === false || timer || mailbox.name !== "INBOX") return;
        timer = setTimeout(() => mailbox.add(arrival(new Date()), [], new Date()), arrivalDelay).unref();
      },
    });
  });
  await new Promise<void>((resolve, reject) => {
    // Stays on: later errors (a connection that cannot be accepted) concern that connection alone.
    server.on("error", reject);
    // Loopback and nothing else: the password travels in clear.
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  let stopped: Promise<void> | undefined;
  return {
    port,
    user,
    password,
    stop: () => {
      stopped ??= new Promise<void>((resolve) => {
        clearTimeout(timer);
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
      return stopped;
    },
  };
}
