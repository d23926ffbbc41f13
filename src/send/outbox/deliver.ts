/**
 * The outbox on its way: each message is handed over once. What the server refuses for now is tried again, what it
 * refuses for good is kept and told; where nobody knows whether it has gone out, it is looked for among what was sent,
 * and else kept until a person has decided.
 */
import { Readable } from "node:stream";
import { AccountError } from "../../account/errors.ts";
import { ImapError } from "../../imap/index.ts";
import { MailError } from "../../mail/index.ts";
import type { LastingPiece, OwnPiece, Piece, Pieces } from "../../mail/pieces.ts";
import { safeText } from "../../message/safe.ts";
import { type KeptPiece, sizeOfKept } from "../kept-pieces.ts";
import { type SmtpReply, SubmissionError, type Submit, type Submitted } from "../submission/types.ts";
import type { Entry, Reason, Refused } from "./entry.ts";
import type { Claim, Outbox } from "./outbox.ts";

/** What follows when a message has gone out, and what knows whether it has. */
export interface Aftermath {
  /** Whether the server files what is sent by itself, so that a message is found among it. */
  readonly serverFiles: boolean;
  /** Whether the Sent folder has the message. Throws where that cannot be told. */
  inSent(entry: Entry): Promise<boolean>;
  /** Puts a copy into the Sent folder. */
  keepCopy(entry: Entry): Promise<void>;
  /** Sets the flag of what was answered or passed on; forgets the draft. */
  settle(entry: Entry): Promise<void>;
}

export interface DeliveryOptions {
  readonly outbox: Outbox;
  /** Hands over a message; `Handover` without what the entry knows. */
  submit(
    handover: Pick<Parameters<Submit>[0], "envelope" | "message" | "size" | "utf8Header" | "pieces">,
  ): Promise<Submitted>;
  /** What lies on the server and goes along. */
  readonly server: Pick<Pieces, "stream" | "authorize"> & {
    /** Where a piece is now; null where it is nowhere. Throws where that cannot be told. */
    find(piece: LastingPiece): Promise<LastingPiece | null>;
  };
  readonly aftermath: Aftermath;
  readonly now?: () => number;
}

/** What became of an entry: gone out, still waiting, held, or being seen to by another process. */
export interface Delivered {
  readonly entry: Entry;
  readonly outcome: "sent" | "waiting" | "held" | "busy";
}

/** Waits between tries that double, in milliseconds, and how long a message is tried at all. */
const backoff = { first: 60_000, most: 4 * 3_600_000, givenUp: 5 * 86_400_000 } as const;

export function retryDelay(attempts: number): number {
  return Math.min(backoff.first * 2 ** Math.max(0, attempts - 1), backoff.most);
}

/** Whether an entry is due; a person's wish (`now` pressed) leaves waits after failures out, but not its date. */
export function isDue(entry: Entry, now: number, asked: boolean): boolean {
  if (entry.state === "held") return false;
  if (entry.state === "sent" || entry.state === "sending") return asked || entry.retryAt <= now;
  return entry.notBefore <= now && (asked || entry.retryAt <= now);
}

/**
 * Sees to one entry. `force`: a person says that it is to go out now, be it held or not due.
 * Throws what is no matter of sending: a full disk.
 */
export async function deliver(
  options: DeliveryOptions,
  id: string,
  { force = false, asked = force }: { readonly force?: boolean; readonly asked?: boolean } = {},
): Promise<Delivered | null> {
  const { outbox, now = Date.now } = options;
  const claim = await outbox.claim(id);
  if (!claim) {
    const entry = await outbox.get(id);
    return entry && { entry, outcome: "busy" };
  }
  try {
    const { entry } = claim;
    if (!force && !isDue(entry, now(), asked))
      return { entry, outcome: entry.state === "held" ? "held" : "waiting" };
    return await new Delivery(options, claim).run(force);
  } finally {
    claim.release();
  }
}

class Delivery {
  readonly #options: DeliveryOptions;
  readonly #outbox: Outbox;
  #entry: Entry;

  constructor(options: DeliveryOptions, { entry }: Claim) {
    this.#options = options;
    this.#outbox = options.outbox;
    this.#entry = entry;
  }

