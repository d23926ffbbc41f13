/** What a command line is connected to: this process's own streams, or those of another that hands its command over. */
import type { Readable, Writable } from "node:stream";
import type { Writer } from "../commands/writing/talk.ts";
import { showsUtf8 } from "../mail/format.ts";
import { someoneThere } from "./globals.ts";

export interface Streams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Of the terminal that `stdout` is; null where it is none. */
  readonly columns: number | null;
  /** Of the terminal that `stderr` is; null where it is none. */
  readonly errorColumns: number | null;
  /** Whether what is drawn may be in UTF-8. */
  readonly utf8: boolean;
  /** Asks a person yes or no; a script means what it says, and is not asked. */
  confirm(question: string): Promise<boolean>;
  /** The person at this process's own terminal, who can edit a message and decide; null where nobody is there. */
  readonly writer: Writer | null;
}

export async function confirmHere(question: string): Promise<boolean> {
  if (!someoneThere()) return true;
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question(`${question} [y/N] `);
  lines.close();
  return /^y(es)?$/i.test(answer.trim());
}

const writerHere: Writer = {
  waits: true,
  talk: async (work) => work((await import("../commands/writing/talk.ts")).terminalTalk),
};

export function ownStreams(): Streams {
  const { stdin, stdout, stderr } = process;
  const columns = stdout.isTTY ? stdout.columns : null;
  const errorColumns = stderr.isTTY ? stderr.columns : null;
  const utf8 = showsUtf8(process.env);
  const writer = someoneThere() ? writerHere : null;
  return { stdin, stdout, stderr, columns, errorColumns, utf8, confirm: confirmHere, writer };
}
