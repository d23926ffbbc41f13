/** The one place that knows Ink: what we use of it, and how it is started. */
import { PassThrough } from "node:stream";
import { render } from "ink";
import type { ReactElement } from "react";
import type { ScreenOutput } from "./terminal/output.ts";

export { Box, Text } from "ink";

export interface InkScreen {
  /** Draws another element in place of the one before; done when the call returns. */
  rerender(element: ReactElement): void;
  unmount(): void;
}

/**
 * Draws `element` on `output`. In its debug mode Ink hands over each frame whole and at once, without any cursor
 * sequence: what reaches the terminal, and when, is `ScreenOutput`'s matter alone. Keys are not Ink's matter either.
 */
export function startInk(element: ReactElement, output: ScreenOutput): InkScreen {
  const { rerender, unmount } = render(element, {
    // Ink's types ask for a whole tty.WriteStream and ReadStream; it uses what these have.
    stdout: output as unknown as NodeJS.WriteStream,
    stdin: new PassThrough() as unknown as NodeJS.ReadStream,
    debug: true,
    patchConsole: false,
    exitOnCtrlC: false,
  });
  return { rerender, unmount };
}
