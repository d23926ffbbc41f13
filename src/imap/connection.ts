import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import type { Login } from "./auth/mechanism.ts";
import { cleanResponse, secretForms, withoutSecrets } from "./auth/redact.ts";
import type { Capabilities, RememberedCapabilities } from "./capabilities.ts";
import type { Command } from "./command/command.ts";
import { compress } from "./command/compress.ts";
import { logout } from "./command/simple.ts";
import type { ConnectionSettings } from "./connection-settings.ts";
import { asImapError, ImapError } from "./errors.ts";
import type { ConnectionEvents, Emitter } from "./events.ts";
import { Flight } from "./flight.ts";
import { Greeting } from "./greeting.ts";
import { Guess } from "./guess.ts";
import { type Idle, IdleSwitch, startIdle } from "./idle.ts";
import { createJob, type Job } from "./job.ts";
import { limits, timeouts } from "./limits.ts";
import { logIn } from "./login.ts";
import type { ServerQuirks } from "./quirks.ts";
import type { Progress } from "./response/code.ts";
import { describeLiteral } from "./response/fetch.ts";
import { parseResponse, type Response, type Tagged, type Untagged } from "./response/response.ts";
import { Sender } from "./sender.ts";
import { Session, type SessionState } from "./session.ts";
import { channelOf } from "./transport/channel.ts";
import { Deflated } from "./transport/deflate.ts";
import { lineError } from "./transport/tls.ts";
import { Traffic } from "./transport/traffic.ts";
import { readInTurns } from "./turns.ts";
import type { SelectedMailbox, UidRanges } from "./values.ts";
import { Watchdog } from "./watchdog.ts";
import { PLUS } from "./wire/bytes.ts";
import { abbreviate, Framer, tagOf, wouldAnswer } from "./wire/framer.ts";
import { MalformedError } from "./wire/reader.ts";
import type { Part } from "./wire/writer.ts";

