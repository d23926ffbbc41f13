/**
 * Bytes in, whole responses out (RFC 9051 §2.2, §4.3). A response is its lines with the literals between them, in
 * one piece of memory; a literal above `limits.inlineLiteral` is not in that piece but went to a sink.
 */
import { asImapError, ImapError } from "../errors.ts";
import { limits } from "../limits.ts";
import { CR, isDigit, LBRACE, LF, NUL, PLUS, RBRACE, RPAREN, SP, ZERO } from "./bytes.ts";

/** Where the bytes of a large literal go. A promise from `write` holds the server back until it resolves. */
export interface LiteralSink {
  /** `chunk` may be kept: nobody writes over it. */
  write(chunk: Buffer): void | Promise<void>;
  /** All bytes were written. */
  end(): void | Promise<void>;
  /** The rest will not come. Called once, in place of `end`. */
  abort(error: ImapError): void;
}

export interface FramerHandlers {
  /** `response` is valid during the call only: its memory is used again. */
  response(response: Buffer): void;
  /** A large literal follows `prefix` (valid during the call only). Undefined: its bytes are thrown away. */
  literal(prefix: Buffer, size: number): LiteralSink | undefined;
  /** From how many octets on smaller ones are offered to `literal` as well; what it does not take stays in the response. */
  wantedFrom?(): number;
  /** A sink failed; the rest of its literal is thrown away. */
  sinkFailed(error: ImapError): void;
  /** Stop and restart reading from the network. */
  pause(): void;
  resume(): void;
}

const resultLine = /^\* (?:SEARCH|SORT|THREAD|ESEARCH|VANISHED)\b/i;
/** `* 1 FETCH`, `* LIST`: of the others (status, `+`, tagged) the rest is text, where `{5}` is no literal. */
const statusLine = /^(?:\* (?:OK|NO|BAD|BYE|PREAUTH)\b|\+|[^*])/i;

