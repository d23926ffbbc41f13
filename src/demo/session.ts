// One connection: octets to commands, commands to answers, and news of what other connections did.
import type { Socket } from "node:net";
import { type Command, type Connection, capabilities, commands } from "./commands.ts";
import type { Mailbox, MailStore } from "./store.ts";
import { Refusal, Scanner } from "./syntax.ts";
import type { View } from "./view.ts";

/** Octets of one command without its literals, and of its literals once the client has logged in. */
const maxLine = 65_536;
const maxLiteral = 32 * 1024 * 1024;

export interface SessionContext {
  store: MailStore;
  user: string;
  password: string;
  onSelect(mailbox: Mailbox): void;
}

export class Session implements Connection {
  readonly store: MailStore;
  readonly user: string;
  readonly password: string;
  readonly onSelect: (mailbox: Mailbox) => void;
  tag = "*";
  authenticated = false;
  idling = false;
  readonly #socket: Socket;
  #view: View | null = null;
  #continuation: ((line: string) => string) | null = null;
  #closing = false;

  /** What came and is not yet a whole command: chunks, until a line end makes them worth joining. */
  #waiting: Buffer[] = [];
  #input = "";
  /** Octets of `#input` known to belong to the command being read: lines looked at, and literals. */
  #scanned = 0;
  /** Octets that must have come before there is anything to look at. */
  #needed = 0;
  #literals = 0;
  #output: string[] = [];

  constructor(socket: Socket, context: SessionContext) {
    this.#socket = socket;
    this.store = context.store;
    this.user = context.user;
    this.password = context.password;
    this.onSelect = context.onSelect;
    socket.setNoDelay(true);
    socket.on("data", (data) => this.#receive(data));
    // A client that goes away in the middle of something is no event for the others.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#closing = true;
      this.view = null;
    });
    this.send(`* OK [CAPABILITY ${capabilities}] The demo mailbox of Postern`);
    this.#flush();
  }

  get view(): View | null {
    return this.#view;
  }

  set view(view: View | null) {
    this.#view?.mailbox.listeners.delete(this.#onChange);
    this.#view = view;
    view?.mailbox.listeners.add(this.#onChange);
  }

  readonly #onChange = () => {
    if (!this.idling) return;
    this.#news(true);
    this.#flush();
  };

  send(line: string): void {
    this.#output.push(line, "\r\n");
  }

  continueWith(handler: (line: string) => string): void {
    this.#continuation = handler;
  }

  close(): void {
    this.#closing = true;
  }

  #flush(): void {
    if (this.#output.length > 0) this.#socket.write(Buffer.from(this.#output.join(""), "latin1"));
    this.#output = [];
    if (this.#closing) this.#socket.end();
  }

  #news(mayExpunge: boolean): void {
    for (const line of this.#view?.news(mayExpunge) ?? []) this.send(line);
  }

  /** Collects what arrives and runs every command that is complete. */
  #receive(data: Buffer): void {
    if (this.#closing) return;
    this.#waiting.push(data);
    const pending = this.#waiting.reduce((sum, chunk) => sum + chunk.length, 0);
    if (this.#input.length + pending < this.#needed) return;
    this.#input += Buffer.concat(this.#waiting).toString("latin1");
    this.#waiting = [];
    for (let command = this.#next(); command !== null && !this.#closing; command = this.#next()) {
      this.#handle(command);
    }
    this.#flush();
  }

  /** The next whole command with its literals inside, without its last line end; null when more must come. */
  #next(): string | null {
    while (this.#scanned <= this.#input.length) {
      const end = this.#input.indexOf("\n", this.#scanned);
      if ((end < 0 ? this.#input.length : end) - this.#literals > maxLine) {
        this.send("* BYE That line is too long");
        this.close();
        return null;
      }
      if (end < 0) return null;
      const line = this.#input.slice(this.#scanned, end).replace(/\r$/, "");
      const [, digits, plus] = /\{(\d{1,9})(\+?)\}$/.exec(line) ?? [];
      if (digits === undefined || this.#continuation) {
        const command = this.#input.slice(0, end).replace(/\r$/, "");
        this.#input = this.#input.slice(end + 1);
        this.#scanned = this.#needed = this.#literals = 0;
        return command;
      }
      this.#literals += Number(digits);
      if (this.#literals > (this.authenticated ? maxLiteral : maxLine)) {
        this.send("* BYE [TOOBIG] That is too big for a demo");
        this.close();
        return null;
      }
      this.#scanned = end + 1 + Number(digits);
      this.#needed = this.#scanned + 1;
      if (!plus) this.send("+ Go ahead");
    }
    return null;
  }

  #handle(text: string): void {
    const continuation = this.#continuation;
    if (continuation) {
      this.#continuation = null;
      this.#answer(
        () => continuation(text),
        () => true,
      );
      return;
    }
    const args = new Scanner(text);
    const tag = args.match(/([^\x00-\x20\x7f-\xff(){%*"\\+]{1,100}) /y);
    if (tag === undefined) {
      this.send("* BAD Expected a tag and a command");
      return;
    }
    this.tag = tag;
    let command: Command | undefined;
    this.#answer(
      () => {
        let name = args.atom();
        const byUid = name === "UID";
        if (byUid) {
          args.space();
          name = args.atom();
        }
        command = Object.hasOwn(commands, name) ? commands[name] : undefined;
        if (!command || (byUid && !command.uid)) throw new Refusal("BAD", "There is no such command");
        this.#checkState(command);
        return command.run(this, args, byUid);
      },
      () => command?.mayExpunge !== false,
    );
  }

  #checkState({ state }: Command): void {
    if (state === "not authenticated" && this.authenticated) throw new Refusal("BAD", "You are logged in");
    if ((state === "authenticated" || state === "selected") && !this.authenticated)
      throw new Refusal("BAD", "Log in first");
    if (state === "selected" && !this.#view) throw new Refusal("BAD", "Select a mailbox first");
  }

  /** Runs `work` and sends the tagged response, with the news before it. */
  #answer(work: () => string | undefined, mayExpunge: () => boolean): void {
    let response: string;
    try {
      const done = work();
      if (done === undefined) {
        if (this.idling) this.#news(true);
        return;
      }
      response = `OK ${done}`;
    } catch (error) {
      // Whatever a client sends, it is the command that fails and not the demo.
      const refusal = error instanceof Refusal ? error : new Refusal("NO", "That went wrong", "SERVERBUG");
      response = `${refusal.status} ${refusal.code && `[${refusal.code}] `}${refusal.message}`;
    }
    this.#news(mayExpunge());
    this.send(`${this.tag} ${response}`);
  }
}
