// A client that is nothing but a socket: what is sent and what comes back, octet for octet.
import { connect, type Socket } from "node:net";
import { type Demo, startDemo } from "../../src/demo/index.ts";

export class Wire {
  readonly socket: Socket;
  #text = "";
  #wake: () => void = () => {};
  #ended = false;
  #count = 0;

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("data", (data) => {
      this.#text += data.toString("latin1");
      this.#wake();
    });
    const end = () => {
      this.#ended = true;
      this.#wake();
    };
    this.socket.on("error", end);
    this.socket.on("close", end);
  }

  /** Everything up to and with the match; rejects when the connection ends before it. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.#text);
      if (found) {
        const end = found.index + found[0].length;
        const text = this.#text.slice(0, end);
        this.#text = this.#text.slice(end);
        return text;
      }
      if (this.#ended) throw new Error(`connection ended; what came: ${this.#text}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  send(octets: string): void {
    this.socket.write(Buffer.from(octets, "latin1"));
  }

  /** Sends one command and returns its whole answer. */
  command(line: string): Promise<string> {
    const tag = `t${++this.#count}`;
    this.send(`${tag} ${line}\r\n`);
    return this.until(new RegExp(`^${tag} (OK|NO|BAD).*\r\n`, "m"));
  }

  /** Resolves when the server has closed the connection, with what it said last. */
  async ended(): Promise<string> {
    while (!this.#ended)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#text;
  }
}

/** Runs `work` with a demo of its own and `count` connections that are logged in. */
export async function withDemo(count: number, work: (...wires: Wire[]) => Promise<void>): Promise<void> {
  const demo: Demo = await startDemo({ arrivals: false });
  const wires = Array.from({ length: count }, () => new Wire(demo.port));
  try {
    for (const wire of wires) {
      await wire.until(/^\* OK.*\r\n/);
      await wire.command(`LOGIN ${demo.user} ${demo.password}`);
    }
    await work(...wires);
  } finally {
    for (const wire of wires) wire.socket.destroy();
    await demo.stop();
  }
}

/** The first literal of an answer, cut to the octets its length names. */
export function literalOf(answer: string): string {
  const found = /\{(\d+)\}\r\n/.exec(answer);
  if (!found) throw new Error(`no literal in ${answer}`);
  const start = found.index + found[0].length;
  return answer.slice(start, start + Number(found[1]));
}
