/** What a command line is connected to: this process's own streams, or those of another that hands its command over. */
import type { Readable, Writable } from "node:stream";
import type { Writer } from "../commands/writing/writer.ts";
import { stoppable } from "./signals.ts";
import { ownTerminal, someoneThere, type Terminal } from "./terminal.ts";

export interface Streams extends Terminal {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Asks a person yes or no; a script means what it says, and is not asked. */
  confirm(question: string): Promise<boolean>;
  /** Runs `work`, which the person may stop before it is done; it tells what it came to then. */
  stoppable<T>(work: (stopped: AbortSignal) => Promise<T>): Promise<T>;
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
  write: async (composition, wish) =>
    (await import("../commands/writing/conversation.ts")).converse(composition, wish),
  lend: (work) => work(),
};

export function ownStreams(): Streams {
  const { stdin, stdout, stderr } = process;
  const writer = someoneThere() ? writerHere : null;
  return { stdin, stdout, stderr, ...ownTerminal(), confirm: confirmHere, stoppable, writer };
}
