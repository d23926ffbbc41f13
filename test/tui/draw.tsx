/** Draws a screen the way the program does, into a headless terminal. */
import { EventEmitter } from "node:events";
import type { Terminal } from "@xterm/headless";
import { Screen } from "../../src/tui/components/screen.tsx";
import { type InkScreen, startInk } from "../../src/tui/ink.ts";
import type { ScreenModel } from "../../src/tui/model.ts";
import { ScreenOutput } from "../../src/tui/terminal/output.ts";
import { createTheme, type Theme } from "../../src/tui/theme.ts";
import { giveMargins } from "../screen/margins.ts";
import { headlessTerminal } from "../screen/pty.ts";

/** A terminal's stream, as far as the screen needs one. */
export class TerminalStandIn extends EventEmitter {
  columns: number;
  rows: number;
  readonly screen: Terminal;
  #drawn: Promise<void> = Promise.resolve();

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
    this.screen = headlessTerminal(columns, rows);
  }

  write(data: string): boolean {
    this.#drawn = new Promise((resolve) => this.screen.write(data, resolve));
    return true;
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.screen.resize(columns, rows);
    this.emit("resize");
  }

  /** Resolves when what was drawn in this turn of the event loop is on the screen. */
  async drawn(): Promise<void> {
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    await this.#drawn;
  }
}

export class Drawing {
  readonly terminal: TerminalStandIn;
  readonly output: ScreenOutput;
  readonly #theme: Theme;
  #ink: InkScreen | null = null;

  constructor(
    columns: number,
    rows: number,
    theme = createTheme({ colours: "dark", utf8: true }),
    { margins = false } = {},
  ) {
    this.terminal = new TerminalStandIn(columns, rows);
    this.output = new ScreenOutput(this.terminal, { backColourErase: true });
    this.#theme = theme;
    this.output.enter();
    if (!margins) return;
    giveMargins(this.terminal.screen);
    this.output.learn("[?69;2$y");
  }

  /** Shows a screen; returns the bytes it took. */
  async show(model: ScreenModel): Promise<number> {
    const before = this.output.bytesWritten;
    const element = <Screen model={model} theme={this.#theme} />;
    if (this.#ink) this.#ink.rerender(element);
    else this.#ink = startInk(element, this.output);
    await this.terminal.drawn();
    return this.output.bytesWritten - before;
  }

  close(): void {
    this.#ink?.unmount();
    this.output.leave();
    this.terminal.screen.dispose();
  }
}
