import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { chooseLogin } from "./auth/authenticate.ts";
import type { Login } from "./auth/mechanism.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Command } from "./command/command.ts";
import { id } from "./command/id.ts";
import { capability, logout } from "./command/simple.ts";
import { asImapError, ImapError } from "./errors.ts";
import type { ConnectionEvents, Emitter } from "./events.ts";
import { type Idle, startIdle } from "./idle.ts";
import { createJob, type Job } from "./job.ts";
import { limits, timeouts } from "./limits.ts";
import { mayStart } from "./pipelining.ts";
import { describeLiteral } from "./response/fetch.ts";
import { parseResponse, type Response, type Tagged, type Untagged } from "./response/response.ts";
import { Sender } from "./sender.ts";
import { Session, type SessionState } from "./session.ts";
import type { SelectedMailbox, UidRanges } from "./values.ts";
import { abbreviate, Framer, tagOf } from "./wire/framer.ts";
import { MalformedError } from "./wire/reader.ts";
import type { Part, WriterOptions } from "./wire/writer.ts";

/** One line of the protocol, without secrets, literals abbreviated. Hostile text. */
export type ProtocolLog = (direction: "in" | "out", text: string) => void;

export interface ConnectionSettings {
  /** ms without a byte from the server while an answer is due; 60 s by default. */
  readonly silenceTimeoutMs?: number;
  readonly log?: ProtocolLog;
  /** What ID says of us (RFC 2971). */
  readonly clientId?: Readonly<Record<string, string>>;
}

/** One connection to a server: commands go in, values and events come out. `connect` makes it. */
export class Connection {
  readonly #socket: Socket;
  readonly #settings: ConnectionSettings;
  readonly #session = new Session();
  readonly #framer: Framer;
  readonly #sender: Sender;
  readonly #tagPrefix = randomBytes(3).toString("hex").toUpperCase();
  #tagCounter = 0;
  readonly #queue: Job[] = [];
  /** Sent and not answered, in the order they were sent. */
  readonly #pending = new Map<string, Job>();
  /** Whose large literal is arriving. */
  #sinkOwner: Job | null = null;
  /** Set while IDLE is asked to end, until it has. */
  #idleEnding: "no" | "when begun" | "asked" = "no";
  #idleBegun = false;
  #pumping = false;
  #junk = 0;
  #preauth = false;
  #ended = false;
  /** What no log and no error may show, in the forms a server may echo it in, while we log in. */
  #secrets: readonly string[] = [];
  #watchdog: NodeJS.Timeout | null = null;
  #greeting: { resolve: () => void; reject: (error: ImapError) => void } | null = null;

