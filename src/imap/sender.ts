import { once } from "node:events";
import type { Duplex, Readable } from "node:stream";
import { ImapError } from "./errors.ts";
import type { Part } from "./wire/writer.ts";

export interface SenderHooks {
  /** What goes out, for the protocol log. */
  log(text: string): void;
  /** Bytes have left: the line is not dead. */
  progress(): void;
  /** A message could not be sent as announced: the connection cannot go on. */
  broken(error: ImapError): void;
}

/** Puts commands on the wire, one at a time, waiting where the server or the network wants it. */
export class Sender {
  #line: Duplex;
  readonly #hooks: SenderHooks;
  /** The tag of the command whose parts are not all sent yet. */
  #sending: string | null = null;
  /** Settles the wait for a synchronizing literal's `+`. */
  #literal: ((go: boolean) => void) | null = null;
  #stopped = false;

  constructor(line: Duplex, hooks: SenderHooks) {
    this.#line = line;
    this.#hooks = hooks;
  }

  /** What is sent from now on goes this way. */
  redirect(line: Duplex): void {
    this.#line = line;
  }

  get busy(): boolean {
    return this.#sending !== null;
  }

  /** Whether not all of this command has been sent. */
  sending(tag: string): boolean {
    return this.#sending === tag;
  }

  /** Whether this command is on its way and not waiting for leave to go on. */
  midway(tag: string): boolean {
    return this.#sending === tag && this.#literal === null;
  }

  stop(): void {
    this.#stopped = true;
    this.#literal?.(false);
  }

  /** @returns null where all of it could be handed over at once */
  send(tag: string, parts: readonly Part[]): Promise<void> | null {
    const [only] = parts;
    if (parts.length === 1 && only?.kind === "bytes") {
      this.write(only.bytes, only.log);
      return null;
    }
    this.#sending = tag;
    return this.#sendAll(parts).finally(() => {
      this.#sending = null;
    });
  }

  write(bytes: Buffer, log: string): boolean {
    if (log !== "") this.#hooks.log(log.replace(/\r\n/g, " "));
    return this.#line.write(bytes);
  }

  /** `+` came: true where a literal waited for it. */
  continue(): boolean {
    const literal = this.#literal;
    literal?.(true);
    return literal !== null;
  }

  /** The command was answered: where it waits for leave to send a literal, it will not get it. */
  answered(tag: string): void {
    if (this.#sending === tag) this.#literal?.(false);
  }

  async #sendAll(parts: readonly Part[]): Promise<void> {
    for (const part of parts) {
      if (this.#stopped) return;
      if (part.kind === "wait") {
        if (!(await this.#leave())) return;
      } else if (part.kind === "stream") await this.#sendStream(part.stream, part.size);
      else if (!this.write(part.bytes, part.log)) await this.#drained();
    }
  }

  #leave(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#literal = (go) => {
        this.#literal = null;
        resolve(go);
      };
    });
  }

  async #drained(): Promise<void> {
    if (this.#stopped || !this.#line.writableNeedDrain) return;
    const given = new AbortController();
    const { signal } = given;
    await Promise.race([once(this.#line, "drain", { signal }), once(this.#line, "close", { signal })])
      .catch(() => {})
      .finally(() => given.abort());
    this.#hooks.progress();
  }

  /** A literal whose size is announced must be sent whole: anything else ends the connection. */
  async #sendStream(stream: Readable, size: number): Promise<void> {
    let sent = 0;
    try {
      for await (const chunk of stream) {
        const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk), "utf8");
        sent += bytes.length;
        if (sent > size || this.#stopped) break;
        if (!this.#line.write(bytes)) await this.#drained();
      }
    } catch (cause) {
      this.#hooks.broken(
        new ImapError("ARGUMENT", "The message could not be read while it was sent.", { cause }),
      );
      return;
    }
    if (sent !== size && !this.#stopped)
      this.#hooks.broken(new ImapError("ARGUMENT", `The message is not ${size} octets long, as announced.`));
  }
}
