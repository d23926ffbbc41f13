// A server that says exactly what a test tells it to: for faults no real server would show on demand.
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from "node:tls";

/** The server's end of one connection. */
export interface Peer {
  readonly socket: Socket;
  /** Sends lines, CRLF added to each. */
  send(...lines: string[]): void;
  /** Sends bytes as they are. */
  raw(bytes: Buffer | string): void;
  /** Waits for the next line that was sent (without CRLF); fails where it does not match. */
  expect(pattern: RegExp): Promise<RegExpExecArray>;
  /** Waits for `size` octets that are no line: a literal. */
  octets(size: number): Promise<Buffer>;
  /** Waits for `pattern` behind a tag, and gives the tag. */
  command(pattern: RegExp): Promise<string>;
  /** Waits for such a command, sends the lines, and says OK. */
  answer(pattern: RegExp, ...lines: string[]): Promise<void>;
  /** Begins TLS, as after STARTTLS; resolves when the client has agreed. */
  startTls(options: TlsOptions): Promise<void>;
  /** Everything the client sent so far, as Latin-1; of TLS, what it protects. */
  readonly seen: string;
  /** Lines that arrived and were not yet expected. */
  readonly waiting: string;
}

export interface ScriptedServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** Everything clients sent. */
  readonly seen: string;
  /** Settles as the scripts did: rejects with the first one's error. */
  readonly finished: Promise<void>;
  stop(): Promise<void>;
}

class ScriptedPeer implements Peer {
  socket: Socket;
  readonly #saw: (text: string) => void;
  #bytes = Buffer.alloc(0);
  #ended = false;
  #wake = () => {};
  seen = "";

  constructor(socket: Socket, saw: (text: string) => void) {
    this.socket = socket;
    this.#saw = saw;
    this.#listen(socket);
  }

  #listen(socket: Socket): void {
    socket.on("data", (chunk: Buffer) => {
      this.seen += chunk.toString("latin1");
      this.#saw(chunk.toString("latin1"));
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    socket.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on("error", () => {});
  }

  async startTls(options: TlsOptions): Promise<void> {
    this.socket.removeAllListeners("data");
    this.socket = new TLSSocket(this.socket, { ...options, isServer: true });
    this.#listen(this.socket);
    await once(this.socket, "secure");
  }

  get waiting(): string {
    return this.#bytes.toString("latin1");
  }

  send(...lines: string[]): void {
    this.raw(lines.map((line) => `${line}\r\n`).join(""));
  }

  raw(bytes: Buffer | string): void {
    this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  async #take(length: () => number, what: string): Promise<Buffer> {
    for (;;) {
      const end = length();
      if (end >= 0) {
        const taken = this.#bytes.subarray(0, end);
        this.#bytes = this.#bytes.subarray(end);
        return taken;
      }
      if (this.#ended) throw new Error(`the client is gone; ${what} was expected, "${this.waiting}" came`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async expect(pattern: RegExp): Promise<RegExpExecArray> {
    const line = await this.#take(() => {
      const lf = this.#bytes.indexOf("\r\n");
      return lf < 0 ? -1 : lf + 2;
    }, String(pattern));
    const text = line.toString("latin1").slice(0, -2);
    const match = pattern.exec(text);
    if (!match) throw new Error(`${pattern} was expected, "${text}" came`);
    return match;
  }

  octets(size: number): Promise<Buffer> {
    return this.#take(() => (this.#bytes.length >= size ? size : -1), `${size} octets`);
  }

  async command(pattern: RegExp): Promise<string> {
    const line = await this.expect(/^([A-Z0-9]+) (.*)$/i);
    if (!pattern.test(line[2]!)) throw new Error(`${pattern} was expected, "${line[2]}" came`);
    return line[1]!;
  }

  async answer(pattern: RegExp, ...lines: string[]): Promise<void> {
    const tag = await this.command(pattern);
    this.send(...lines, `${tag} OK done`);
  }
}

/**
 * Runs `script` for each connection on a free loopback port; the connection stays open when the script ends.
 * @param tls with these, TLS from the start: `script` begins when the client has agreed
 */
export async function scriptedServer(
  script: (peer: Peer) => Promise<void>,
  tls?: TlsOptions,
): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  let seen = "";
  let settle = { resolve: () => {}, reject: (_error: unknown) => {} };
  const finished = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  finished.catch(() => {});
  const accept = (socket: Socket) => {
    sockets.add(socket);
    const peer = new ScriptedPeer(socket, (text) => {
      seen += text;
    });
    script(peer).then(settle.resolve, (error) => {
      settle.reject(error);
      socket.destroy();
    });
  };
  const server = tls ? createTlsServer(tls, accept) : createServer(accept);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    host: "127.0.0.1",
    port,
    finished,
    get seen() {
      return seen;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
