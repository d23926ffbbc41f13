/** Pictures that a message brings along: found, fetched, and put where its text has them. None comes from elsewhere. */
import { formatSize } from "../../mail/format.ts";
import type { DisplayLine } from "../../message/layout.ts";
import { type PictureInfo, pictureInfo } from "../../message/picture.ts";
import { maxPixels } from "../../message/pixels/types.ts";
import type { Attachment, Body, ReadableMessage, Span } from "../../message/types.ts";
import type { ReaderPicture } from "../model.ts";
import {
  cellsOf,
  type Graphics,
  mustBeDrawn,
  protocolFor,
  type TerminalImage,
} from "../terminal/graphics.ts";
import type { App } from "./app.ts";
import { collect, openReader, partOf } from "./opening.ts";
import { noteLine } from "./reader-lines.ts";
import type { ReaderView } from "./reader-view.ts";

/** Octets up to which a picture is fetched of itself; larger ones when the person asks. */
const ofItself = 300_000;
const atMost = 8_000_000;
const maxPictures = 20;
/** Rows that one picture takes at most, and what is left of the pane beside it. */
const maxRows = 24;
const spareRows = 3;

const canShow = (graphics: Graphics): boolean => protocolFor(graphics, "png") !== null;

/** Nothing is decoded that has more pixels than there is memory for. */
function isShowable(graphics: Graphics, { type, width, height }: PictureInfo): boolean {
  const protocol = protocolFor(graphics, type);
  return protocol !== null && (!mustBeDrawn(protocol, type) || width * height <= maxPixels);
}

const isPicture = ({ mediaType }: Attachment) => /^image\/(?:png|gif|jpe?g)$/.test(mediaType);

const sameId = (a: string | null, b: string | null) =>
  a !== null && b !== null && a.replace(/^<|>$/g, "") === b.replace(/^<|>$/g, "");

/** The attachment that a picture of the body is. */
function attachmentOf({ body, attachments }: ReadableMessage, image: number): Attachment | null {
  const contentId = body.images[image - 1]?.contentId ?? null;
  return attachments.find((one) => sameId(one.contentId, contentId)) ?? null;
}

/** Pictures that no text speaks of, where none could: they go below it. */
function loosePictures(message: ReadableMessage): readonly Attachment[] {
  if (message.otherForm?.mediaType === "text/html") return [];
  const spoken = new Set(message.body.images.map((_, i) => attachmentOf(message, i + 1)));
  return message.attachments.filter(
    (one) => isPicture(one) && one.disposition === "inline" && !spoken.has(one),
  );
}

/** The words for a picture that the message brings along say how large it is. */
export function withSizes(message: ReadableMessage): Body {
  const { body } = message;
  const told = (span: Span): Span => {
    const attachment = span.image ? attachmentOf(message, span.image) : null;
    if (!attachment || !span.text.endsWith("]")) return span;
    return { ...span, text: `${span.text.slice(0, -1)} ${formatSize(attachment.size)}]` };
  };
  if (body.images.every(({ contentId }) => contentId === null)) return body;
  return { ...body, lines: body.lines.map((line) => ({ ...line, spans: line.spans.map(told) })) };
}

/** Fetches the pictures of the message that the terminal can show; with `all` the large ones too. */
async function loadPictures(app: App, reader: ReaderView, all: boolean): Promise<void> {
  const { message } = reader;
  const { graphics } = app;
  if (!message || !canShow(graphics)) return;
  const inText = message.body.images.flatMap((_, i) => attachmentOf(message, i + 1) ?? []);
  const wanted = [...new Set([...inText, ...loosePictures(message)])]
    .filter((one) => isPicture(one) && one.size <= (all ? atMost : ofItself))
    .filter(({ section }) => !reader.pictures.has(section))
    .slice(0, maxPictures);
  for (const { section } of wanted) {
    if (reader.left.aborted) return;
    const { stream } = await partOf(reader, section);
    const bytes = await collect(stream, atMost);
    const info = bytes && pictureInfo(bytes);
    if (!bytes || !info || !isShowable(graphics, info) || reader.message !== message) continue;
    reader.addPicture(section, { ...info, id: ++app.lastPicture, bytes });
    app.draw();
  }
}