const fetchLine = /^\* \d+ (?:UID)?FETCH \(/i;
const responseLine = /^(?:\* (?:\d+ )?[A-Z]{2}|\+|[A-Za-z0-9.]+ (?:OK|NO|BAD)\b)/i;

/** Whether a FETCH response's line, without CRLF, lacks its closing parenthesis. */
function breaksOff(response: Buffer, lineEnd: number): boolean {
  let end = lineEnd;
  while (end > 0 && response[end - 1] === SP) end--;
  return response[end - 1] !== RPAREN && fetchLine.test(response.toString("latin1", 0, 24));
}

/**
 * The size announced at the end of a line (`{n}`, `{n+}`), whose end without CRLF is `end`; -1 if there is none.
 * @throws ImapError LIMIT when the size has too many digits: then nothing after it can be understood.
 */
function announcedSize(buffer: Buffer, start: number, end: number): number {
  let i = end - 1;
  if (i < start || buffer[i] !== RBRACE) return -1;
  i--;
  if (buffer[i] === PLUS) i--;
  const digitsEnd = i + 1;
  while (i >= start && isDigit(buffer[i]!)) i--;
  if (i < start || buffer[i] !== LBRACE || i + 1 === digitsEnd) return -1;
  let first = i + 1;
  while (first < digitsEnd - 1 && buffer[first] === ZERO) first++;
  const size = Number(buffer.toString("latin1", first, digitsEnd));
  if (digitsEnd - first > limits.literalDigits || !Number.isSafeInteger(size))
    throw new ImapError("LIMIT", "The server announced a literal of impossible size.");
  return size;
}

const elsewhere = Buffer.from(`{${limits.inlineLiteral + 1}}\r\n`);

export class Framer {
  readonly #handlers: FramerHandlers;
  /** The response so far, where it began in an earlier chunk. */
  #gathered: Buffer = Buffer.alloc(0);
  #gatheredLength = 0;
  /** Where the current line began in the gathered response. */
  #lineStart = 0;
  /** The last line was to end a FETCH and did not: Outlook puts line breaks into quoted strings. */
  #brokenOff = false;
  /** Octets still to come of the literal being read: into the response, or past it to a sink. */
  #literalLeft = 0;
  #streamLeft = 0;
  #sink: LiteralSink | undefined;
  #paused = false;
  #stopped = false;
  #chunks: Buffer[] = [];

  constructor(handlers: FramerHandlers) {
    this.#handlers = handlers;
  }

  /** Whether bytes beyond the last response have arrived. Right inside `response` as well. */
  get unread(): boolean {
    return this.#gatheredLength > 0 || this.#chunks.some((c) => c.length > 0);
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Ends here, and gives back what was not read: it is something else than responses. */
  release(): Buffer {
    const rest = Buffer.concat(this.#chunks);
    this.#stopped = true;
    this.#chunks = [];
    return rest;
  }

  /** No more calls to the handlers; an open sink is aborted. */
  stop(error: ImapError): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#chunks = [];
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.abort(error);
  }

  /** @throws ImapError LIMIT when a bound is passed: the connection must then be closed. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    if (!this.#paused) this.#drain();
  }

  #drain(): void {
    while (!this.#paused && !this.#stopped) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) return;
      if (chunk.length === 0) this.#chunks.shift();
      else this.#read(chunk);
    }
  }

  /** Reads on in the first chunk, which is cut as it is used up, until it ends or a sink asks for time. */
  #read(chunk: Buffer): void {
    let start = 0; // of the part of the response that is still in this chunk
    let at = 0;
    const consumed = (to: number) => {
      this.#chunks[0] = chunk.subarray(to);
    };
    while (!this.#stopped) {
      if (this.#streamLeft > 0) {
        const take = Math.min(this.#streamLeft, chunk.length - at);
        if (take === 0) {
          consumed(at);
          return;
        }
        this.#streamLeft -= take;
        const piece = chunk.subarray(at, at + take);
        at += take;
        start = at;
        consumed(at);
        this.#deliver(piece);
        if (this.#paused) return;
        continue;
      }
      if (this.#literalLeft > 0) {
        const take = Math.min(this.#literalLeft, chunk.length - at);
        this.#literalLeft -= take;
        at += take;
        if (this.#literalLeft > 0) {
          this.#gather(chunk, start, at);
          consumed(at);
          return;
        }
        this.#lineStart = this.#gatheredLength + (at - start);
      }
      if (this.#gatheredLength === 0 && at === start) {
        while (at < chunk.length && chunk[at] === NUL) at++; // some servers pad with NUL
        start = at;
      }
      const lf = at < chunk.length ? chunk.indexOf(LF, at) : -1;
      if (lf < 0) {
        this.#gather(chunk, start, chunk.length);
        this.#checkLine(this.#gatheredLength - this.#lineStart);
        consumed(chunk.length);
        return;
      }
      at = lf + 1;
      let response: Buffer;
      if (this.#gatheredLength > 0) {
        this.#gather(chunk, start, at);
        start = at;
        response = this.#gathered.subarray(0, this.#gatheredLength);
      } else response = chunk.subarray(start, at);
      if (this.#brokenOff) {
        response = this.#mend(response);
        if (this.#stopped) return;
      }
      let lineEnd = response.length - 1;
      this.#checkLine(response.length - this.#lineStart, response);
      if (lineEnd > 0 && response[lineEnd - 1] === CR) lineEnd--;
      const size = announcedSize(response, this.#lineStart, lineEnd);
      if (size >= 0 && !(this.#lineStart === 0 && statusLine.test(response.toString("latin1", 0, 16)))) {
        this.#lineStart = response.length;
        const large = size > limits.inlineLiteral;
        const wanted = large || size >= (this.#handlers.wantedFrom?.() ?? Number.POSITIVE_INFINITY);
        const sink = wanted ? this.#handlers.literal(response, size) : undefined;
        if (!large && !sink) {
          this.#literalLeft = size;
          continue;
        }
        if (this.#gatheredLength === 0) this.#gather(chunk, start, at);
        if (!large) this.#announceElsewhere();
        start = at;
        this.#streamLeft = size;
        this.#sink = sink;
        continue;
      }
      if (response.length <= limits.line && breaksOff(response, lineEnd)) {
        if (this.#gatheredLength === 0) this.#gather(chunk, start, at);
        this.#brokenOff = true;
        this.#lineStart = response.length;
        start = at;
        continue;
      }
      this.#gatheredLength = 0;
      this.#lineStart = 0;
      start = at;
      consumed(at);
      if (lineEnd > 0) this.#handlers.response(response);
      if (at === chunk.length) return;
    }
  }

  /**
   * A line came behind a FETCH that broke off. Either it goes on with it, or it is another response and that one ends
   * where it broke off. @returns the response so far
   */
  #mend(response: Buffer): Buffer {
    this.#brokenOff = false;
    const line = this.#lineStart;
    if (!responseLine.test(response.toString("latin1", line, line + 40))) return response;
    this.#handlers.response(response.subarray(0, line));
    this.#gathered.copyWithin(0, line, this.#gatheredLength);
    this.#gatheredLength -= line;
    this.#lineStart = 0;
    return this.#gathered.subarray(0, this.#gatheredLength);
  }

  /** The literal announced last is in the response as one that is too large to be there: so it is read as gone elsewhere. */
  #announceElsewhere(): void {
    this.#gatheredLength = this.#gathered.lastIndexOf(LBRACE, this.#gatheredLength - 1);
    this.#gather(elsewhere, 0, elsewhere.length);
    this.#lineStart = this.#gatheredLength;
  }

  /** Appends to the response that began in an earlier chunk; memory doubles, so that each byte is copied rarely. */
  #gather(chunk: Buffer, start: number, end: number): void {
    const length = this.#gatheredLength + end - start;
    if (length > limits.response) throw new ImapError("LIMIT", "The server sent an oversized response.");
    if (length > this.#gathered.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, 2 * this.#gathered.length, 4096));
      this.#gathered.copy(grown, 0, 0, this.#gatheredLength);
      this.#gathered = grown;
    } else if (this.#gatheredLength === 0 && this.#gathered.length > limits.line) {
      this.#gathered = Buffer.allocUnsafe(Math.max(length, 4096)); // one huge response must not be paid for forever
    }
    chunk.copy(this.#gathered, this.#gatheredLength, start, end);
    this.#gatheredLength = length;
  }

  #checkLine(length: number, response = this.#gathered): void {
    if (length <= limits.line) return;
    if (length <= limits.resultLine && resultLine.test(response.toString("latin1", 0, 16))) return;
    throw new ImapError("LIMIT", "The server sent an oversized line.");
  }

  #deliver(piece: Buffer): void {
    const sink = this.#sink;
    const done = this.#streamLeft === 0;
    if (done) this.#sink = undefined;
    if (!sink) return;
    const failed = (error: unknown) => {
      this.#sink = undefined;
      const problem = asImapError(error, "ABORTED");
      sink.abort(problem);
      this.#handlers.sinkFailed(problem);
    };
    const waits: Promise<void>[] = [];
    try {
      const written = sink.write(piece);
      if (written) waits.push(written);
      if (done && written) waits.push(written.then(() => sink.end()));
      else if (done) {
        const ended = sink.end();
        if (ended) waits.push(ended);
      }
    } catch (error) {
      failed(error);
      return;
    }
    if (waits.length === 0) return;
    this.#paused = true;
    this.#handlers.pause();
    void Promise.all(waits)
      .then(undefined, failed)
      .then(() => {
        this.#paused = false;
        if (this.#stopped) return;
        this.#handlers.resume();
      });
  }

  /** Goes on after a pause. @throws as `push` */
  continue(): void {
    if (!this.#paused) this.#drain();
  }
}

/** The bytes of a response for a log: literals and long lines abbreviated, text as Latin-1. */
export function abbreviate(response: Buffer): string {
  const text = response.toString("latin1", 0, Math.min(response.length, 2000)).replace(/\r?\n$/, "");
  const cut = response.length > 2000 ? `… (${response.length} octets)` : "";
  return text.replace(/\{(\d+)\+?\}\r?\n/g, (_whole: string, n: string) => `{${n}} `) + cut;
}

/** A first look at a response that could not be read: its tag, or null where it is untagged. */
export function tagOf(response: Buffer): string | null {
  const space = response.indexOf(SP);
  const tag = space > 0 ? response.toString("latin1", 0, Math.min(space, 40)) : "";
  return /^[A-Za-z0-9.]+$/.test(tag) ? tag : null;
}

/**
 * Whether these bytes, which could not be read, would have answered the command called `name` with all that it found:
 * that it found nothing must not be concluded from it.
 */
export function wouldAnswer(bytes: Buffer, name: string): boolean {
  const kind = /^\* E?(SEARCH|SORT|THREAD)\b/i.exec(bytes.toString("latin1", 0, 16))?.[1]?.toUpperCase();
  return kind === "SEARCH" ? /SEARCH|SORT/.test(name) : kind !== undefined && name.endsWith(kind);
}
