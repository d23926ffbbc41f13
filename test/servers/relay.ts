// SMTP before, LMTP behind: what Dovecot's submission service hands on, as only SMTP servers take it, reaches its delivery
// service, which speaks only LMTP (RFC 2033). The two differ in the greeting, and in how many replies a message gets.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Relay {
  readonly port: number;
  /** MAIL and RCPT commands so far, as they came. */
  readonly envelopes: readonly string[];
  /** Octets of messages so far, as they came in over SMTP. */
  readonly octets: number;
  /** Refuses the next command that begins so, with this reply, instead of handing it on. */
  refuse: { readonly command: RegExp; readonly reply: string } | null;
  stop(): Promise<void>;
}

/** What LMTP does not offer here and submission should: taken, noted, and not handed on. */
const noted = /\s+(?:RET|ENVID|NOTIFY|ORCPT)=\S+/gi;

/** Replies that come, in order: of LMTP, for a message one for each recipient, or our own. */
type Due = { readonly of: "reply" | "greeting" | "message"; replies: number } | { readonly own: string };

class Conversation {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #relay: Relay & { envelopes: string[]; octets: number };
  #bytes = Buffer.alloc(0);
  #answers = "";
  #due: Due[] = [{ of: "reply", replies: 1 }];
  /** Recipients whose replies may still come, and those that were taken. */
  #recipients = 0;
  /** Octets of a chunk still to come; or "data": up to the line with a dot. */
  #body: number | "asked" | "data" | null = null;
  #last = false;
  #failures: string[] = [];

  constructor(client: Socket, server: Socket, relay: Relay & { envelopes: string[]; octets: number }) {
    this.#client = client;
    this.#server = server;
    this.#relay = relay;
    client.on("data", (bytes) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      this.#read();
    });
    server.on("data", (bytes) => {
      this.#answers += bytes.toString("latin1");
      this.#answered();
    });
    client.on("close", () => server.destroy());
    server.on("close", () => client.end());
  }

  #read(): void {
    for (;;) {
      if (typeof this.#body === "number") {
        const piece = this.#bytes.subarray(0, this.#body);
        this.#pass(piece);
        this.#body -= piece.length;
        if (this.#body > 0) return;
        this.#body = null;
        // LMTP answers a last chunk once for each recipient.
        this.#due.push({ of: this.#last ? "message" : "reply", replies: this.#last ? -1 : 1 });
      } else if (this.#body === "data") {
        const end = this.#bytes.indexOf("\r\n.\r\n");
        const upTo = end < 0 ? Math.max(0, this.#bytes.length - 4) : end + 5;
        this.#pass(this.#bytes.subarray(0, upTo));
        if (end < 0) return;
        this.#body = null;
        this.#due.push({ of: "message", replies: -1 });
      } else if (this.#body === "asked") return;
      else {
        const end = this.#bytes.indexOf("\r\n");
        if (end < 0) return;
        const line = this.#bytes.toString("latin1", 0, end);
        this.#bytes = this.#bytes.subarray(end + 2);
        this.#command(line);
      }
    }
  }

  #pass(octets: Buffer): void {
    this.#relay.octets += octets.length;
    this.#bytes = this.#bytes.subarray(octets.length);
    if (!this.#server.write(octets)) {
      this.#client.pause();
      this.#server.once("drain", () => this.#client.resume());
    }
  }

  #command(line: string): void {
    const { refuse } = this.#relay;
    if (refuse?.command.test(line)) {
      this.#relay.refuse = null;
      this.#due.push({ own: `${refuse.reply}\r\n` });
      this.#answered();
      return;
    }
    if (/^(MAIL|RCPT) /i.test(line)) this.#relay.envelopes.push(line);
    const chunk = /^BDAT (\d+)( LAST)?$/i.exec(line);
    if (chunk) {
      this.#body = Number(chunk[1]);
      this.#last = chunk[2] !== undefined;
    } else {
      const of = /^(EHLO|HELO)/i.test(line) ? "greeting" : "reply";
      if (/^DATA$/i.test(line)) this.#body = "asked";
      this.#due.push({ of, replies: 1 });
      if (/^(MAIL|RSET|EHLO)/i.test(line)) this.#recipients = 0;
    }
    this.#server.write(`${line.replace(/^(EHLO|HELO)/i, "LHLO").replace(noted, "")}\r\n`, "latin1");
  }

  #answered(): void {
    for (;;) {
      const due = this.#due[0];
      if (due === undefined) return;
      if ("own" in due) {
        this.#due.shift();
        this.#client.write(due.own);
        continue;
      }
      const reply = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\r?\n/.exec(this.#answers)?.[0];
      if (reply === undefined) return;
      this.#answers = this.#answers.slice(reply.length);
      if (due.of === "message") this.#delivered(due, reply);
      else {
        this.#due.shift();
        this.#client.write(
          due.of === "greeting" ? reply.replace(/^250-[^\n]*\n/, (line) => `${line}250-DSN\r\n`) : reply,
          "latin1",
        );
        if (/^25\d 2\.1\.5/.test(reply)) this.#recipients++;
      }
      if (this.#body === "asked" && this.#due.length === 0) {
        this.#body = reply.startsWith("354") ? "data" : null;
        this.#read();
      }
    }
  }

  /** Many replies become one: the first failure, if there is any. */
  #delivered(due: Exclude<Due, { own: string }>, reply: string): void {
    if (due.replies < 0) due.replies = Math.max(1, this.#recipients);
    if (!reply.startsWith("2")) this.#failures.push(reply);
    if (--due.replies > 0) return;
    this.#due.shift();
    this.#client.write(this.#failures[0] ?? reply, "latin1");
    this.#failures = [];
    this.#recipients = 0;
  }
}

/** @param lmtp the socket of the delivery service; it need not be there before the first message */
export async function startRelay(lmtp: () => string): Promise<Relay> {
  const sockets = new Set<Socket>();
  const relay = {
    port: 0,
    envelopes: [] as string[],
    octets: 0,
    refuse: null as Relay["refuse"],
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
  const server = createServer((client) => {
    const behind = connect(lmtp());
    for (const socket of [client, behind]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
    new Conversation(client, behind, relay);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  relay.port = (server.address() as AddressInfo).port;
  return relay;
}
