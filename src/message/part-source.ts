/**
 * One part of a message that is read from its beginning, never held in memory: what lies between the lines that MIME puts
 * around it (RFC 2046 §5.1). Nested structures are followed by their boundaries, as the server has read them.
 */

const lf = 0x0a;
const cr = 0x0d;
const dash = 0x2d;
/** Lines are handed on together, about so many octets at a time. */
const piled = 64 * 1024;
/** Of a longer line only so much is held: no boundary is longer (RFC 2046 §5.1.1: 70 octets, and some mercy). */
const held = 4 * 1024;

/** A step on the way to a part: into the nth part of a multipart, or into the message that a part is. */
export type Step = { readonly boundary: string; readonly nth: number } | "message";

/** A line as far as it is short; of a longer one pieces, of which the first `begins`. */
interface Piece {
  readonly bytes: Buffer;
  readonly begins: boolean;
}

async function* piecesOf(source: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let rest: Buffer = Buffer.alloc(0);
  let begins = true;
  for await (const chunk of source) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (let end = bytes.indexOf(lf); end >= 0; end = bytes.indexOf(lf, at)) {
      yield { bytes: bytes.subarray(at, end + 1), begins };
      begins = true;
      at = end + 1;
    }
    rest = bytes.subarray(at);
    if (rest.length > held) {
      yield { bytes: rest, begins };
      begins = false;
      rest = Buffer.alloc(0);
    }
  }
  if (rest.length > 0) yield { bytes: rest, begins };
}

const isEmpty = ({ bytes, begins }: Piece) =>
  begins && bytes.length <= 2 && bytes.toString("latin1").trim() === "";

/**
 * Which of the boundaries, outermost first, a line is, and whether its multipart ends there; null where it is none. It is
 * enough that the line begins with one (RFC 2046 §5.1.1); where several fit, the one that is all of it counts.
 */
function delimiter(
  { bytes, begins }: Piece,
  boundaries: readonly string[],
): { readonly of: number; readonly end: boolean } | null {
  if (!begins || bytes[0] !== dash || bytes[1] !== dash) return null;
  const text = bytes.toString("latin1").trimEnd().slice(2);
  const exact = boundaries.findIndex((boundary) => text === boundary || text === `${boundary}--`);
  const of = exact >= 0 ? exact : boundaries.findLastIndex((boundary) => text.startsWith(boundary));
  return of < 0 ? null : { of, end: text.startsWith(`${boundaries[of]}--`) };
}

class Reader {
  readonly #pieces: AsyncGenerator<Piece>;
  /** Of the multiparts that are open, outermost first. */
  readonly #boundaries: string[] = [];

  constructor(source: AsyncIterable<Buffer>) {
    this.#pieces = piecesOf(source);
  }

  async #next(): Promise<Piece | null> {
    const step = await this.#pieces.next();
    return step.done === true ? null : step.value;
  }

  /** Passes over a header, with the empty line behind it. */
  async header(): Promise<void> {
    for (let piece = await this.#next(); piece && !isEmpty(piece); piece = await this.#next());
  }

  /** Goes to the header of the nth part; false where there is none. */
  async toPart(boundary: string, nth: number): Promise<boolean> {
    const open = [...this.#boundaries, boundary];
    let seen = 0;
    for (let piece = await this.#next(); piece; piece = await this.#next()) {
      const found = delimiter(piece, open);
      if (found === null) continue;
      if (found.end || found.of < open.length - 1) return false;
      if (++seen < nth) continue;
      this.#boundaries.push(boundary);
      return true;
    }
    return false;
  }

  /** What follows, up to where the part ends. The line end before a boundary belongs to the boundary. */
  async *content(): AsyncGenerator<Buffer> {
    let waiting: Buffer | null = null;
    let out: Buffer[] = [];
    let size = 0;
    for (let piece = await this.#next(); piece; piece = await this.#next()) {
      if (delimiter(piece, this.#boundaries) !== null) {
        waiting = null;
        break;
      }
      const { bytes } = piece;
      if (waiting !== null) out.push(waiting);
      const ending = bytes[bytes.length - 1] !== lf ? 0 : bytes[bytes.length - 2] === cr ? 2 : 1;
      waiting = ending === 0 ? null : bytes.subarray(-ending);
      out.push(bytes.subarray(0, bytes.length - ending));
      size += bytes.length;
      if (size < piled) continue;
      yield Buffer.concat(out);
      out = [];
      size = 0;
    }
    if (waiting !== null) out.push(waiting);
    yield Buffer.concat(out);
  }
}

/** The octets of the part at the end of `steps`, as they are encoded; none where the source has no such part. */
export async function* partSource(
  source: AsyncIterable<Buffer>,
  steps: readonly Step[],
): AsyncGenerator<Buffer> {
  const reader = new Reader(source);
  await reader.header();
  for (const step of steps) {
    if (step !== "message" && !(await reader.toPart(step.boundary, step.nth))) return;
    // Of the part; or behind that, of the message that it is.
    await reader.header();
  }
  yield* reader.content();
}
