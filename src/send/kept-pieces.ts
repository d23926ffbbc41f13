/** A message on the disk of which parts lie on the server: our own octets in one file, and what belongs between them. */
import { createReadStream } from "node:fs";
import type { LastingPiece, Piece } from "../mail/pieces.ts";
import { writeStream } from "./disk.ts";

/** The next octets of the file, or what lies on the server. */
export type KeptPiece = { readonly own: number } | LastingPiece;

/** A message as it is made: octets, and what belongs between them. */
export type Octets = AsyncIterable<Buffer | LastingPiece>;

/** Writes what is our own to a file that is not there yet. `look` sees it go by. */
export async function writePieces(
  file: string,
  message: Octets,
  look: (chunk: Buffer) => void = () => undefined,
): Promise<{ readonly size: number; readonly pieces: readonly KeptPiece[] }> {
  const pieces: KeptPiece[] = [];
  let own = 0;
  async function* ours(): AsyncGenerator<Buffer> {
    for await (const piece of message) {
      if (Buffer.isBuffer(piece)) {
        own += piece.length;
        yield piece;
      } else {
        pieces.push({ own }, piece);
        own = 0;
      }
    }
  }
  await writeStream(file, ours(), look);
  pieces.push({ own });
  return { size: sizeOfKept(pieces), pieces };
}

export function sizeOfKept(pieces: readonly KeptPiece[]): number {
  return pieces.reduce((sum, piece) => sum + ("own" in piece ? piece.own : piece.size), 0);
}

/** The pieces, those of our own to be read from the file. */
export function readPieces(file: string, pieces: readonly KeptPiece[]): Piece[] {
  let start = 0;
  return pieces.flatMap((piece): Piece[] => {
    if (!("own" in piece)) return [piece];
    const from = start;
    start += piece.own;
    const range = { start: from, end: from + piece.own - 1 };
    return piece.own === 0 ? [] : [{ size: piece.own, stream: () => createReadStream(file, range) }];
  });
}
