/** The terminal, taken and given back: screen and keyboard together, whatever ends or stops the program. */
import { safeText } from "../../message/safe.ts";
import { type KeyboardStream, type KeyListener, listenKeys, nearMs } from "./input.ts";
import type { Input } from "./keys.ts";
import { ScreenOutput, type ScreenOutputOptions, type TerminalStream } from "./output.ts";

export interface TerminalSession {
  readonly output: ScreenOutput;
  /** Gives the terminal back for good. Does nothing when done already. */
  close(): void;
  /** Lets another program have the terminal (an editor, a pager, a shell) until `run` settles; then repaints. */
  handOver<T>(run: () => Promise<T>): Promise<T>;
  /** Stops the program as Ctrl-Z does elsewhere; it goes on when the shell says `fg`. */
  suspend(): void;
}

export interface TerminalSessionOptions extends ScreenOutputOptions {
  readonly stdin?: KeyboardStream;
  readonly stdout?: TerminalStream;
  readonly onInput: (input: Input) => void;
  /** SIGHUP, SIGTERM or SIGINT has come: save what must be saved. The program ends when this settles, or after 2 s. */
  readonly onEnd?: (signal: NodeJS.Signals) => Promise<void> | void;
  /** The program is about to stop, or goes on again. */
  readonly onStopped?: (now: boolean) => void;
  /** Node warns of something: it would have written that across the screen. */
  readonly onWarning?: (warning: Error) => void;
}

const endSignals = ["SIGHUP", "SIGTERM", "SIGINT"] as const;
const maxEndMs = 2000;
/** Exit status after a fault of our own (sysexits EX_SOFTWARE). */
const softwareFault = 70;

/** An Esc by itself is not waited for any longer, however far the terminal is. */
const farMs = 500;
/** A terminal that tells Esc as a sequence sends the octet alone for no key: what is left of one is given up after this. */
const brokenMs = 1000;
/** The first answer comes while the program begins, and waits for that: after this long another one tells the distance. */
const calmMs = 2000;

/** Takes the terminal: alternate screen, raw keyboard. It is restored however the program ends, short of SIGKILL. */
export function openTerminal(options: TerminalSessionOptions): TerminalSession {
  const stdin = options.stdin ?? process.stdin;
  const stdout = options.stdout ?? process.stdout;
  const output = new ScreenOutput(stdout, options);
  let keys: KeyListener | null = null;
  /** Someone else has the terminal. */
  let lent = false;

  /** When the terminal was asked what it has not answered yet. */
  let askedAt: number | null = performance.now();
  let again: NodeJS.Timeout | undefined;
  const onAnswer = (listener: KeyListener) => {
    const took = askedAt === null ? null : performance.now() - askedAt;
    askedAt = null;
    if (output.tellsEsc) listener.escapeMs = brokenMs;
    else if (took !== null) listener.escapeMs = Math.min(farMs, Math.max(nearMs, took));
    if (took === null || took < nearMs || output.tellsEsc) return;
    again ??= setTimeout(() => {
      if (output.tellsEsc) return;
      askedAt = performance.now();
      output.askAgain();
    }, calmMs).unref();
  };

  const take = () => {
    output.enter();
    if (keys) keys.resume();
    else
      keys = listenKeys(stdin, (input) => {
        if (input.kind !== "answer" || !output.learn(input.text)) options.onInput(input);
        else if (keys) onAnswer(keys);
      });
  };
  const giveBack = () => {
    keys?.pause();
    output.leave();
  };

  let ending = false;
  const onSignal = (signal: NodeJS.Signals) => {
    // A Ctrl-C meant for the program that has the terminal comes to all of the job.
    if (lent && signal === "SIGINT") return;
    if (ending) return;
    ending = true;
    close();
    const end = () => process.kill(process.pid, signal);
    setTimeout(end, maxEndMs).unref();
    Promise.resolve(options.onEnd?.(signal)).then(end, end);
  };
  let stopped: NodeJS.Timeout | undefined;
  const onStop = () => {
    giveBack();
    options.onStopped?.(true);
    // With the keyboard given back nothing may be left to wait for, and the program would end on being continued.
    stopped ??= setInterval(() => {}, 1 << 30);
    // The whole job stops, as it would have without our handler; a wrapper that went on would keep the shell waiting.
    process.kill(0, "SIGSTOP");
  };
  const onContinue = () => {
    if (stopped) options.onStopped?.(false);
    clearInterval(stopped);
    stopped = undefined;
    // After a SIGSTOP from outside nothing was given back, and the shell has since set the terminal its own way.
    if (lent) return;
    giveBack();
    take();
  };
  const onFault = (error: unknown) => {
    close();
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    // It may repeat what a server or a message has said.
    process.stderr.write(`${safeText(told, { keepNewlines: true })}\n`);
    process.exit(softwareFault);
  };
  const onWarning = (warning: Error) => options.onWarning?.(warning);
  const warned = process.rawListeners("warning") as ((warning: Error) => void)[];
  const onHangup = () => onSignal("SIGHUP");
  const close = () => {
    giveBack();
    clearTimeout(again);
    stdin.off("end", onHangup);
    process.off("exit", giveBack);
    process.off("uncaughtException", onFault);
    process.off("SIGTSTP", onStop);
    if (process.listeners("warning").includes(onWarning)) {
      process.off("warning", onWarning);
      for (const listener of warned) process.on("warning", listener);
    }
    process.off("SIGCONT", onContinue);
    for (const signal of endSignals) process.off(signal, onSignal);
  };

  stdin.on("end", onHangup);
  // A terminal that has gone fails every read and write; what ends the program is the hangup, in good order.
  stdin.on("error", onHangup);
  stdout.on("error", () => {});
  process.on("exit", giveBack);
  process.on("uncaughtException", onFault);
  process.removeAllListeners("warning").on("warning", onWarning);
  process.on("SIGTSTP", onStop);
  process.on("SIGCONT", onContinue);
  for (const signal of endSignals) process.on(signal, onSignal);
  take();

  return {
    output,
    close,
    suspend: onStop,
    async handOver(run) {
      lent = true;
      giveBack();
      try {
        return await run();
      } finally {
        lent = false;
        take();
      }
    },
  };
}
