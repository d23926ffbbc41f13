/** A line whose every octet takes its time: half of the round trip in each direction, and no less bandwidth. */
import { connect, createServer, type Socket } from "node:net";

export interface SlowLine {
  readonly port: number;
  stop(): void;
}

export function startSlowLine(target: number, roundTripMs: number): Promise<SlowLine> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (data) => void setTimeout(() => to.write(data), roundTripMs / 2));
      from.on("error", () => undefined);
      from.on("close", () => {
        sockets.delete(from);
        setTimeout(() => to.end(), roundTripMs / 2);
      });
    }
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve({
        port: typeof address === "object" && address ? address.port : 0,
        stop() {
          server.close();
          for (const socket of sockets) socket.destroy();
        },
      });
    });
  });
}
