// A port where nobody takes calls: what asks for a connection gets neither yes nor no, as behind a dead router.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";

export interface Unanswered {
  readonly port: number;
  stop(): Promise<void>;
}

/** Listens, and then never looks again: the system's queue of calls is kept full. */
const listener = `
  const { createServer } = require("node:net");
  const { parentPort } = require("node:worker_threads");
  const server = createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

export async function startUnanswered(): Promise<Unanswered> {
  const worker = new Worker(listener, { eval: true });
  const [port] = (await once(worker, "message")) as [number];
  const calls: Socket[] = [];
  // The queue holds one more than was asked for, on some systems a few.
  for (let taken = true; taken; ) {
    const call = connect(port, "127.0.0.1");
    calls.push(call);
    call.on("error", () => undefined);
    const late = new Promise<boolean>((resolve) => setTimeout(resolve, 200, false));
    taken = await Promise.race([once(call, "connect").then(() => true), late]);
  }
  return {
    port,
    async stop() {
      for (const call of calls) call.destroy();
      await worker.terminate();
    },
  };
}
