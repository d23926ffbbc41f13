/** A line to a server on loopback that takes its time, and tells when the first octet came. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface LateLine {
  readonly port: number;
  /** When the first octet of the newest connection came from the client, as `performance.now()`; null before. */
  readonly first: number | null;
  /** One round trip, ms, for connections from now on. */
  roundTripMs: number;
  stop(): Promise<void>;
}

/** Making the connection takes a round trip as well: the first octets are held back for one. */
export async function lateLine(target: number): Promise<LateLine> {
  const sockets = new Set<Socket>();
  let first: number | null = null;
  let roundTripMs = 0;
  const server = createServer((client) => {
    const half = roundTripMs / 2;
    const since = performance.now();
    first = null;
    const upstream = connect({ port: target, host: "127.0.0.1", noDelay: true });
    client.setNoDelay(true);
    const pass = (to: Socket, bytes: Buffer, ms: number) =>
      ms <= 0 ? to.write(bytes) : setTimeout(() => to.write(bytes), ms);
    client.on("data", (bytes) => {
      first ??= performance.now();
      const established = since + 2 * half;
      pass(upstream, bytes, Math.max(half, established - performance.now() + half));
    });
    upstream.on("data", (bytes) => pass(client, bytes, half));
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        setTimeout(() => other.end(), half);
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get first() {
      return first;
    },
    get roundTripMs() {
      return roundTripMs;
    },
    set roundTripMs(ms) {
      roundTripMs = ms;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
