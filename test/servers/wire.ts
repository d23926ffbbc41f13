/** A second client of a test server: nothing but a socket, so that what it says about the server is the server's word. */
import { connect, type Socket } from "node:net";

/** One message, as FETCH tells it. */
export interface ServerMessage {
  readonly uid: number;
  /** Sorted, without `\Recent`. */
  readonly flags: readonly string[];
  readonly subject: string;
  readonly messageId: string;
  /** RFC822.SIZE, octets. */
  readonly size: number;
}

const quoted = (name: string) => `"${name.replace(/[\\"]/g, "\\$&")}"`;

/** date-time of RFC 9051 §9, in UTC. */
function imapDate(date: Date): string {
  const [, , day = "", month, year, time] = /^(\w+), (\d+) (\w+) (\d+) (\S+)/.exec(date.toUTCString()) ?? [];
  return `${day}-${month}-${year} ${time} +0000`;
}

export class Wire {
  readonly #socket: Socket;
  #chunks: string[] = [];
  #count = 0;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (data) => {
      this.#chunks.push(data.toString("latin1"));
      this.#wake();
    });
    socket.on("error", () => this.#wake());
    socket.on("close", () => this.#wake());
  }

  /** Logs in, and selects `mailbox` where one is named. */
  static async open(port: number, mailbox?: string, user = "user"): Promise<Wire> {
    const wire = new Wire(connect(port, "127.0.0.1"));
    if (!(await wire.#until("* ")).startsWith("* PREAUTH")) await wire.command(`LOGIN ${user} password`);
    if (mailbox !== undefined) await wire.select(mailbox);
    return wire;
  }

  /** All that came, once its last line begins with `start`: nothing is sent that is answered after its tag. */
  async #until(start: string): Promise<string> {
    for (;;) {
      // Looking at the end alone, a large answer costs what it weighs.
      let end = "";
      for (let at = this.#chunks.length; at > 0 && end.length < 2000; ) end = this.#chunks[--at] + end;
      if (/(?:^|\r\n)(.*)\r\n$/.exec(end)?.[1]?.startsWith(start)) return this.#chunks.splice(0).join("");
      if (this.#socket.destroyed)
        throw new Error(`the connection ended: ${this.#chunks.join("").slice(-500)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Sends one command; resolves to its whole answer (Latin-1), or throws where that is not OK. */
  async command(line: string): Promise<string> {
    const tag = `w${++this.#count}`;
    this.#socket.write(`${tag} ${line}\r\n`, "latin1");
    return this.#answer(tag, line);
  }

  async #answer(tag: string, line: string): Promise<string> {
    const answer = await this.#until(`${tag} `);
    if (!new RegExp(`^${tag} OK`, "m").test(answer)) throw new Error(`${line}: ${answer.slice(-500)}`);
    return answer;
  }

  async select(mailbox: string): Promise<void> {
    await this.command(`SELECT ${quoted(mailbox)}`);
  }

  /** `internalDate`: now where it is not given. */
  async append(mailbox: string, message: Buffer, flags = "", internalDate?: Date): Promise<void> {
    await this.appendAll(mailbox, [message], flags, internalDate);
  }

  /** All in one command (MULTIAPPEND with LITERAL+): a server that syncs its files does so once. */
  async appendAll(
    mailbox: string,
    messages: readonly Buffer[],
    flags = "",
    internalDate?: Date,
  ): Promise<void> {
    const tag = `w${++this.#count}`;
    const line = `APPEND ${quoted(mailbox)}`;
    this.#socket.write(`${tag} ${line}`);
    for (const message of messages) {
      const date = internalDate ? ` "${imapDate(internalDate)}"` : "";
      this.#socket.write(` (${flags})${date} {${message.length}+}\r\n`);
      this.#socket.write(message);
    }
    this.#socket.write("\r\n");
    await this.#answer(tag, line);
  }

  /** UIDs that match a SEARCH key, ascending. */
  async search(key: string): Promise<number[]> {
    // Dovecot searches the mailbox as this connection last saw it.
    await this.command("NOOP");
    const found = /^\* SEARCH(.*)\r\n/m.exec(await this.command(`UID SEARCH ${key}`));
    return (found?.[1] ?? "").split(" ").filter(Boolean).map(Number);
  }

  /** Every message of the selected mailbox, oldest first. */
  async listing(): Promise<ServerMessage[]> {
    await this.command("NOOP");
    const fields = "BODY.PEEK[HEADER.FIELDS (SUBJECT MESSAGE-ID)]";
    const answer = await this.command(`UID FETCH 1:* (FLAGS RFC822.SIZE ${fields})`);
    return answer.split(/^\* \d+ FETCH \(/m).flatMap((reply) => {
      const uid = Number(/\bUID (\d+)/.exec(reply)?.[1] ?? 0);
      if (uid === 0) return [];
      const flags = (/\bFLAGS \(([^)]*)\)/.exec(reply)?.[1] ?? "").split(" ");
      return {
        uid,
        flags: flags.filter((flag) => flag !== "" && flag !== "\\Recent").sort(),
        subject: /^Subject: (.*)\r$/im.exec(reply)?.[1] ?? "",
        messageId: /^Message-ID:\s*(\S+)\r$/im.exec(reply)?.[1] ?? "",
        size: Number(/\bRFC822\.SIZE (\d+)/.exec(reply)?.[1] ?? 0),
      };
    });
  }

  /** One whole message of the selected mailbox. */
  async source(uid: number): Promise<Buffer> {
    const answer = await this.command(`UID FETCH ${uid} (BODY.PEEK[])`);
    const literal = /\{(\d+)\}\r\n/.exec(answer);
    if (!literal) throw new Error(`no message ${uid}: ${answer.slice(0, 500)}`);
    const start = literal.index + literal[0].length;
    return Buffer.from(answer.slice(start, start + Number(literal[1])), "latin1");
  }

  /** Every mailbox that can be selected, by its name on the wire. */
  async mailboxes(): Promise<string[]> {
    const answer = await this.command('LIST "" "*"');
    return [...answer.matchAll(/^\* LIST \(([^)]*)\) \S+ (?:"((?:[^"\\]|\\.)*)"|(\S+))\r$/gm)].flatMap(
      ([, attributes = "", name, atom = ""]) =>
        /\\(noselect|nonexistent)/i.test(attributes) ? [] : [name?.replace(/\\(.)/g, "$1") ?? atom],
    );
  }

  close(): void {
    this.#socket.destroy();
  }
}
