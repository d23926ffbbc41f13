/** The terminal of a person who writes: their editor, and what they are asked at its end. All of it on standard error. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { safeText } from "../../message/safe.ts";

export interface Talk {
  /** Has the person edit a file; false where the editor failed. */
  edit(file: string): Promise<boolean>;
  say(line: string): void;
  /** One of the letters; the last of them where the person ends the question. */
  ask(question: string, letters: string): Promise<string>;
  /** A line of text; null where the person ends the question. */
  line(question: string): Promise<string | null>;
  /** False where the person calls it back within that time. */
  wait(ms: number, text: string): Promise<boolean>;
}

/** As a shell line, which may have options in it. */
function editorCommand(): string {
  return process.env.VISUAL || process.env.EDITOR || "vi";
}

/** Has the person edit a file; false where the editor failed. */
export function editFile(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn("/bin/sh", ["-c", `${editorCommand()} "$1"`, "sh", file], {
      stdio: ["inherit", "inherit", "inherit"],
    });
    child.on("error", () => resolve(false));
    child.on("close", (status) => resolve(status === 0));
  });
}

function line(question: string): Promise<string | null> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    let answer: string | null = null;
    lines.on("SIGINT", () => lines.close());
    lines.on("close", () => resolve(answer));
    lines.question(question, (text) => {
      answer = text;
      lines.close();
    });
  });
}

function wait(ms: number, text: string): Promise<boolean> {
  if (ms <= 0) return Promise.resolve(true);
  process.stderr.write(`${text}\n`);
  return new Promise((resolve) => {
    const done = (goesOut: boolean) => {
      clearTimeout(timer);
      process.removeListener("SIGINT", stop);
      resolve(goesOut);
    };
    const stop = () => done(false);
    const timer = setTimeout(() => done(true), ms);
    process.on("SIGINT", stop);
  });
}

export const terminalTalk: Talk = {
  edit: editFile,
  line,
  wait,
  say: (text) => void process.stderr.write(`${safeText(text)}\n`),
  async ask(question, letters) {
    for (;;) {
      const answer = (await line(question))?.trim().toLowerCase();
      if (answer === undefined) {
        process.stderr.write("\n");
        return letters.at(-1) ?? "";
      }
      if (answer.length > 0 && letters.includes(answer.charAt(0))) return answer.charAt(0);
    }
  },
};
