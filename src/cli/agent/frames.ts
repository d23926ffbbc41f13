/**
 * What an agent and who hands it a command say to one another. A frame is a letter, the length of what follows (four
 * octets, big-endian), and that. The same through all versions, so that any two can at least part in peace.
 */
import type { Socket } from "node:net";

export type Letter =
  /** The request (JSON); the answer is `willing`, `no` or `told`. */
  | "R"
  /** Not for this agent: run it yourself. */
  | "N"
  /** It can be run here; nothing has been done (JSON: whether it changes mail). */
  | "B"
  /** Run it. */
  | "G"
  /** Octets for standard output, and for standard error. */
  | "O"
  | "E"
  /** More of standard input is wanted; some of it; its end. */
  | "W"
  | "I"
  | "."
  /** A question to a person; the answer, `y` or `n`. */
  | "Q"
  | "A"
  /** It has ended, with this exit status. */
  | "X"
  /** What an agent tells of itself (JSON). */
  | "T";

/** An agent that lives answers in a millisecond; one that hangs is done without after so many. */
export const answerMs = 2_000;

/** Nobody sends more in one frame. */
const most = 1024 * 1024;
const head = 5;

export function frame(letter: Letter, payload: Buffer | string = ""): Buffer {
  const body = typeof payload === "string" ? Buffer.from(payload) : payload;
  const bytes = Buffer.allocUnsafe(head + body.length);
  bytes.write(letter, 0, "latin1");
  bytes.writeUInt32BE(body.length, 1);
  body.copy(bytes, head);
  return bytes;
}

/** Calls `take` for each frame that comes; a frame that is too long ends the line. */
export function readFrames(socket: Socket, take: (letter: string, payload: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= head) {
      const length = rest.readUInt32BE(1);
      if (length > most) {
        socket.destroy();
        return;
      }
      if (rest.length < head + length) return;
      const letter = rest.toString("latin1", 0, 1);
      const payload = rest.subarray(head, head + length);
      rest = rest.subarray(head + length);
      take(letter, payload);
    }
  });
}

/** `bytes` in pieces that fit into a frame. */
export function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += most) yield bytes.subarray(at, at + most);
}
