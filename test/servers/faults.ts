/** A line with faults, between a client and a server on loopback. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type Direction = "up" | "down";

export type Fault =
  /** The line ends once so many octets have gone in one direction: in good order, or with a reset. */
  | { readonly kind: "cut" | "reset"; readonly direction: Direction; readonly after: number }
  /** From then on nothing comes through in either direction, and nothing says so. */
  | { readonly kind: "stall"; readonly direction: Direction; readonly after: number }
  /** The server's side is gone, and the client is not told: what it sends goes nowhere. */
  | { readonly kind: "half-open"; readonly direction: Direction; readonly after: number }
  | { readonly kind: "slow"; readonly octetsPerSecond: number }
  /** Every octet takes so long, in each direction. */
  | { readonly kind: "late"; readonly ms: number };

export interface FaultProxy {
  readonly port: number;
  /** What befalls connections from now on; those that are open keep their own. */
  fault: Fault | null;
  /** Connections so far. */
  readonly connections: number;
  /** Octets that came through since `fault` was last set. */
  readonly passed: Readonly<Record<Direction, number>>;
  stop(): Promise<void>;
}

export async function faultProxy(target: number): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  let fault: Fault | null = null;
  let connections = 0;
  let passed = { up: 0, down: 0 };
  const server = createServer((client) => {
    connections++;
    const upstream = connect({ port: target, host: "127.0.0.1", noDelay: true });
    client.setNoDelay(true);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
    const line = new Line(client, upstream, fault, (direction, octets) => {
      passed[direction] += octets;
    });
    client.on("data", (bytes) => line.take("up", bytes));
    upstream.on("data", (bytes) => line.take("down", bytes));
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => line.serverClosed());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get fault() {
      return fault;
    },
    set fault(next) {
      fault = next;
      passed = { up: 0, down: 0 };
    },
    get connections() {
      return connections;
    },
    get passed() {
      return passed;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** One connection and what befalls it. */
class Line {
  readonly #ends: Readonly<Record<Direction, Socket>>;
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #fault: Fault | null;
  readonly #count: (direction: Direction, octets: number) => void;
  readonly #octets = { up: 0, down: 0 };
  /** When the line is free again for a direction that goes slowly, ms. */
  readonly #free = { up: 0, down: 0 };
  #dead = false;

  constructor(
    client: Socket,
    upstream: Socket,
    fault: Fault | null,
    count: (direction: Direction, octets: number) => void,
  ) {
    this.#client = client;
    this.#upstream = upstream;
    this.#ends = { up: upstream, down: client };
    this.#fault = fault;
    this.#count = count;
  }

  take(direction: Direction, bytes: Buffer): void {
    const fault = this.#fault;
    if (this.#dead) return;
    if (fault?.kind === "slow") this.#slowly(direction, bytes, fault.octetsPerSecond);
    else if (fault?.kind === "late") setTimeout(() => this.#pass(direction, bytes), fault.ms);
    else if (
      fault &&
      fault.direction === direction &&
      this.#octets[direction] + bytes.length >= fault.after
    ) {
      this.#pass(direction, bytes.subarray(0, fault.after - this.#octets[direction]));
      this.#break(fault.kind);
    } else this.#pass(direction, bytes);
  }

  #pass(direction: Direction, bytes: Buffer): void {
    if (this.#dead || bytes.length === 0) return;
    this.#octets[direction] += bytes.length;
    this.#count(direction, bytes.length);
    this.#ends[direction].write(bytes);
  }

  #break(kind: "cut" | "reset" | "stall" | "half-open"): void {
    this.#dead = true;
    if (kind === "cut") {
      this.#client.end();
      this.#upstream.end();
    } else if (kind === "reset") {
      this.#client.resetAndDestroy();
      this.#upstream.resetAndDestroy();
    } else if (kind === "half-open") this.#upstream.destroy();
  }

  serverClosed(): void {
    if (!this.#dead) this.#client.end();
  }

  /** In pieces of a twentieth of a second. */
  #slowly(direction: Direction, bytes: Buffer, octetsPerSecond: number): void {
    const piece = Math.max(1, Math.floor(octetsPerSecond / 20));
    const now = performance.now();
    for (let at = 0; at < bytes.length; at += piece) {
      const part = bytes.subarray(at, at + piece);
      const free = Math.max(this.#free[direction], now) + (part.length / octetsPerSecond) * 1000;
      this.#free[direction] = free;
      setTimeout(() => this.#pass(direction, part), free - now);
    }
  }
}