/** Fetches the small ones, unasked: where that fails the words that stand for them will do. */
export function showPictures(app: App, reader: ReaderView): void {
  loadPictures(app, reader, false).catch(() => undefined);
}

/** Shows all pictures of the message, or none. */
export async function togglePictures(app: App): Promise<void> {
  const reader = openReader(app);
  if (reader.showsPictures && reader.pictures.size > 0) {
    reader.showsPictures = false;
    return;
  }
  reader.showsPictures = true;
  if (!canShow(app.graphics)) {
    app.say("this terminal has not said that it can show pictures");
    return;
  }
  await app.tasks.run("fetching pictures…", () => loadPictures(app, reader, true));
  if (reader.pictures.size === 0) app.say("this message brings no picture that can be shown here");
}

/** What a picture has to be drawn for: its cells and colours, where it goes as sixels. */
function sizeOf({ protocol, rows, columns }: ReaderPicture, { cell, colours }: Graphics): string {
  if (protocol !== "sixel") return protocol;
  return `${columns * cell.width}×${rows * cell.height} in rows of ${cell.height}, ${colours} colours`;
}

/** The terminal takes it as it is, or as it was made for these cells. */
export function isDrawn(picture: ReaderPicture, graphics: Graphics): boolean {
  const { image, protocol } = picture;
  if (!mustBeDrawn(protocol, image.type)) return true;
  return image.drawn?.size === sizeOf(picture, graphics) && image.drawn.picture !== null;
}

/** Pictures being decoded, each for one size. */
const underWay = new WeakMap<TerminalImage, string>();

/** Has those decoded that are not, or for other cells; each is shown when it is there, and a broken one never. */
export function fitPictures(app: App, reader: ReaderView, pictures: readonly ReaderPicture[]): void {
  const { graphics } = app;
  const { cell, colours } = graphics;
  for (const picture of pictures) {
    const { image, protocol, columns, rows } = picture;
    const size = sizeOf(picture, graphics);
    if (isDrawn(picture, graphics) || underWay.get(image) === size) continue;
    underWay.set(image, size);
    const order = {
      bytes: image.bytes,
      most: { width: columns * cell.width, height: rows * cell.height },
      sixel: protocol === "sixel" ? { colours, cellHeight: cell.height } : null,
    };
    void app.painter.draw(order, reader.left).then((drawn) => {
      reader.replacePicture(image, { ...image, drawn: { size, picture: drawn } });
    });
  }
}

/** Makes room for the pictures: below the line that speaks of each, or at the end. */
export function placePictures(
  lines: readonly DisplayLine[],
  message: ReadableMessage,
  pictures: ReadonlyMap<string, TerminalImage>,
  graphics: Graphics,
  size: { readonly width: number; readonly height: number },
): { lines: readonly DisplayLine[]; pictures: readonly ReaderPicture[] } {
  if (pictures.size === 0) return { lines, pictures: [] };
  const most = { columns: size.width, rows: Math.max(1, Math.min(maxRows, size.height - spareRows)) };
  const out: DisplayLine[] = [];
  const placed: ReaderPicture[] = [];
  const done = new Set<string>();
  const put = (attachment: Attachment | null) => {
    const image = attachment && pictures.get(attachment.section);
    const protocol = image && protocolFor(graphics, image.type);
    if (!attachment || !image || !protocol || done.has(attachment.section)) return;
    done.add(attachment.section);
    if (image.drawn?.picture === null) return;
    const cells = cellsOf(image, graphics, protocol === "sixel" ? within(most, graphics) : most);
    placed.push({ image, protocol, line: out.length, ...cells });
    for (let i = 0; i < cells.rows; i++) out.push(noteLine(""));
  };
  for (const line of lines) {
    out.push(line);
    for (const { image } of line.spans) if (image) put(attachmentOf(message, image));
  }
  for (const attachment of loosePictures(message)) {
    if (!pictures.has(attachment.section)) continue;
    out.push(noteLine(""));
    put(attachment);
  }
  return { lines: out, pictures: placed };
}

/** Cells of which sixels can be made. */
function within(most: { columns: number; rows: number }, { largest, cell }: Graphics) {
  return {
    columns: Math.max(1, Math.min(most.columns, Math.floor(largest.width / cell.width))),
    rows: Math.max(1, Math.min(most.rows, Math.floor(largest.height / cell.height))),
  };
}
