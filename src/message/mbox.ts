/** Mailboxes in one file (mboxrd, RFC 4155 with its quoting made reversible): messages written one after the other, and read again. */

const lf = 0x0a;
const cr = 0x0d;
/** More of a line is not held to look at its beginning. Octets. */
const held = 64 * 1024;

/** `From ada@example.org Sat Mar 14 09:26:53 2026`, as asctime(3) writes a time in UTC. */
export function fromLine(address: string, ms: number): string {
  const [day, date, month, year, time] = new Date(ms).toUTCString().replace(",", "").split(" ");
  const who = /^[\x21-\x7e]+$/.test(address) ? address : "MAILER-DAEMON";
  return `From ${who} ${day} ${month} ${String(Number(date)).padStart(2, " ")} ${time} ${year}\n`;
}

/** A line with LF alone, and one `>` more where it would begin a message, or already has some before that. */
function written(line: Buffer, begins: boolean): Buffer {
  const end = line.length > 1 && line[line.length - 1] === lf && line[line.length - 2] === cr ? 2 : 0;
  const plain = end === 2 ? Buffer.concat([line.subarray(0, -2), Buffer.from("\n")]) : line;
  const quoted = begins && /^>*From /.test(plain.toString("latin1", 0, 1_024));
  return quoted ? Buffer.concat([Buffer.from(">"), plain]) : plain;
}

/** A message as it stands in an mbox: its `From ` line, its own lines, an empty one. Never held as a whole. */
export async function* mboxMessage(source: AsyncIterable<Buffer>, from: string): AsyncGenerator<Buffer> {
  yield Buffer.from(from);
  let rest: Buffer = Buffer.alloc(0);
  let begins = true;
  let last = lf;
  for await (const chunk of source) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const lines: Buffer[] = [];
    let at = 0;
    for (let end = bytes.indexOf(lf); end >= 0; end = bytes.indexOf(lf, at)) {
      lines.push(written(bytes.subarray(at, end + 1), begins));
      begins = true;
      at = end + 1;
    }
    rest = bytes.subarray(at);
    if (rest.length > held) {
      // Its last octet may be the CR of a line end.
      lines.push(written(rest.subarray(0, -1), begins));
      begins = false;
      rest = rest.subarray(-1);
    }
    if (lines.length > 0) {
      const together = Buffer.concat(lines);
      last = together[together.length - 1] ?? last;
      yield together;
    }
  }
  if (rest.length > 0) {
    yield written(rest, begins);
    last = rest[rest.length - 1] ?? last;
  }
  yield Buffer.from(last === lf ? "\n" : "\n\n");
}

export interface MboxMessage {
  /** With the line ends of the file, without quoting. */
  readonly source: Buffer;
  /** Milliseconds since the epoch, as the `From ` line tells; null where it does not. */
  readonly date: number | null;
}

function dateOf(line: string): number | null {
  const time = /(\w{3} +\d{1,2} \d\d:\d\d(?::\d\d)?(?: [A-Z+\-0-9]{1,5})? \d{4})/.exec(line)?.[1];
  if (time === undefined) return null;
  const ms = Date.parse(/ [A-Z+-]\S* \d{4}$/.test(time) ? time : `${time} UTC`);
  return Number.isNaN(ms) ? null : ms;
}

/** Whether this is how an mbox begins. */
export const isMbox = (bytes: Buffer): boolean => bytes.toString("latin1", 0, 5) === "From ";

/** The messages of an mbox, one at a time. Only behind an empty line does `From ` begin another. */
export async function* mboxMessages(file: AsyncIterable<Buffer>): AsyncGenerator<MboxMessage> {
  let lines: Buffer[] = [];
  let date: number | null = null;
  let started = false;
  let emptyBefore = true;
  let rest: Buffer = Buffer.alloc(0);
  const message = (): MboxMessage => {
    // The empty line at the end belongs to the file.
    if (/^\r?\n$/.test(lines.at(-1)?.toString("latin1") ?? "")) lines.pop();
    const made = { source: Buffer.concat(lines), date };
    lines = [];
    return made;
  };
  function* take(line: Buffer): Generator<MboxMessage> {
    const head = line.toString("latin1", 0, 200);
    if (emptyBefore && head.startsWith("From ")) {
      if (started) yield message();
      started = true;
      date = dateOf(head);
    } else if (started)
      lines.push(/^>+From /.test(line.toString("latin1", 0, 1_024)) ? line.subarray(1) : line);
    emptyBefore = /^\r?\n$/.test(head);
  }
  for await (const chunk of file) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (let end = bytes.indexOf(lf); end >= 0; end = bytes.indexOf(lf, at)) {
      yield* take(bytes.subarray(at, end + 1));
      at = end + 1;
    }
    rest = bytes.subarray(at);
  }
  if (rest.length > 0) yield* take(rest);
  if (started) yield message();
}
