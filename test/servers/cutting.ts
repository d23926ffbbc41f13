// Stands between a client and a server, and cuts the line at a command: before it gets through, or after it was done and before that is told.
import { connect, createServer, type Socket } from "node:net";

export interface Cutting {
  readonly port: number;
  /** Commands (without tag) at which the line is cut, once; `done`: the server does it, and its answer is lost. */
  at(command: RegExp, done: boolean): void;
  /** Whether that has happened. */
  readonly hit: boolean;
  stop(): Promise<void>;
}

export async function startCutting(port: number): Promise<Cutting> {
  const sockets = new Set<Socket>();
  let wanted: { command: RegExp; done: boolean } | null = null;
  let hit = false;
  const server = createServer((client) => {
    const behind = connect(port, "127.0.0.1");
    for (const socket of [client, behind]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
    }
    const end = () => {
      client.destroy();
      behind.destroy();
    };
    client.on("close", end);
    behind.on("close", end);
    let doomed: string | null = null;
    client.on("data", (data: Buffer) => {
      for (const line of data.toString("latin1").split("\r\n")) {
        const [, tag = "", command = ""] = /^(\S+) (.*)$/.exec(line) ?? [];
        if (!wanted?.command.test(command)) continue;
        const { done } = wanted;
        wanted = null;
        hit = true;
        if (!done) {
          end();
          return;
        }
        doomed = tag;
      }
      behind.write(data);
    });
    behind.on("data", (data: Buffer) => {
      if (doomed !== null && `\r\n${data.toString("latin1")}`.includes(`\r\n${doomed} `)) end();
      else client.write(data);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    at(command, done) {
      wanted = { command, done };
      hit = false;
    },
    get hit() {
      return hit;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