  constructor(socket: Socket, settings: ConnectionSettings = {}) {
    this.#socket = socket;
    this.#settings = settings;
    this.#sender = new Sender(socket, {
      log: (text) => settings.log?.("out", text),
      progress: () => this.#watchdog?.refresh(),
      broken: (error) => this.destroy(error),
    });
    this.#framer = new Framer({
      response: (bytes) => this.#receive(bytes),
      literal: (prefix, size) => this.#largeLiteral(prefix, size),
      sinkFailed: (error) => this.#sinkFailed(error),
      pause: () => socket.pause(),
      resume: () => {
        this.#read(() => this.#framer.continue());
        if (!this.#framer.paused && !this.#ended) socket.resume();
        this.#watch();
      },
    });
    socket.on("data", (chunk: Buffer) => {
      this.#watchdog?.refresh();
      this.#read(() => this.#framer.push(chunk));
    });
    socket.on("error", (error) => this.destroy(asImapError(error)));
    socket.on("close", () => this.destroy(new ImapError("CLOSED", "The connection to the server was lost.")));
  }

  get capabilities(): Capabilities {
    return this.#session.capabilities;
  }

  get state(): SessionState {
    return this.#session.state;
  }

  /** The selected mailbox as it is now. */
  get selected(): SelectedMailbox | null {
    return this.#session.selected;
  }

  /** The server logged us in by itself. */
  get preauth(): boolean {
    return this.#preauth;
  }

  get events(): Emitter<ConnectionEvents> {
    return this.#session.events;
  }

  /** Whether `name` was switched on by ENABLE. */
  enabled(name: string): boolean {
    return this.#session.enabled(name);
  }

  /** Names the selected mailbox's messages from sequence number 1 on, so that EXPUNGE can be told by UID. */
  primeUids(uids: UidRanges): void {
    this.#session.primeUids(uids);
  }

  /** Waits for the greeting. @throws ImapError BYE, TIMEOUT, SYNTAX */
  greeted(timeoutMs: number = timeouts.greeting): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const error = new ImapError("TIMEOUT", "The server did not greet.");
        reject(error);
        this.destroy(error);
      }, timeoutMs);
      const settle = () => {
        clearTimeout(timer);
        this.#greeting = null;
      };
      this.#greeting = {
        resolve: () => {
          settle();
          resolve();
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
    });
  }

  /**
   * Logs in, and says who we are (ID) where that is offered. Afterwards the capabilities are those of the one who
   * logged in. @throws ImapError AUTH and those of `run`
   */
  async authenticate(who: Login): Promise<void> {
    if (this.#session.state === "not-authenticated") {
      if (this.capabilities.list().length === 0) await this.run(capability());
      const password = who.secret.reveal();
      const sent = [password, Buffer.from(`\0${who.user}\0${password}`).toString("base64")];
      this.#secrets = sent.filter((text) => text !== "");
      try {
        await this.run(chooseLogin(this.capabilities, who));
      } finally {
        this.#secrets = [];
      }
    }
    const told = this.capabilities.list().length > 0;
    if (!told) await this.run(capability());
    const fields = this.#settings.clientId;
    // Coremail refuses SELECT until it has been told; nobody has to wait for the answer.
    if (fields && Object.keys(fields).length > 0 && this.capabilities.has("ID"))
      this.run(id(fields)).catch(() => {});
  }

  /**
   * Runs a command, beside others where that is safe, in the order given where not. Ends an IDLE.
   * @throws ImapError NO, BAD, CLOSED, TIMEOUT, …; ABORTED when the signal says so
   */
  run<R>(command: Command<R>, options: { readonly signal?: AbortSignal } = {}): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      if (this.#ended) return reject(new ImapError("CLOSED", "The connection is closed."));
      const { signal } = options;
      if (signal?.aborted) return reject(new ImapError("ABORTED", `${command.name} was given up.`));
      let abort = () => {};
      const settle =
        <A>(done: (value: A) => void) =>
        (value: A) => {
          signal?.removeEventListener("abort", abort);
          done(value);
        };
      const tag = `${this.#tagPrefix}${(++this.#tagCounter).toString(36).toUpperCase()}`;
      const job = createJob(command, tag, settle(resolve), settle(reject));
      abort = () => {
        const at = this.#queue.indexOf(job);
        if (at >= 0) this.#queue.splice(at, 1);
        job.abandon(new ImapError("ABORTED", `${command.name} was given up.`));
        this.#schedule();
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#queue.push(job);
      this.#schedule();
    });
  }

  /** Watches the selected mailbox until another command is run or `done` is called. Where IDLE is missing, polls. */
  idle(options: { readonly pollMs?: number } = {}): Idle {
    return startIdle(this, {
      offered: this.capabilities.has("IDLE"),
      pollMs: options.pollMs ?? timeouts.poll,
      end: () => this.#endIdle(),
      begun: () => {
        this.#idleBegun = true;
        if (this.#idleEnding === "when begun") this.#endIdle();
      },
    });
  }

  /** Says good-bye, waits at most 2 s for the answer, and closes. Never fails. */
  async logout(): Promise<void> {
    if (this.#ended) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeouts.logout);
    });
    await Promise.race([this.run(logout()).catch(() => {}), late]);
    clearTimeout(timer);
    this.destroy();
  }

  /** Closes at once. Everything queued or pending fails with `error`. */
  destroy(error?: ImapError): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#watchdog) clearTimeout(this.#watchdog);
    const problem = error ?? new ImapError("CLOSED", "The connection was closed.");
    this.#framer.stop(problem);
    this.#session.closed();
    this.#socket.destroy();
    this.#greeting?.reject(problem);
    this.#sender.stop();
    const jobs = [...this.#pending.values(), ...this.#queue.splice(0)];
    this.#pending.clear();
    for (const job of jobs) job.fail(problem);
    this.events.emit("close", error ?? null);
  }

  // — sending —

  /** Once for all commands that are run in the same moment, so that they leave in one packet. */
  #schedule(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#socket.cork();
      this.#pump();
      this.#socket.uncork();
    });
  }

  #pump(): void {
    while (!this.#ended && !this.#sender.busy && !this.#greeting) {
      const job = this.#queue[0];
      if (!job) return;
      const pending = [...this.#pending.values()];
      const { traits, name } = job.command;
      if (pending.some((other) => other.exchange?.quiet)) {
        this.#endIdle();
        return;
      }
      if (
        !mayStart(
          traits,
          pending.map((other) => other.command.traits),
          this.#session,
        )
      )
        return;
      this.#queue.shift();
      const opening = pending.some((other) => other.command.traits.selects);
      if (this.#lacksState(traits.needs, opening)) {
        job.fail(new ImapError("STATE", `${name} cannot be run in the state "${this.state}".`));
        continue;
      }
      this.#start(job);
    }
  }

  #lacksState(needs: Job["command"]["traits"]["needs"], opening: boolean): boolean {
    const { state } = this;
    if (needs === "any") return false;
    if (needs === "not-authenticated") return state !== "not-authenticated";
    if (needs === "authenticated") return state === "not-authenticated";
    return state !== "selected" && !opening;
  }

  #writerOptions(): WriterOptions {
    const { capabilities } = this;
    const literals = capabilities.has("LITERAL+")
      ? limits.literalPlus
      : capabilities.has("LITERAL-")
        ? limits.literalMinus
        : -1;
    return { nonSynchronizing: literals, utf8: this.#session.utf8 };
  }

  #start(job: Job): void {
    let parts: readonly Part[];
    try {
      parts = job.write(this.#session, this.#writerOptions());
    } catch (error) {
      job.fail(asImapError(error, "ARGUMENT"));
      return;
    }
    if (job.exchange?.quiet) {
      this.#idleBegun = false;
      this.#idleEnding = "no";
    }
    this.#pending.set(job.tag, job);
    this.#watch();
    void this.#sender.send(job.tag, parts)?.then(() => this.#schedule());
  }

  #endIdle(): void {
    if (this.#idleEnding === "asked") return;
    if (![...this.#pending.values()].some((job) => job.exchange?.quiet)) return;
    this.#idleEnding = this.#idleBegun ? "asked" : "when begun";
    if (!this.#idleBegun) return;
    this.#sender.write(Buffer.from("DONE\r\n"), "DONE");
    this.#watch();
  }

  // — receiving —

  #read(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.destroy(asImapError(error, "SYNTAX"));
    }
  }

  #logIn(bytes: Buffer): void {
    if (!this.#settings.log) return;
    this.#settings.log("in", this.#cleaned(abbreviate(bytes)));
  }

  #receive(bytes: Buffer): void {
    this.#logIn(bytes);
    let response: Response;
    try {
      response = parseResponse(bytes);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#unreadable(bytes, error);
      return;
    }
    if (this.#greeting) this.#greet(response);
    else if (response.kind === "tagged") this.#complete(response);
    else if (response.kind === "continue") this.#continue(response.text);
    else this.#untagged(response);
  }

  /** The damage stays in the response, unless it is what a command waits for. */
  #unreadable(bytes: Buffer, error: MalformedError): void {
    this.#settings.log?.("in", `(not understood: ${error.message})`);
    if (++this.#junk > limits.junkResponses)
      throw new ImapError("LIMIT", "The server sent too much that cannot be understood.");
    if (this.#greeting) throw new ImapError("SYNTAX", "The server did not greet as IMAP does.");
    const tag = tagOf(bytes);
    const job = tag === null ? undefined : this.#pending.get(tag);
    if (!job || tag === null) return;
    this.#settled(tag);
    job.fail(new ImapError("SYNTAX", `The answer to ${job.command.name} could not be understood.`));
  }

  #greet(response: Response): void {
    if (response.kind !== "condition")
      throw new ImapError("SYNTAX", "The server did not greet as IMAP does.");
    if (response.condition === "BYE" || response.condition === "NO" || response.condition === "BAD")
      throw new ImapError("BYE", "The server turned us away.", { serverText: response.text });
    this.#session.apply(response);
    if (response.condition === "PREAUTH") {
      this.#preauth = true;
      this.#session.authenticated();
    }
    this.#greeting?.resolve();
    this.#schedule();
  }

  #complete(done: Tagged): void {
    const job = this.#pending.get(done.tag);
    if (!job) throw new ImapError("SYNTAX", "The server answered a command that was not sent.");
    if (this.#sender.midway(done.tag))
      throw new ImapError("SYNTAX", "The server answered a command before it was sent whole.");
    this.#settled(done.tag);
    job.complete({ ...done, text: this.#cleaned(done.text) });
    this.#session.completed(done.code, done.text);
  }

  /** A server that repeats the command it refused must not bring the password into a log or an error. */
  #cleaned(text: string): string {
    return this.#secrets.reduce((cleaned, secret) => cleaned.replaceAll(secret, "[secret]"), text);
  }

  #settled(tag: string): void {
    this.#pending.delete(tag);
    this.#sender.answered(tag);
    this.#watch();
    this.#schedule();
  }

  #continue(text: string): void {
    if (this.#sender.continue()) return;
    for (const job of this.#pending.values()) {
      if (!job.exchange?.continuation) continue;
      const answer = job.exchange.continuation(text);
      if (answer !== null) this.#sender.write(Buffer.from(`${answer}\r\n`, "latin1"), "[secret]");
      return;
    }
  }

  #untagged(response: Untagged): void {
    if (response.kind === "condition" && response.condition === "BYE") {
      for (const job of this.#pending.values()) if (job.command.name === "LOGOUT") return;
      throw new ImapError("BYE", "The server closed the connection.", {
        serverText: response.text,
        ...(response.code ? { responseCode: response.code.name } : {}),
      });
    }
    const known = this.#session.apply(response);
    for (const job of this.#pending.values()) if (job.exchange?.untagged?.(known)) return;
    this.#session.unclaimed(known);
  }

  #largeLiteral(prefix: Buffer, size: number) {
    this.#logIn(prefix);
    const literal = describeLiteral(prefix, size);
    if (!literal) return undefined;
    for (const job of this.#pending.values()) {
      const sink = job.exchange?.sink?.(literal);
      if (!sink) continue;
      this.#sinkOwner = job;
      return sink;
    }
    return undefined;
  }

  #sinkFailed(error: ImapError): void {
    this.#sinkOwner?.fail(error);
  }

  /** Runs the watchdog while an answer is due: not in IDLE, and not while we ourselves hold the server back. */
  #watch(): void {
    const due = [...this.#pending.values()].some(
      (job) => !job.exchange?.quiet || this.#idleEnding === "asked",
    );
    if (this.#watchdog) clearTimeout(this.#watchdog);
    this.#watchdog = null;
    if (!due || this.#ended) return;
    const ms = this.#settings.silenceTimeoutMs ?? timeouts.silence;
    this.#watchdog = setTimeout(() => {
      if (this.#framer.paused) this.#watch();
      else this.destroy(new ImapError("TIMEOUT", `The server was silent for ${Math.round(ms / 1000)} s.`));
    }, ms);
  }
}