  async run(force: boolean): Promise<Delivered> {
    if (this.#entry.state === "sent") return this.#finish();
    // Its lock was free: who was sending it is gone, and nobody has told what came of it.
    if (this.#entry.state === "sending") return this.#unknown(null);
    if (this.#entry.state === "held" && !force) return this.#told("held");
    // It may have gone out: that is looked into before it goes out again.
    if (this.#entry.reason?.code === "UNKNOWN" && (await this.#found())) return this.#sent([]);
    try {
      const gone = await this.#findPieces();
      if (gone.length > 0) return await this.#hold(reasonGone(gone));
      const { envelope, size, utf8Header } = this.#entry;
      const { server } = this.#options;
      const list = this.#pieces();
      const message = () => server.stream(list);
      const handover = { envelope, message, size, utf8Header, pieces: { list, server } };
      const { rejected } = await this.#options.submit(handover);
      const refused = rejected.map(({ address, reply }) => ({
        address,
        text: said(reply),
        temporary: reply.code < 500,
      }));
      return await this.#sent(refused);
    } catch (error) {
      if (!(error instanceof SubmissionError)) throw await this.#failed(error);
      if (error.outcome === "unknown") return this.#unknown(error);
      return error.outcome === "retry" ? this.#again(error) : this.#hold(reasonOf(error));
    }
  }

  /**
   * Looks where the pieces are that lie on the server; resolves to those that are not there any more. What is sent is
   * the whole message or nothing.
   */
  async #findPieces(): Promise<readonly LastingPiece[]> {
    const before = this.#entry.pieces;
    const gone: LastingPiece[] = [];
    const now: KeptPiece[] = [];
    try {
      for (const piece of before) {
        const found = "own" in piece ? piece : await this.#options.server.find(piece);
        if (found === null) gone.push(piece as LastingPiece);
        now.push(found ?? piece);
      }
    } catch (error) {
      if (!(error instanceof ImapError || error instanceof MailError || error instanceof AccountError))
        throw error;
      throw new SubmissionError("UNREACHABLE", error.message, error.hint);
    }
    if (now.some((piece, i) => piece !== before[i]))
      await this.#update({ pieces: now, size: sizeOfKept(now) });
    return gone;
  }

  /** The message; that its handing over has begun is on the disk before the first octet of it is read. */
  #pieces(): Piece[] {
    return this.#outbox.pieces(this.#entry).map((piece) => ("uid" in piece ? piece : this.#marked(piece)));
  }

  #marked(piece: OwnPiece): OwnPiece {
    const begin = async () => {
      if (this.#entry.state !== "sending") await this.#update({ state: "sending" });
      return piece.stream();
    };
    async function* read(): AsyncGenerator<Buffer> {
      for await (const chunk of await begin()) yield chunk as Buffer;
    }
    return { size: piece.size, stream: () => Readable.from(read(), { objectMode: false }) };
  }

  async #update(change: Partial<Entry>): Promise<void> {
    this.#entry = await this.#outbox.update(this.#entry, change);
  }

  #told(outcome: Delivered["outcome"]): Delivered {
    return { entry: this.#entry, outcome };
  }

  async #sent(refused: readonly Refused[]): Promise<Delivered> {
    await this.#update({ state: "sent", refused, reason: null, retryAt: 0 });
    return this.#finish();
  }

