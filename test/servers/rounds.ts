// A line of infinite length in both directions: what one side sends reaches the other only when the first has no more
// to say. So every round is one flight, however fast the machine is.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface RoundsProxy {
  readonly port: number;
  /** Flights so far: the times the client went on after it had heard the server. TCP's own is not among them. */
  readonly rounds: number;
  /** Octets from the client, and to it. */
  readonly sent: number;
  readonly received: number;
  stop(): Promise<void>;
}

/** ms without another byte until a side counts as having no more to say. */
const clientQuiet = 30;
const serverQuiet = 120;

/** Stands before a server on loopback. */
export async function roundsProxy(target: number): Promise<RoundsProxy> {
  const sockets = new Set<Socket>();
  let rounds = 0;
  let sent = 0;
  let received = 0;
  const server = createServer((client) => {
    const upstream = connect({ port: target, host: "127.0.0.1", noDelay: true });
    client.setNoDelay(true);
    sockets.add(client).add(upstream);
    let heard = true;
    held(client, clientQuiet, (bytes) => {
      if (heard) rounds++;
      heard = false;
      sent += bytes.length;
      upstream.write(bytes);
    });
    held(upstream, serverQuiet, (bytes) => {
      heard = true;
      received += bytes.length;
      client.write(bytes);
    });
    client.on("close", () => upstream.destroy()).on("error", () => {});
    upstream.on("close", () => client.destroy()).on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get rounds() {
      return rounds;
    },
    get sent() {
      return sent;
    },
    get received() {
      return received;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Hands on what `from` sends when it has been quiet for `ms`. */
function held(from: Socket, ms: number, hand: (bytes: Buffer) => void): void {
  let bytes: Buffer[] = [];
  let timer: NodeJS.Timeout | undefined;
  from.on("data", (chunk: Buffer) => {
    bytes.push(chunk);
    clearTimeout(timer);
    timer = setTimeout(() => {
      hand(Buffer.concat(bytes));
      bytes = [];
    }, ms);
  });
  from.on("close", () => clearTimeout(timer));
}
