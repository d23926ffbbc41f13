/**
 * Hands a command over to a Postern that runs for its account, whose connection is there already. Whatever that will not
 * do is done here, as if there were none: nothing is said about it. Kept small, as every command passes here first.
 */
import { connect, type Socket } from "node:net";
import { namedAccounts } from "../argv.ts";
import { ownTerminal } from "../terminal.ts";
import { answerMs, frame, pieces, readFrames } from "./frames.ts";
import { agentsThere, type Request, socketIn, surroundings } from "./place.ts";

/** The socket of the agent that may run `argv`; null where there is none. */
async function socketFor(argv: readonly string[]): Promise<string | null> {
  const { directory, accounts } = agentsThere();
  if (accounts.length === 0) return null;
  const [named, ...more] = namedAccounts(argv);
  if (more.length > 0) return null;
  let account = named ?? accounts[0];
  if (named === undefined && accounts.length > 1) {
    const { chooseAccount, loadConfig } = await import("../../account/config.ts");
    account = chooseAccount(loadConfig(undefined), undefined).name;
  }
  return account !== undefined && accounts.includes(account) ? socketIn(directory, account) : null;
}

/**
 * Resolves to the exit status; null where the command is to be run here: nothing has been done of it, nothing printed,
 * and nothing read.
 */
export async function handOver(argv: readonly string[]): Promise<number | null> {
  // The screen is no command; and a password of one's own is for a session of one's own.
  if (argv.length === 0 || process.env.POSTERN_PASSWORD) return null;
  try {
    const path = await socketFor(argv);
    return path === null ? null : await new Handing(connect(path), argv).ended;
  } catch {
    return null;
  }
}

class Handing {
  readonly ended: Promise<number | null>;
  readonly #socket: Socket;
  #resolve: (status: number | null) => void = () => {};
  /** It is known to run there. */
  #begun = false;
  #changes = false;
  #over = false;
  /** Something was printed, asked or read: it cannot be done again as if nothing had been. */
  #seen = false;
  #input: AsyncIterator<Buffer> | null = null;

  constructor(socket: Socket, argv: readonly string[]) {
    this.#socket = socket;
    const timer = setTimeout(() => socket.destroy(), answerMs);
    this.ended = new Promise<number | null>((resolve) => {
      this.#resolve = resolve;
    }).finally(() => clearTimeout(timer));
    const request: Request = { surroundings: surroundings(), ask: "run", argv, ...ownTerminal() };
    socket.on("error", () => {});
    socket.on("close", () => {
      if (!this.#over) this.#lost();
    });
    socket.write(frame("R", JSON.stringify(request)));
    readFrames(socket, (letter, payload) => {
      if (letter === "B") clearTimeout(timer);
      this.#take(letter, payload);
    });
  }

  #take(letter: string, payload: Buffer): void {
    switch (letter) {
      case "B":
        this.#changes = payload.toString() === "true";
        this.#begun = true;
        this.#socket.write(frame("G"));
        return;
      case "O":
        this.#print(process.stdout, payload);
        return;
      case "E":
        this.#print(process.stderr, payload);
        return;
      case "W":
        void this.#read();
        return;
      case "Q":
        void this.#ask(payload.toString());
        return;
      case "X":
        this.#end(Number(payload.toString()));
        return;
      case "N":
        this.#end(null);
        return;
      default:
        // Who says what nobody says here is not asked any further.
        this.#socket.destroy();
    }
  }

  /** What is not taken here holds up the agent, and so the server. */
  #print(stream: NodeJS.WriteStream, payload: Buffer): void {
    this.#seen = true;
    if (stream.write(payload)) return;
    this.#socket.pause();
    stream.once("drain", () => this.#socket.resume());
  }

  async #read(): Promise<void> {
    this.#seen = true;
    this.#input ??= process.stdin[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const { done, value } = await this.#input.next().catch(() => ({ done: true, value: undefined }));
    if (done || value === undefined) this.#socket.write(frame("."));
    else for (const piece of pieces(value)) this.#socket.write(frame("I", piece));
  }

  async #ask(question: string): Promise<void> {
    this.#seen = true;
    const { confirmHere } = await import("../streams.ts");
    this.#socket.write(frame("A", (await confirmHere(question)) ? "y" : "n"));
  }

  #lost(): void {
    if (!this.#begun || (!this.#changes && !this.#seen)) {
      this.#end(null);
      return;
    }
    process.stderr.write(
      "postern: the running Postern that was at this ended in the middle of it\n" +
        '  what it had taken on is in the journal and goes out with the next command: see "postern queue"\n',
    );
    this.#end(75);
  }

  #end(status: number | null): void {
    this.#over = true;
    this.#socket.destroy();
    // Reading may have begun, and would keep the process.
    if (this.#input) process.stdin.destroy();
    this.#resolve(status);
  }
}
