/** Whether a submission server (RFC 6409) is there and proves who it is. Nobody logs in: that comes with sending. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { ImapError, openTcp, secure } from "../imap/index.ts";
import type { ServerAddress } from "./config.ts";

const timeoutMs = 10_000;
/** RFC 5321 §4.5.3.1.5: lines are short, and replies have few of them. */
const mostOctets = 64 * 1024;

/** Replies, one after the other. What comes behind the one that was read stays unread, and can be told. */
class Replies {
  readonly #socket: Socket;
  #text = "";

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1");
  }

  get unread(): boolean {
    return this.#text !== "" || this.#socket.readableLength > 0;
  }

  /** The lines of a reply with the code `code` (RFC 5321 §4.2.1). */
  async expect(code: number): Promise<string[]> {
    for (;;) {
      const reply = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\r?\n/.exec(this.#text)?.[0];
      if (reply !== undefined) {
        this.#text = this.#text.slice(reply.length);
        if (reply.startsWith(String(code))) return reply.trimEnd().split(/\r?\n/);
        throw new ImapError("NO", "The server for sending turns us away.", {
          hint: "Ask the provider how mail programs send.",
          serverText: reply.trimEnd(),
        });
      }
      if (this.#text.length > mostOctets || /^(?!\d{3}[ \r\n-])[^\n]{3}/.test(this.#text))
        throw new ImapError("SYNTAX", "The server for sending does not speak SMTP.");
      const chunk: unknown = this.#socket.read() ?? (await this.#more());
      if (typeof chunk === "string") this.#text += chunk;
    }
  }

  async #more(): Promise<null> {
    await Promise.race([
      once(this.#socket, "readable"),
      once(this.#socket, "close").then(() => {
        throw new ImapError("CLOSED", "The server for sending closed the connection.");
      }),
    ]);
    return null;
  }
}

/**
 * Connects as `server` says, TLS included, and out again.
 * @throws ImapError REFUSED, UNRESOLVED, TIMEOUT, CLOSED, TLS, CERTIFICATE, INSECURE, SYNTAX, NO
 */
export async function trySubmission(
  server: Omit<ServerAddress, "user">,
  ca: string | undefined,
): Promise<void> {
  const { host, port, security } = server;
  const { socket, opened } = openTcp(host, port);
  const sockets: Socket[] = [socket];
  const timer = setTimeout(() => {
    for (const each of sockets) each.destroy(new ImapError("TIMEOUT", `${host} port ${port} is silent.`));
  }, timeoutMs);
  const proved = async () => {
    const tls = await secure(socket, { host, ...(ca === undefined ? {} : { ca }) });
    sockets.push(tls);
    return tls;
  };
  try {
    await opened;
    if (security !== "starttls") {
      const line = security === "tls" ? await proved() : socket;
      await new Replies(line).expect(220);
      line.end("QUIT\r\n");
      return;
    }
    const replies = new Replies(socket);
    await replies.expect(220);
    socket.write("EHLO [127.0.0.1]\r\n");
    const offered = await replies.expect(250);
    if (!offered.some((line) => /^250[ -]STARTTLS\s*$/i.test(line)))
      throw new ImapError("INSECURE", `${host} offers no STARTTLS to who wants to send.`);
    socket.write("STARTTLS\r\n");
    await replies.expect(220);
    // What came in the same breath was injected.
    if (replies.unread) throw new ImapError("INSECURE", "Someone slipped text in before TLS began.");
    socket.removeAllListeners("readable");
    (await proved()).end("QUIT\r\n");
  } catch (error) {
    if (error instanceof ImapError) throw error;
    throw new ImapError(
      "CLOSED",
      `The line to ${host} broke: ${error instanceof Error ? error.message : error}`,
    );
  } finally {
    clearTimeout(timer);
    for (const each of sockets) {
      each.on("error", () => {});
      each.destroySoon();
    }
  }
}
