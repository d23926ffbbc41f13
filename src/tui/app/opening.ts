/** Opening a message and what is in it: its text in another form, its parts, messages within it, what is encrypted. */
import { Readable } from "node:stream";
import { UsageError } from "../../commands/index.ts";
import type { Message } from "../../mail/index.ts";
import { cleanLabel } from "../../message/charset.ts";
import type { OpenedMessage } from "../../message/crypto/types.ts";
import type { ReadableMessage, ReadOptions } from "../../message/types.ts";
import type { ReaderPicture } from "../model.ts";
import type { App } from "./app.ts";
import { fitPictures, showPictures } from "./pictures.ts";
import { isProtected } from "./reader-facts.ts";
import { ReaderView } from "./reader-view.ts";
import type { Place } from "./sources.ts";

/** What reads messages is loaded when the first one is opened. */
const messageRoom = () => import("../../message/index.ts");

/** Octets up to which a message is fetched whole of itself, to check its signatures or to decrypt it. */
const protectedOctets = 2_000_000;
/** Octets of an enclosed message that are read. */
const enclosedOctets = 64_000_000;

const surroundings = (app: App) => ({
  graphics: () => app.graphics,
  strikesOut: app.host.strikesOut,
  fit: (reader: ReaderView, pictures: readonly ReaderPicture[]) => fitPictures(app, reader, pictures),
  draw: () => app.draw(),
});

/** Shows a message of the list in the reader, and marks it as read once it is there. */
export function openMessage(app: App, place: Place, message: Message): void {
  const { mail, folder } = place;
  const reader = new ReaderView({ place, uid: message.uid, size: message.size, ...surroundings(app) });
  app.reader?.leave();
  app.reader = reader;
  app.pane = "reader";
  const unread = !message.flags.includes("\\Seen");
  load(app, reader, () => {
    if (unread) app.try(mail.markSeen(folder, message.uid));
  });
}

function load(app: App, reader: ReaderView, done: () => void = () => undefined): void {
  read(reader).then(
    (message) => {
      reader.show(message);
      done();
      if (!reader.left.aborted) {
        protect(app, reader);
        showPictures(app, reader);
      }
      app.draw();
    },
    (error: unknown) => {
      reader.fail(error instanceof Error ? error.message : String(error));
      app.fail(error);
    },
  );
}

async function read({ place: { mail, folder }, uid, source, options }: ReaderView): Promise<ReadableMessage> {
  if (source === null) return mail.read(folder, uid, options);
  return (await messageRoom()).readMessage(source, options);
}

export function openReader(app: App): ReaderView {
  if (app.reader?.message) return app.reader;
  throw new UsageError("no message is open", "open one first");
}

/** Reads the open message again: in another form, or as if its texts were in another charset. */
function reread(app: App, change: Partial<ReadOptions>): void {
  const reader = openReader(app);
  reader.options = { ...reader.options, ...change };
  load(app, reader);
}

/** Shows the other form of the message's text: plain where HTML is shown, HTML where plain text is. */
export function toggleForm(app: App, argument: string): void {
  const { message } = openReader(app);
  const other = message?.otherForm;
  if (!other) throw new UsageError("this message has one form only", "h shows its header, e its source");
  const prefer = other.mediaType === "text/html" ? "html" : "plain";
  if (argument !== "" && argument !== "html" && argument !== "plain")
    throw new UsageError(`there is no form "${argument}"`, "say form, form html or form plain");
  if (argument !== "" && argument !== prefer) return;
  reread(app, { prefer });
  app.say(prefer === "html" ? "this is its HTML" : "this is its plain text");
}

/** Reads the message's texts in a charset of the person's choice; without one, in that which they name. */
export function setCharset(app: App, argument: string): void {
  const name = argument.trim();
  const charset = name === "" ? null : cleanLabel(name);
  if (name !== "" && charset === null)
    throw new UsageError(`there is no charset "${name}"`, "Tab shows those there are");
  reread(app, { charset });
  app.say(charset === null ? "read in the charsets it names" : `read as ${charset}`);
}

