/** The one place that knows Ink: what we use of it, and how it is started. */
import { PassThrough } from "node:stream";
import { render } from "ink";
import { createContext, createElement, type ReactElement, useSyncExternalStore } from "react";
import type { ScreenOutput } from "./terminal/output.ts";
import { Slots } from "./terminal/slots.ts";

export { Box, Text } from "ink";

/** Where the lines of a screen are kept, for the components. */
export const SlotsContext = createContext(new Slots(() => undefined));

export interface InkScreen {
  /** Draws another element in place of the one before, in a microtask. */
  rerender(element: ReactElement): void;
  unmount(): void;
}

/**
 * Draws `element` on `output`. In its debug mode Ink hands over each frame whole and at once, without any cursor
 * sequence: what reaches the terminal, and when, is `ScreenOutput`'s matter alone. Keys are not Ink's matter either.
 */
export function startInk(element: ReactElement, output: ScreenOutput): InkScreen {
  // A new element is no matter of Ink's own components: they would be gone through, and the frame made anew, each time.
  let shown = element;
  let changed: () => void = () => undefined;
  const follow = (listener: () => void) => {
    changed = listener;
    return () => undefined;
  };
  const Root = () =>
    createElement(
      SlotsContext,
      { value: output.slots },
      useSyncExternalStore(follow, () => shown),
    );
  const { unmount } = render(createElement(Root), {
    // Ink's types ask for a whole tty.WriteStream and ReadStream; it uses what these have.
    stdout: output as unknown as NodeJS.WriteStream,
    stdin: new PassThrough() as unknown as NodeJS.ReadStream,
    debug: true,
    patchConsole: false,
    exitOnCtrlC: false,
    // Our own components say in words what is to be heard.
    isScreenReaderEnabled: false,
  });
  return {
    rerender(next) {
      shown = next;
      changed();
    },
    unmount,
  };
}
