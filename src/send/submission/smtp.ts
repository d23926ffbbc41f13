/**
 * One connection to a submission server. nodemailer greets, reads replies and keeps them in step with commands; what is
 * said, and when, is decided here, since it knows neither chunks (RFC 3030) nor most mechanisms to log in.
 */
import type { Socket } from "node:net";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { clientName, mostReplyOctets } from "./line.ts";
import { type Offers, parseOffers } from "./offers.ts";
import { parseReply } from "./replies.ts";
import { type SmtpReply, SubmissionError } from "./types.ts";

/** How long is waited, in milliseconds. */
export interface SmtpTimeouts {
  /** Name, TCP and TLS together. */
  readonly connect: number;
  /** Nothing came and nothing went, until the message is handed over. */
  readonly silence: number;
  /** The answer to the end of the message: servers look into it first (RFC 5321 §4.5.3.2.6). */
  readonly taking: number;
}

export const smtpTimeouts: SmtpTimeouts = { connect: 30_000, silence: 120_000, taking: 600_000 };

type Command = (line: string) => Promise<{ readonly response: string }>;

/** The mechanism that is none: by it nodemailer lends out its way to send any command. */
const lending = "X-LENDING";

/** The server is gone, or makes no sense. */
function broken(error: Error & { code?: string; response?: string }): SubmissionError {
  const reply = error.response === undefined ? null : parseReply(error.response);
  if (reply !== null && reply.code >= 400)
    return new SubmissionError(
      reply.code < 500 ? "TEMPORARY" : "REJECTED",
      "The server for sending turns us away.",
      reply.code < 500 ? "It is tried again later." : "Ask the provider how mail programs send.",
      reply,
    );
  if (error.code === "EPROTOCOL")
    return new SubmissionError(
      "UNREACHABLE",
      "The server for sending does not speak SMTP.",
      "Check host and port in smtp.",
      reply,
    );
  const silent = error.code === "ETIMEDOUT";
  return new SubmissionError(
    "UNREACHABLE",
    silent ? "The server for sending is silent." : "The server for sending closed the connection.",
    "It is tried again later; check the network if it stays so.",
  );
}

export class Smtp {
  readonly socket: Socket;
  readonly #timeouts: SmtpTimeouts;
  readonly #connection: SMTPConnection;
  readonly #command: Command;
  /** Rejects when the line is lost. */
  readonly #lost: Promise<never>;
  offers: Offers;

  private constructor(
    socket: Socket,
    timeouts: SmtpTimeouts,
    connection: SMTPConnection,
    command: Command,
    lost: Promise<never>,
    offers: Offers,
  ) {
    this.socket = socket;
    this.#timeouts = timeouts;
    this.#connection = connection;
    this.#command = command;
    this.#lost = lost;
    this.offers = offers;
  }

  /**
   * Takes a line from {@link openLine}: greeting and EHLO.
   * @throws SubmissionError UNREACHABLE, TEMPORARY, REJECTED, or the signal's
   */
  static async begin(socket: Socket, timeouts: SmtpTimeouts, signal?: AbortSignal): Promise<Smtp> {
    let lend: (command: Command) => void = () => {};
    const lent = new Promise<Command>((resolve) => {
      lend = resolve;
    });
    const connection = new SMTPConnection({
      connection: socket,
      // Whether there is TLS is settled: nodemailer must not begin it a second time.
      secure: true,
      secured: true,
      name: clientName,
      greetingTimeout: timeouts.silence,
      socketTimeout: timeouts.silence,
      socketCloseTimeout: 1000,
      maxResponseSize: mostReplyOctets,
      customAuth: {
        [lending]: ({ sendCommand, resolve }) => {
          lend(sendCommand);
          resolve();
        },
      },
    });
    const lost = new Promise<never>((_resolve, reject) => {
      connection.on("error", (error: Error) => reject(broken(error)));
      connection.on("end", () => reject(broken(new Error("closed"))));
      const abort = () => {
        reject(
          new SubmissionError("UNREACHABLE", "Sending was given up.", "Send it again when you want to."),
        );
        connection.close();
      };
      if (signal?.aborted) abort();
      else signal?.addEventListener("abort", abort, { once: true });
    });
    lost.catch(() => {});
    const greeted = new Promise<void>((resolve, reject) => {
      connection.connect((error) => (error ? reject(broken(error)) : resolve()));
    });
    greeted.catch(() => {});
    await Promise.race([greeted, lost]);
    const offers = parseOffers(connection.lastServerResponse || "");
    connection.login({ method: lending }, () => {});
    return new Smtp(socket, timeouts, connection, await lent, lost, offers);
  }

  /** Sends a command, and waits for its reply. Several may be on their way at once (RFC 2920): replies keep their order. */
  async command(line: string): Promise<SmtpReply> {
    if (/[\r\n\0]/.test(line)) throw new Error("a command of more than one line");
    const { response } = await Promise.race([this.#command(line), this.#lost]);
    return parseReply(response);
  }

  /** Lets all that was sent leave together, and resolves as `last` does. */
  async together<T>(send: () => Promise<T>): Promise<T> {
    this.socket.cork();
    const sent = send();
    // nodemailer writes a command in the next turn.
    setImmediate(() => this.socket.uncork());
    return sent;
  }

  /** Octets as they are, behind the commands given before; resolves when there is room for more. */
  async write(octets: Buffer): Promise<void> {
    if (this.socket.write(octets)) return;
    const room = new Promise<void>((resolve) => {
      this.socket.once("drain", resolve);
    });
    await Promise.race([room, this.#lost]);
  }

  /** All that was given before has been written: nodemailer holds commands back until the next turn. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  /** From now on the server may take its time. */
  patient(): void {
    this.socket.setTimeout(this.#timeouts.taking);
  }

  /** EHLO again: some offer more to who has logged in (RFC 4468 §3.3). */
  async renewOffers(): Promise<void> {
    const { response } = await Promise.race([this.#command(`EHLO ${clientName}`), this.#lost]);
    if (response.startsWith("2")) this.offers = parseOffers(response);
  }

  /** Goes in good order; the answer is not waited for. */
  quit(): void {
    this.#connection.quit();
    this.socket.unref();
  }

  close(): void {
    this.#connection.close();
  }
}