/** Checks signatures and decrypts, where there is something to: of itself if the message is small and this its first time. */
function protect(app: App, reader: ReaderView): void {
  if (reader.protection !== null || !reader.message?.items.some(isProtected)) return;
  reader.protection = { state: "waiting" };
  if (reader.source !== null || reader.size <= protectedOctets) app.try(unlock(app, reader, false));
}

async function unlock(app: App, reader: ReaderView, ask: boolean): Promise<void> {
  const {
    place: { mail, folder },
    uid,
    options,
  } = reader;
  reader.protection = { state: "working" };
  const label = reader.message?.items.some(({ kind }) => kind === "encrypted") ? "decrypting…" : "checking…";
  await app.tasks.run(label, async (stopped) => {
    const signal = AbortSignal.any([stopped, reader.left]);
    const tools = { ...app.crypto, ask, signal };
    const { source } = reader;
    const work = async (): Promise<OpenedMessage & { message: ReadableMessage }> => {
      if (source === null) return mail.readProtected(folder, uid, tools, options);
      const { readMessage } = await messageRoom();
      const opened = await (await import("../../message/crypto/index.ts")).openProtected(source, tools);
      return { ...opened, message: await readMessage(opened.source ?? source, options) };
    };
    try {
      const { source: plain, message, ...opened } = await work();
      if (signal.aborted) {
        reader.protection = { state: "stopped" };
        return;
      }
      if (plain) reader.source = plain;
      reader.protection = { state: "done", opened };
      reader.show(message);
      showPictures(app, reader);
    } catch (error) {
      reader.protection = { state: "stopped" };
      throw error;
    }
  });
}

/** Decrypts, or checks signatures, once more; gpg has the terminal meanwhile, to ask for a passphrase. */
export async function decrypt(app: App): Promise<void> {
  const reader = openReader(app);
  if (reader.protection === null)
    throw new UsageError("nothing of this message is signed or encrypted", "nothing to do");
  if (reader.protection.state === "working") return;
  await app.host.handOver(() => unlock(app, reader, true));
  const failure = reader.protection.state === "done" ? reader.protection.opened.failure : null;
  app.say(failure ? `not decrypted: ${failure.message}` : "done", failure !== null);
}

/** One part of the open message, decoded: only this part is fetched. */
export async function partOf(
  { place: { mail, folder }, uid, source }: ReaderView,
  section: string,
): Promise<{ fileName: string | null; mediaType: string; stream: Readable }> {
  if (source === null) {
    const { attachment, stream } = await mail.part(folder, uid, section);
    return { fileName: attachment.fileName, mediaType: attachment.mediaType, stream };
  }
  const { decodePart, extractAttachment } = await messageRoom();
  const part = await extractAttachment(source, section);
  if (!part) throw new UsageError(`the message has no part ${section}`, "v shows the parts");
  const { fileName, mediaType, bytes, encoding } = part;
  return { fileName, mediaType, stream: Readable.from([bytes]).pipe(decodePart(encoding)) };
}

/** The source of the open message. */
export async function sourceOf({ place: { mail, folder }, uid, source }: ReaderView): Promise<Readable> {
  return source === null ? mail.source(folder, uid) : Readable.from([source]);
}

/** All of a stream, up to `most` octets; null where it is more. */
export async function collect(stream: Readable, most: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > most) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** Opens a message within the open one; going back leads to that. */
export async function openEnclosed(app: App, section: string): Promise<void> {
  const outer = openReader(app);
  const { stream } = await partOf(outer, section);
  const source = await collect(stream, enclosedOctets);
  if (source === null)
    throw new UsageError("the enclosed message is too large to read", "s saves it to a file");
  if (app.reader !== outer) return;
  const { place, uid, size } = outer;
  const inner = new ReaderView({ place, uid, size, source, outer, ...surroundings(app) });
  app.reader = inner;
  app.pane = "reader";
  load(app, inner);
}
