/** Who has handed a command over: its streams, at the other end of a socket. */
import type { Socket } from "node:net";
import { Readable, Writable } from "node:stream";
import type { Streams } from "../streams.ts";
import { frame, type Letter, pieces } from "./frames.ts";
import type { Request } from "./place.ts";

export class Visitor implements Streams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly columns: number | null;
  readonly errorColumns: number | null;
  readonly utf8: boolean;
  /** An editor has to run where the person is. */
  readonly writer = null;
  readonly #socket: Socket;
  readonly #gone = new AbortController();
  #answer: (yes: boolean) => void = () => {};

  constructor(socket: Socket, { columns, errorColumns, utf8 }: Request) {
    this.#socket = socket;
    this.columns = columns;
    this.errorColumns = errorColumns;
    this.utf8 = utf8;
    this.stdin = new Readable({ read: () => void socket.write(frame("W")) });
    this.stdout = this.#output("O");
    this.stderr = this.#output("E");
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream.on("error", () => {});
    socket.on("close", () => this.#left());
  }

  /** Aborts when nobody is there any more. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  #output(letter: Letter): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        const all = [...pieces(chunk)];
        const last = all.pop();
        for (const piece of all) this.#socket.write(frame(letter, piece));
        // Done when the other end has taken it.
        if (last) this.#socket.write(frame(letter, last), done);
        else done();
      },
    });
  }

  confirm(question: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#socket.write(frame("Q", question));
    });
  }

  stoppable<T>(work: (stopped: AbortSignal) => Promise<T>): Promise<T> {
    return work(this.signal);
  }

  /** What the other end sends while the command runs. */
  take(letter: string, payload: Buffer): void {
    if (letter === "I") this.stdin.push(payload);
    else if (letter === ".") this.stdin.push(null);
    else if (letter === "A") this.#answer(payload.toString() === "y");
  }

  /** Everything that was printed goes before the status. */
  async end(status: number): Promise<void> {
    for (const stream of [this.stdout, this.stderr])
      await new Promise<void>((resolve) => void stream.end(() => resolve()).once("error", () => resolve()));
    this.#socket.end(frame("X", String(status)));
  }

  #left(): void {
    this.#answer(false);
    this.#gone.abort();
    const error = new Error("whoever gave the command has gone");
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream.destroy(error);
  }
}
