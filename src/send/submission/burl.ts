/**
 * A message of which some pieces are fetched from the IMAP server by the server for sending itself (BURL, RFC 4468): what
 * is forwarded neither comes here nor goes from here.
 */
import type { OwnPiece, Piece, Pieces, ServerPiece } from "../../mail/pieces.ts";
import { positive } from "./replies.ts";
import type { Smtp } from "./smtp.ts";
import { counted, taken } from "./transaction.ts";
import type { Rejected, SmtpReply, Submitted } from "./types.ts";

/** How long a URL holds, in milliseconds: until the message is handed over, slow lines included. */
const urlLife = 3_600_000;

/** A message by its pieces, and who gives URLs for those that lie on the IMAP server. */
export interface MessagePieces {
  readonly list: readonly Piece[];
  readonly server: Pick<Pieces, "authorize">;
}

/** A piece as the server for sending gets it. */
export type Chunk = OwnPiece | { readonly url: string };

/**
 * What the server for sending gets where it can fetch the pieces that lie on the IMAP server; null where it cannot, or
 * where there are none. `user`: who has logged in there.
 */
export async function chunksOf(
  smtp: Smtp,
  { list, server }: MessagePieces,
  user: string,
): Promise<readonly Chunk[] | null> {
  const remote = list.filter((piece): piece is ServerPiece => "uid" in piece && piece.size > 0);
  if (remote.length === 0 || smtp.offers.burl === null || !smtp.offers.has("CHUNKING")) return null;
  const fetches = () => smtp.offers.burl?.some((what) => /^imap(:|$)/i.test(what)) ?? false;
  if (!fetches()) await smtp.renewOffers();
  if (!fetches()) return null;
  let urls: readonly string[] | null;
  try {
    urls = await server.authorize(remote, user, Date.now() + urlLife);
  } catch {
    // What the IMAP server has against it, or that there is no line to it, shows when the message is read from there.
    return null;
  }
  const given = new Map(remote.map((piece, i) => [piece, urls?.[i]]));
  const chunks: Chunk[] = [];
  for (const piece of list) {
    if (piece.size === 0) continue;
    const url = "uid" in piece ? given.get(piece) : undefined;
    if (!("uid" in piece)) chunks.push(piece);
    else if (url === undefined || /[^\x21-\x7e]/.test(url)) return null;
    else chunks.push({ url });
  }
  return chunks;
}

/**
 * Hands the message over, the envelope having been taken; null where the server could not get at a piece, and has
 * nothing of the message.
 * @throws SubmissionError TEMPORARY, REJECTED, UNREACHABLE, UNKNOWN
 */
export async function sayChunks(
  smtp: Smtp,
  chunks: readonly Chunk[],
  rejected: readonly Rejected[],
): Promise<Submitted | null> {
  const replies: Promise<SmtpReply>[] = [];
  for (const chunk of chunks) {
    const reply = smtp.command("url" in chunk ? `BURL ${chunk.url}` : `BDAT ${chunk.size}`);
    reply.catch(() => {});
    replies.push(reply);
    await smtp.settled();
    if (!("url" in chunk))
      for await (const octets of counted(chunk.stream(), chunk.size)) await smtp.write(octets);
    if (!smtp.offers.has("PIPELINING")) await reply;
  }
  // Only what has all come together is ended: no server is relied on to notice that a piece is missing.
  smtp.patient();
  const told = await Promise.all(replies);
  if (!told.every(positive)) {
    await smtp.command("RSET");
    return null;
  }
  return taken(smtp, smtp.command("BDAT 0 LAST"), rejected);
}