/** One connection to a server: commands go in, values and events come out. `connect` makes it. */
export class Connection {
  /** How long the server has been silent. */
  readonly watchdog: Watchdog;
  readonly #traffic: Traffic;
  /** The socket, or what compresses above it. */
  #line: Duplex;
  readonly #settings: ConnectionSettings;
  readonly #session = new Session();
  #framer: Framer;
  readonly #sender: Sender;
  readonly #tagPrefix = randomBytes(3).toString("hex").toUpperCase();
  #tagCounter = 0;
  readonly #flight = new Flight();
  /** Whose large literal is arriving. */
  #sinkOwner: Job | null = null;
  readonly #idle = new IdleSwitch(() => {
    this.#sender.write(Buffer.from("DONE\r\n"), "DONE");
    this.#traffic.asked();
    this.#watch();
    // The end of an IDLE costs no server any time; after a long silence it shows whether the line still lives.
    if (this.watchdog.silence > timeouts.silence) this.watchdog.hurry(timeouts.probe);
  });
  #pumping = false;
  #junk = 0;
  #preauth = false;
  #ended = false;
  #compressing: Promise<void> | null = null;
  /** What no log and no error may show, in the forms a server may echo it in, while we log in. */
  #secrets: readonly string[] = [];
  #greeting: Greeting | null = null;
  readonly #guess: Guess;

  constructor(line: Duplex, settings: ConnectionSettings = {}) {
    this.#line = line;
    this.#traffic = new Traffic(line);
    this.#settings = settings;
    this.#guess = new Guess(this.#session, settings.remembered ?? null);
    this.watchdog = new Watchdog(settings.silenceTimeoutMs ?? timeouts.silence, () => this.#silent());
    this.#sender = new Sender(line, {
      log: (text) => settings.log?.("out", text),
      progress: () => this.watchdog.sent(),
      broken: (error) => this.destroy(error),
    });
    this.#framer = this.#listen(line);
  }

  /** Reads responses from here from now on. */
  #listen(line: Duplex): Framer {
    const framer = new Framer({
      response: (bytes) => this.#receive(bytes),
      literal: (prefix, size) => this.#largeLiteral(prefix, size),
      wantedFrom: () => this.#flight.sinksFrom(),
      sinkFailed: (error) => this.#sinkOwner?.fail(error),
      pause: () => line.pause(),
      resume: () => {
        this.#read(() => framer.continue());
        if (!framer.paused && !this.#ended) line.resume();
        this.watchdog.restart();
      },
    });
    const take = (chunk: Buffer) => {
      this.watchdog.heard();
      this.#traffic.heard();
      this.#read(() => framer.push(chunk));
    };
    readInTurns(line, take, () => framer.paused || this.#ended);
    line.on("error", (error) => this.destroy(lineError(error)));
    line.on("close", () => this.destroy(new ImapError("CLOSED", "The connection to the server was lost.")));
    return framer;
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

  /** What is different with this server, as far as it is known by now. */
  get quirks(): ServerQuirks {
    return this.#session.quirks;
  }

  /** The server logged us in by itself. */
  get preauth(): boolean {
    return this.#preauth;
  }

  get events(): Emitter<ConnectionEvents> {
    return this.#session.events;
  }

  /** What has gone over the line, and how long an answer takes. */
  get traffic(): Pick<Traffic, "received" | "sent" | "latency"> {
    return this.#traffic;
  }

  /** Whether `name` was switched on by ENABLE. */
  enabled(name: string): boolean {
    return this.#session.enabled(name);
  }

  /** Names the selected mailbox's messages from sequence number 1 on, so that EXPUNGE can be told by UID. */
  primeUids(uids: UidRanges): void {
    this.#session.primeUids(uids);
  }

  /**
   * The capabilities told before and after the login, for `ConnectionSettings.remembered` of the next session with
   * the same server, security and user. Null until both are known.
   */
  get remembered(): RememberedCapabilities | null {
    return this.#session.remembered;
  }

  /** Whether both directions are compressed. */
  get compressed(): boolean {
    return this.#session.compressed;
  }

  /** Waits for the greeting. @throws ImapError BYE, TIMEOUT, SYNTAX */
  greeted(timeoutMs: number = timeouts.greeting): Promise<void> {
    this.#greeting ??= new Greeting(timeoutMs, (error) => this.destroy(error));
    return this.#greeting.came;
  }

  /**
   * Logs in, and says who we are (ID) where that is offered. Afterwards the capabilities are those of the one who
   * logged in. Commands may be run without waiting for it: those that read, select or enable follow in the same
   * flight where the login is a single line. @throws ImapError AUTH and those of `run`
   */
  async authenticate(who: Login): Promise<void> {
    if (this.#session.compressed)
      throw new ImapError("STATE", "No password is sent where its length could be seen (COMPRESS).");
    this.#secrets = secretForms(who);
    this.#flight.loggingIn = true;
    try {
      await logIn(
        {
          session: this.#session,
          channel: channelOf(this.#line),
          remembered: this.#settings.remembered ?? null,
          clientId: this.#settings.clientId ?? {},
          run: (command) => this.#run(command, true),
          greeted: () => this.#greeting?.came ?? Promise.resolve(),
          misguided: () => this.#guess.misguided,
        },
        who,
      );
    } finally {
      this.#secrets = [];
      this.#flight.loggingIn = false;
      this.#schedule();
    }
  }

  /**
   * Compresses both directions from now on: for much mail over a slow line. False: the server does not offer it.
   * @throws as `run`
   */
  async compress(): Promise<boolean> {
    if (this.#session.compressed) return true;
    if (!this.capabilities.has("COMPRESS=DEFLATE")) return false;
    // Asked for twice before the answer, it would be refused (COMPRESSIONACTIVE).
    this.#compressing ??= this.run(compress(() => this.#deflate())).finally(() => {
      this.#compressing = null;
    });
    await this.#compressing;
    return true;
  }

  #deflate(): void {
    const socket = this.#line;
    socket.removeAllListeners("data");
    this.#line = new Deflated(socket, this.#framer.release());
    this.#sender.redirect(this.#line);
    this.#framer = this.#listen(this.#line);
    this.#session.compressed = true;
  }

  /**
   * Runs a command, beside others where that is safe, in the order given where not. Ends an IDLE.
   * @throws ImapError NO, BAD, CLOSED, TIMEOUT, …; ABORTED when the signal says so
   */
  run<R>(command: Command<R>, options: { readonly signal?: AbortSignal } = {}): Promise<R> {
    return this.#run(command, false, options.signal);
  }

  #run<R>(command: Command<R>, ahead: boolean, signal?: AbortSignal): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      if (this.#ended) return reject(new ImapError("CLOSED", "The connection is closed."));
      if (signal?.aborted) return reject(new ImapError("ABORTED", `${command.name} was given up.`));
      let abort = () => {};
      const settle =
        <A>(done: (value: A) => void) =>
        (value: A) => {
          signal?.removeEventListener("abort", abort);
          done(value);
        };
      const nextTag = () => `${this.#tagPrefix}${(++this.#tagCounter).toString(36).toUpperCase()}`;
      const job = createJob(command, nextTag, ahead, settle(resolve), settle(reject));
      abort = () => {
        this.#flight.remove(job);
        job.abandon(new ImapError("ABORTED", `${command.name} was given up.`));
        this.#schedule();
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#flight.add(job);
      this.#schedule();
    });
  }

  /** Watches the selected mailbox until another command is run or `done` is called. Where IDLE is missing, polls. */
  idle(options: { readonly pollMs?: number } = {}): Idle {
    return startIdle(this, {
      offered: this.capabilities.has("IDLE"),
      pollMs: options.pollMs ?? timeouts.poll,
      end: () => this.#idle.end(),
      begun: () => {
        this.#idle.begun();
        this.#watch();
      },
    });
  }

  /** Says good-bye and closes. Never fails. What is under way is waited for a moment, the answer is not. */
  async logout(): Promise<void> {
    if (this.#ended) return;
    const answered = this.run(logout()).catch(() => {});
    await null; // It leaves with all that is sent in this moment, unless something must be answered first.
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeouts.logout);
      void answered.then(() => clearTimeout(timer)).then(resolve);
      if (this.#flight.empty) this.#line.end(resolve);
    });
    this.destroy();
  }

  /** Closes at once. Everything queued or pending fails with `error`. */
  destroy(error?: ImapError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.watchdog.watch(false);
    const problem = error ?? new ImapError("CLOSED", "The connection was closed.");
    this.#framer.stop(problem);
    this.#session.closed();
    this.#line.destroy();
    this.#greeting?.failed(problem);
    this.#sender.stop();
    for (const job of this.#flight.clear()) job.fail(problem);
    this.events.emit("close", error ?? null);
  }

  // — sending —

  /** Once for all commands that are run in the same moment, so that they leave in one packet. */
  #schedule(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#line.cork();
      this.#pump();
      this.#line.uncork();
    });
  }

  #pump(): void {
    while (!this.#ended && !this.#sender.busy && !this.#flight.empty) {
      if (this.#greeting && !this.#settings.remembered) return;
      if (this.#flight.some((other) => other.exchange?.quiet === true) && !this.#idle.end()) return;
      const next = this.#flight.next(this.#session);
      if (next.kind === "wait") return;
      if (next.kind === "refuse") {
        const { name } = next.job.command;
        next.job.fail(new ImapError("STATE", `${name} cannot be run in the state "${this.state}".`));
      } else if (!this.#start(next.job)) return;
    }
  }

  /** False: it must not be sent as long as it is not known what the server offers and whether it lets us in. */
  #start(job: Job): boolean {
    const entering = this.#flight.some((other) => other.command.traits.logsIn === true);
    job.guessed = entering || this.#session.assumed;
    let parts: readonly Part[];
    try {
      if (job.command.traits.usesSequenceNumbers && this.#session.expects("UIDONLY"))
        throw new ImapError("ARGUMENT", "With UIDONLY enabled messages have no sequence numbers.");
      parts = job.write(this.#session, this.#session.writerOptions);
    } catch (error) {
      job.fail(asImapError(error, "ARGUMENT"));
      return true;
    }
    if (job.guessed && parts.some((part) => part.kind !== "bytes")) {
      this.#flight.putBack(job);
      return false;
    }
    if (job.exchange?.quiet) this.#idle.sent();
    if (job.command.traits.needs === "not-authenticated") this.#guess.loginSent();
    // What comes next is an answer to this one only where none other is awaited.
    if (!this.#flight.some(() => true)) this.#traffic.asked();
    this.#flight.sent(job);
    this.#watch();
    void this.#sender.send(job.tag, parts)?.then(() => this.#schedule());
    return true;
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
    if (!this.#settings.log || this.#settings.logs?.() === false) return;
    // What a login is challenged with, and may be answered to, is no less secret than its answers.
    const challenge = this.#secrets.length > 0 && bytes[0] === PLUS;
    this.#settings.log("in", challenge ? "+ [secret]" : withoutSecrets(abbreviate(bytes), this.#secrets));
  }

  #receive(bytes: Buffer): void {
    this.#logIn(bytes);
    for (const job of this.#flight.pending()) job.exchange?.heard?.(bytes);
    let response: Response;
    try {
      response = cleanResponse(parseResponse(bytes), this.#secrets);
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
    for (const job of [...this.#flight.pending()]) {
      if (job.tag === tag) this.#settled(tag);
      else if (!wouldAnswer(bytes, job.command.name)) continue;
      job.fail(new ImapError("SYNTAX", `The answer to ${job.command.name} could not be understood.`));
    }
  }

  #greet(response: Response): void {
    if (response.kind !== "condition")
      throw new ImapError("SYNTAX", "The server did not greet as IMAP does.");
    if (response.condition === "BYE" || response.condition === "NO" || response.condition === "BAD")
      throw new ImapError("BYE", "The server turned us away.", { serverText: response.text });
    this.#session.greeted({ ...response, text: response.text });
    this.#preauth = response.condition === "PREAUTH";
    this.#greeting?.received();
    this.#greeting = null;
    this.#schedule();
  }

  #complete(done: Tagged): void {
    const job = this.#flight.find(done.tag);
    if (!job) throw new ImapError("SYNTAX", "The server answered a command that was not sent.");
    if (this.#sender.midway(done.tag) || (done.condition === "OK" && this.#sender.sending(done.tag)))
      throw new ImapError("SYNTAX", "The server answered a command before it was sent whole.");
    this.#settled(done.tag);
    const refused = done.condition !== "OK";
    const verdict = refused ? this.#guess.verdict(job) : "own";
    if (verdict === "repeat") this.#flight.repeat(job);
    else if (verdict !== "own") job.fail(verdict);
    else {
      job.complete(done);
      this.#session.completed(done.code, done.text);
      if (job.command.traits.needs === "not-authenticated" && (refused || this.state === "not-authenticated"))
        this.#guess.loginFailed(job, refused ? done : null, this.#preauth, this.#flight.pending());
    }
  }

  #settled(tag: string): void {
    if (this.#flight.answered(tag)?.exchange?.quiet) this.#idle.over();
    this.#sender.answered(tag);
    this.#watch();
    this.#schedule();
  }

  #continue(text: string): void {
    if (this.#sender.continue()) return;
    for (const job of this.#flight.pending()) {
      if (!job.exchange?.continuation) continue;
      this.#answer(job, job.exchange.continuation(text));
      return;
    }
  }

  #answer(job: Job, answer: string | null | Promise<string | null>): void {
    if (answer instanceof Promise)
      answer.then(
        (text) => this.#answer(job, text),
        (error: unknown) => this.destroy(asImapError(error, "AUTH")),
      );
    // The server may have ended the exchange while the answer was made.
    else if (answer !== null && !this.#ended && this.#flight.find(job.tag) === job)
      this.#sender.write(Buffer.from(`${answer}\r\n`, "latin1"), "[secret]");
  }

  #untagged(response: Untagged): void {
    if (response.kind === "condition" && response.condition === "BYE") {
      for (const job of this.#flight.pending()) if (job.command.name === "LOGOUT") return;
      throw new ImapError("BYE", "The server closed the connection.", {
        serverText: response.text,
        ...(response.code ? { responseCode: response.code.name } : {}),
      });
    }
    const known = this.#session.apply(response);
    if (known.kind === "condition" && known.code?.kind === "progress") this.#progress(known.code);
    for (const job of this.#flight.pending()) if (job.exchange?.untagged?.(known)) return;
    this.#session.unclaimed(known);
  }

  #progress({ tag, done, goal }: Progress): void {
    const command = this.#flight.find(tag ?? "")?.command.name ?? null;
    this.events.emit("progress", { command, done, goal });
  }

  #largeLiteral(prefix: Buffer, size: number) {
    this.#logIn(prefix);
    const literal = describeLiteral(prefix, size);
    if (!literal) return undefined;
    for (const job of this.#flight.pending()) {
      const sink = job.exchange?.sink?.(literal);
      if (!sink) continue;
      this.#sinkOwner = job;
      return sink;
    }
    return undefined;
  }

  /** Runs the watchdog while an answer is due: not in IDLE, and not while we ourselves hold the server back. */
  #watch(): void {
    const due = this.#flight.some((job) => !job.exchange?.quiet || this.#idle.due);
    this.watchdog.watch(due && !this.#ended);
  }

  #silent(): void {
    const ms = Math.max(this.watchdog.patience, this.watchdog.waited);
    if (this.#framer.paused) this.watchdog.restart();
    else this.destroy(new ImapError("TIMEOUT", `The server was silent for ${Math.round(ms / 1000)} s.`));
  }
}