  async #again(error: SubmissionError): Promise<Delivered> {
    const { now = Date.now } = this.#options;
    const { attempts, created, notBefore } = this.#entry;
    const tried = attempts + 1;
    if (error.code === "TEMPORARY" && now() - Math.max(created, notBefore) > backoff.givenUp)
      return this.#hold(reasonOf(error));
    const retryAt = now() + retryDelay(tried);
    await this.#update({ state: "waiting", attempts: tried, retryAt, reason: reasonOf(error) });
    return this.#told("waiting");
  }

  async #hold(reason: Reason): Promise<Delivered> {
    await this.#update({ state: "held", attempts: this.#entry.attempts + 1, reason });
    return this.#told("held");
  }

  /** Nobody knows whether it has gone out. */
  async #unknown(error: SubmissionError | null): Promise<Delivered> {
    // Known before it is looked into: that may take long, and be cut short too.
    await this.#update({
      state: "held",
      reason: {
        code: "UNKNOWN",
        text: error?.message ?? "Sending was cut short: the message may have gone out.",
        hint: "look whether it has arrived; outbox flush sends it again, outbox drop forgets it",
      },
    });
    return (await this.#found()) ? this.#sent([]) : this.#told("held");
  }

  /** Whether a message that may have gone out is among what the server files as sent. */
  async #found(): Promise<boolean> {
    const { aftermath } = this.#options;
    if (!aftermath.serverFiles) return false;
    try {
      return await aftermath.inSent(this.#entry);
    } catch {
      return false;
    }
  }

  /** What is no matter of sending: where it was not begun it waits as it was, where it was, nobody knows. */
  async #failed(error: unknown): Promise<unknown> {
    if (this.#entry.state === "sending") await this.#unknown(null);
    return error;
  }

  /** All that follows once it has gone out. What cannot be done now is done with the next try, and nothing twice. */
  async #finish(): Promise<Delivered> {
    const { aftermath, now = Date.now } = this.#options;
    await this.#splitRefused();
    try {
      if (this.#entry.copy && !aftermath.serverFiles) {
        const there = this.#entry.copying && (await aftermath.inSent(this.#entry));
        if (!there) {
          await this.#update({ copying: true });
          const gone: ReadonlySet<KeptPiece> = new Set(await this.#findPieces());
          // It has been sent whole: a copy of what is left is better than none.
          const pieces = this.#entry.pieces.filter((piece) => !gone.has(piece));
          await aftermath.keepCopy({ ...this.#entry, pieces });
        }
      }
      await this.#update({ copy: false });
      await aftermath.settle(this.#entry);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const reason = {
        code: "COPY",
        text: `It has been sent; the copy of it could not be kept yet: ${text}`,
        hint: "it is tried again with the next connection",
      };
      const attempts = this.#entry.attempts + 1;
      await this.#update({ reason, attempts, retryAt: now() + retryDelay(attempts) });
      return this.#told("sent");
    }
    await this.#outbox.remove(this.#entry);
    return this.#told("sent");
  }

  /** Those who were refused get an entry of their own: for a try later, or for the person to decide. */
  async #splitRefused(): Promise<void> {
    const { id, refused, envelope } = this.#entry;
    const { now = Date.now } = this.#options;
    for (const temporary of [true, false]) {
      const those = refused.filter((one) => one.temporary === temporary);
      if (those.length === 0) continue;
      const reason = {
        code: temporary ? "TEMPORARY" : "REJECTED",
        text: those.map(({ address, text }) => `${address}: ${safeText(text)}`).join("; "),
        hint: "all others have got it; correct the address and send it anew, or drop this",
      };
      await this.#outbox.split(this.#entry, `${id}-${temporary ? "t" : "r"}`, {
        state: temporary ? "waiting" : "held",
        envelope: { ...envelope, to: those.map(({ address }) => address) },
        retryAt: now() + retryDelay(1),
        copy: false,
        copying: false,
        origin: null,
        draft: null,
        refused: [],
        reason,
      });
    }
    if (refused.length > 0) await this.#update({ refused: [] });
  }
}

function reasonGone(gone: readonly LastingPiece[]): Reason {
  const what = gone.length === 1 ? "a message" : `${gone.length} parts of messages`;
  return {
    code: "GONE",
    text: `It has not been sent: ${what} that was to go along is no longer in ${gone.map(({ path }) => path).join(", ")}.`,
    hint: "put the message back and send it again, or take this one back and attach the file anew",
  };
}

/** A reply in one line. */
function said({ code, enhanced, text }: SmtpReply): string {
  return `${code} ${enhanced ?? ""} ${text}`.replace(/ +/g, " ");
}

function reasonOf({ code, message, hint, reply }: SubmissionError): Reason {
  const all = reply ? `${message}: ${said(reply)}` : message;
  return { code, text: message.includes(reply?.text || "\0") ? message : all, hint };
}
