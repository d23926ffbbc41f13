/**
 * A finished message from a file or another program, as it is to be sent: who it is for is taken from its header where
 * that is asked for, Bcc goes, what is missing of Date, Message-ID and From is put in. The text is left as it is, but
 * for its line ends.
 */
import { Readable } from "node:stream";
import { distinct, isAddress, readAddresses } from "./compose/addresses.ts";
import { mailDate, newMessageId } from "./compose/build.ts";
import { SendError } from "./errors.ts";

export interface RawOptions {
  /** Recipients as given; with `fromHeader` those of To, Cc and Bcc besides. */
  readonly recipients: readonly string[];
  readonly fromHeader: boolean;
  /** The sender of the envelope; without it, that of the header, or `defaultFrom`. */
  readonly sender?: string | undefined;
  /** `Name <address>` for a message without From. */
  readonly defaultFrom: string;
  /** A line with a dot alone is the end. */
  readonly dotEnds: boolean;
}

export interface RawMessage {
  /** To be read once. */
  message(): Readable;
  readonly bcc: string;
  readonly messageId: string;
  readonly subject: string;
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
}

/** No header is longer, in octets. */
const mostHeader = 1 << 20;
const latin1 = (text: string) => Buffer.from(text, "latin1");

/** A line, or where it is very long a piece of it. Bytes are latin1. */
interface Piece {
  readonly text: string;
  readonly ends: boolean;
}

/** So much of a line is waited for, in octets. */
const longestPiece = 65_536;

/** Reads line by line; line ends of any system are taken. */
async function* pieces(stream: AsyncIterable<unknown>): AsyncGenerator<Piece> {
  let rest = "";
  for await (const chunk of stream) {
    rest += (Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))).toString("latin1");
    // A CR at the end may be the half of a line end.
    const held = rest.endsWith("\r") ? 1 : 0;
    const whole = rest.slice(0, rest.length - held).split(/\r\n|\n|\r/);
    const last = whole.pop() ?? "";
    for (const text of whole) yield { text, ends: true };
    rest = last + (held ? "\r" : "");
    if (last.length > longestPiece) {
      yield { text: last, ends: false };
      rest = held ? "\r" : "";
    }
  }
  if (rest !== "") yield { text: rest.replace(/\r$/, ""), ends: true };
}

interface RawField {
  readonly name: string;
  /** Whole lines, folds and all, without the last line end. */
  readonly text: string;
}

const utf8 = (text: string) => Buffer.from(text, "latin1").toString("utf8");
const fieldText = ({ text }: RawField) =>
  utf8(text.slice(text.indexOf(":") + 1))
    .replace(/\r\n(?=[ \t])/g, "")
    .trim();

/** Reads the header of `input` and checks who it is for; the rest is read when the message is. @throws SendError */
export async function readRaw(input: AsyncIterable<unknown>, options: RawOptions): Promise<RawMessage> {
  const source = pieces(input);
  const fields: { name: string; text: string }[] = [];
  let size = 0;
  let first: string | null = null;
  for (let next = await source.next(); !next.done; next = await source.next()) {
    const line = next.value.text;
    size += line.length;
    if (size > mostHeader)
      throw new SendError("HEADER", "the header is longer than a megabyte", "is this a message?");
    const last = fields.at(-1);
    const name = /^([\x21-\x39\x3b-\x7e]+)[ \t]*:/.exec(line)?.[1];
    // A mailbox file's separator is no part of the message.
    if (fields.length === 0 && /^>?From /.test(line)) continue;
    if (/^[ \t]/.test(line) && last) last.text += `\r\n${line}`;
    else if (name !== undefined) fields.push({ name: name.toLowerCase(), text: line });
    else {
      // Without an empty line, what is no field is text already.
      if (line !== "") first = line;
      break;
    }
  }
  if (fields.length === 0 && first === null)
    throw new SendError("HEADER", "there is no message", "give one with a header, an empty line and a text");
  const all = (name: string) => fields.filter((field) => field.name === name).map(fieldText);
  const list = (...names: string[]) =>
    names.flatMap((name) => all(name).flatMap((text) => readAddresses(text, name)));
  const resent = fields.some(({ name }) => name === "resent-to");
  const named = resent ? ["resent-to", "resent-cc", "resent-bcc"] : ["to", "cc", "bcc"];
  const given = options.recipients.flatMap((text) => readAddresses(text, "recipient"));
  const to = distinct([...given, ...(options.fromHeader ? list(...named) : [])]).map(({ email }) => email);
  if (to.length === 0)
    throw new SendError(
      "NO_RECIPIENT",
      "the message is to nobody",
      options.fromHeader
        ? "its header needs To, Cc or Bcc"
        : "name recipients, or have them taken from the header: -t",
    );
  const author = readAddresses(all("sender")[0] || all("from")[0] || options.defaultFrom, "from")[0];
  const from = options.sender ?? author?.email ?? "";
  if (from !== "" && !isAddress(from))
    throw new SendError("ADDRESS", `"${from}" is no mail address`, "write it as name@example.org");
  const messageId = /<[^<>\s]+>/.exec(all("message-id")[0] ?? "")?.[0] ?? newMessageId(from);
  const lacks = (name: string) => !fields.some((field) => field.name === name);
  const added = [
    ...(lacks("from") ? [`From: ${options.defaultFrom}`] : []),
    ...(lacks("date") ? [`Date: ${mailDate(Date.now())}`] : []),
    ...(lacks("message-id") ? [`Message-ID: ${messageId}`] : []),
  ].map((line) => Buffer.from(`${line}\r\n`));
  const blind = fields.filter(({ name }) => name === "bcc" || name === "resent-bcc");
  const dropped = new Set([...blind, ...fields.filter(({ name }) => name === "return-path")]);
  async function* whole(): AsyncGenerator<Buffer> {
    yield Buffer.concat([
      ...fields.filter((field) => !dropped.has(field)).map(({ text }) => latin1(`${text}\r\n`)),
      ...added,
      latin1(first === null ? "\r\n" : `\r\n${first}\r\n`),
    ]);
    let held: string[] = [];
    let octets = 0;
    let within = false;
    for await (const { text, ends } of source) {
      if (options.dotEnds && text === "." && ends && !within) break;
      held.push(text, ends ? "\r\n" : "");
      within = !ends;
      octets += text.length;
      if (octets < longestPiece) continue;
      yield latin1(held.join(""));
      held = [];
      octets = 0;
    }
    if (held.length > 0) yield latin1(held.join(""));
  }
  return {
    message: () => Readable.from(whole(), { objectMode: false }),
    bcc: blind.map(({ text }) => `${text}\r\n`).join(""),
    messageId,
    subject: all("subject")[0] ?? "",
    envelope: { from, to },
  };
}
