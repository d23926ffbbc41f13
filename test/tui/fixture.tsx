/** A program with a screen and nothing behind it, to be run in a pty by `session.test.ts`. */
import { spawn } from "node:child_process";
import { Screen } from "../../src/tui/components/screen.tsx";
import { type InkScreen, startInk } from "../../src/tui/ink.ts";
import { openTerminal } from "../../src/tui/terminal/session.ts";
import { createTheme, themeOptions } from "../../src/tui/theme.ts";
import { sampleScreen } from "./sample.ts";

const theme = createTheme(themeOptions(process.env));
let cursor = 2;
let pressed = "";
let ink: InkScreen | null = null;

const session = openTerminal({
  onInput(input) {
    const key = input.kind === "key" ? input.key : input.kind === "mouse" ? input.what : `<${input.text}>`;
    pressed = `${pressed} ${key}`.slice(-40);
    if (key === "j") {
      cursor++;
      pressed = "";
    }
    if (key === "q") {
      session.close();
      process.exit(0);
    }
    if (key === "z") session.suspend();
    if (key === "w") process.emitWarning("something is odd");
    if (key === "x") throw new Error("a fault of our own");
    if (key === "e") {
      const program = ["-c", "echo the other program; read answer; echo got $answer; read answer"];
      void session.handOver(
        () => new Promise((resolve) => spawn("sh", program, { stdio: "inherit" }).on("close", resolve)),
      );
    }
    draw();
  },
  onWarning({ message }) {
    pressed = `warned: ${message}`;
    draw();
  },
  onEnd: () => new Promise((resolve) => setTimeout(resolve, 20)),
});

function draw(): void {
  const { columns, rows } = session.output;
  const model = sampleScreen({ columns, rows, cursor, sidebar: false });
  const status = { left: `keys:${pressed}`, right: `${columns}×${rows} at ${cursor}` };
  const element = <Screen model={{ ...model, status }} theme={theme} />;
  if (ink) ink.rerender(element);
  else ink = startInk(element, session.output);
}

session.output.on("resize", draw);
draw();
