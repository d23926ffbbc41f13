/** The way to a submission server (RFC 6409): nothing but the name of what is spoken is said before it has proved who it is. */
import { once } from "node:events";
import type { Socket } from "node:net";
import type { Account } from "../../account/config.ts";
import { readCa } from "../../account/config.ts";
import { ImapError, openTcp, secure, type TlsOptions } from "../../imap/index.ts";

/** RFC 5321 §4.5.3.1.5: lines are short, and replies have few of them. */
export const mostReplyOctets = 64 * 1024;

/** Who we say we are (RFC 5321 §4.1.3): servers check no more of it than the form, and it tells them nothing. */
export const clientName = "[127.0.0.1]";

/** Replies in the clear, one after the other. What comes behind the one that was read stays unread, and can be told. */
class Replies {
  readonly #socket: Socket;
  #text = "";

  constructor(socket: Socket) {
    this.#socket = socket;
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
      if (this.#text.length > mostReplyOctets || /^(?!\d{3}[ \r\n-])[^\n]{3}/.test(this.#text))
        throw new ImapError("SYNTAX", "The server for sending does not speak SMTP.");
      const chunk: unknown = this.#socket.read() ?? (await this.#more());
      if (chunk instanceof Buffer) this.#text += chunk.toString("latin1");
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
 * STARTTLS, required (RFC 3207).
 * @throws ImapError INSECURE, SYNTAX, NO, CLOSED
 */
async function negotiateStartTls(socket: Socket, host: string): Promise<void> {
  const replies = new Replies(socket);
  await replies.expect(220);
  socket.write(`EHLO ${clientName}\r\n`);
  const offered = await replies.expect(250);
  if (!offered.some((line) => /^250[ -]STARTTLS\s*$/i.test(line)))
    throw new ImapError("INSECURE", `${host} offers no STARTTLS to who wants to send.`, {
      hint: "Use submissions:// (port 465). If this worked before, someone may be tampering with the connection.",
    });
  socket.write("STARTTLS\r\n");
  await replies.expect(220);
  // What came in the same breath was injected.
  if (replies.unread) throw new ImapError("INSECURE", "Someone slipped text in before TLS began.");
  socket.removeAllListeners("readable");
}

/** Whom an account's server for sending has to prove to be. A pin is for one machine: the one it was set for. */
export function tlsOptions(account: Account, host: string): TlsOptions {
  const ca = readCa(account);
  const shared = host.toLowerCase() === account.imap.host.toLowerCase() ? account.pin : null;
  const pin = account.smtpPin ?? shared;
  return { host, ...(ca === undefined ? {} : { ca }), ...(pin === null ? {} : { pin }) };
}

/**
 * A line on which the server's greeting is the next that comes: its own, or behind STARTTLS, where servers do not greet
 * again, one of ours.
 * @throws ImapError REFUSED, UNRESOLVED, TIMEOUT, CLOSED, TLS, CERTIFICATE, INSECURE, SYNTAX, NO, ARGUMENT, ABORTED
 */
export async function openLine(
  { security, port }: NonNullable<Account["smtp"]>,
  tls: TlsOptions,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Socket> {
  const { host } = tls;
  if (signal?.aborted) throw givenUp();
  const { socket, opened } = openTcp(host, port);
  const sockets: Socket[] = [socket];
  const end = (error: ImapError) => {
    for (const each of sockets) each.destroy(error);
  };
  const timer = setTimeout(() => end(new ImapError("TIMEOUT", `${host} port ${port} is silent.`)), timeoutMs);
  const abort = () => end(givenUp());
  signal?.addEventListener("abort", abort);
  // What ends the line is told by whoever waits for it; in between nobody does.
  socket.on("error", () => {});
  try {
    await opened;
    if (security === "none") return socket;
    if (security === "starttls") await negotiateStartTls(socket, host);
    const proved = await secure(socket, tls);
    sockets.push(proved);
    if (security === "starttls") proved.unshift(Buffer.from("220 TLS\r\n"));
    return proved;
  } catch (error) {
    for (const each of sockets) each.on("error", () => {}).destroy();
    if (signal?.aborted) throw givenUp();
    if (error instanceof ImapError) throw error;
    throw new ImapError(
      "CLOSED",
      `The line to ${host} broke: ${error instanceof Error ? error.message : String(error)}`,
    );
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

function givenUp(): ImapError {
  return new ImapError("ABORTED", "The connection was given up before it was made.");
}
