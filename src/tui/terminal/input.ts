/** Listens to a keyboard. Ink's own reader gives up on a split escape sequence too early and merges bursts. */
import { type Input, KeyParser } from "./keys.ts";

/** What the keyboard's stream must have: a `tty.ReadStream`, or a test's stand-in. */
export interface KeyboardStream extends NodeJS.EventEmitter {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  resume(): unknown;
  pause(): unknown;
}

export interface KeyListener {
  /**
   * How long, in ms, nothing must follow an Esc for it to be a key by itself: two packets of one key are hardly further apart
   * than the terminal is.
   */
  escapeMs: number;
  /** Leaves the keyboard, for good or to someone else (an editor, the shell): raw mode off, nothing read. */
  pause(): void;
  /** Takes it again. */
  resume(): void;
}

/** Where the terminal is near. */
export const nearMs = 50;
/** A paste whose end does not come is delivered after this long without a byte. */
const pasteMs = 2000;

/** Calls `onInput` for every key, one by one and in order, also where many arrive in one packet. */
export function listenKeys(stdin: KeyboardStream, onInput: (input: Input) => void): KeyListener {
  const parser = new KeyParser();
  let timer: NodeJS.Timeout | undefined;
  let listening = false;

  const deliver = (inputs: readonly Input[]) => {
    clearTimeout(timer);
    for (const input of inputs) if (listening) onInput(input);
    const { waiting } = parser;
    if (waiting !== "none" && listening)
      timer = setTimeout(() => deliver(parser.flush()), waiting === "paste" ? pasteMs : listener.escapeMs);
  };
  const onData = (bytes: Uint8Array) => deliver(parser.push(bytes));

  const listener: KeyListener = {
    escapeMs: nearMs,
    pause() {
      if (!listening) return;
      listening = false;
      clearTimeout(timer);
      stdin.off("data", onData);
      stdin.setRawMode?.(false);
      stdin.pause();
    },
    resume() {
      if (listening) return;
      listening = true;
      stdin.setRawMode?.(true);
      stdin.on("data", onData);
      stdin.resume();
    },
  };
  listener.resume();
  return listener;
}
