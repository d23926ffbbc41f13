/** The open message: its text laid out for the width at hand, how far it is scrolled, which attachment is chosen. */

import { formatSize } from "../../mail/format.ts";
import type { Folder } from "../../mail/index.ts";
import { labelsOf } from "../../mail/labels.ts";
import { type DisplayLine, layoutBody, layoutInTurns } from "../../message/layout.ts";
import { shortenLinks } from "../../message/links.ts";
import { safeText } from "../../message/safe.ts";
import { withoutStruckMarks } from "../../message/struck.ts";
import type { Attachment, Body, ReadableMessage, ReadOptions } from "../../message/types.ts";
import { readerLength } from "../components/reader.tsx";
import type { ReaderAttachment, ReaderHeader, ReaderModel, ReaderPicture } from "../model.ts";
import type { Graphics, TerminalImage } from "../terminal/graphics.ts";
import { isDrawn, placePictures, withSizes } from "./pictures.ts";
import { headerRows, type Protection, wrapHeaders } from "./reader-facts.ts";
import { plainLines, textLines, textOf } from "./reader-lines.ts";
import type { Place } from "./sources.ts";

export interface ReaderContent {
  readonly place: Place;
  readonly uid: number;
  /** Octets of the whole message. */
  readonly size: number;
  /** What is read in place of the message on the server: an enclosed message, or what was decrypted. */
  readonly source?: Buffer;
  /** The message that this one lies in. */
  readonly outer?: ReaderView;
  /** What the terminal can show. */
  graphics(): Graphics;
  /** It strikes text out by itself. */
  readonly strikesOut: boolean;
  /** Has these decoded for the cells they are to fill. */
  fit(reader: ReaderView, pictures: readonly ReaderPicture[]): void;
  /** Something has changed without a key. */
  draw(): void;
}

/** Columns that an address in the text takes at most. */
const longestLink = 60;
/** Lines of a body that are laid out at once; more of them let keys come between. */
const linesAtOnce = 200;
/** Milliseconds that a message may take until it is said that it is being loaded. */
const patienceMs = 150;
/** Attachments that are listed while nobody looks for them. */
const shownAttachments = 5;

/** What parts are called that seldom have a name. */
const nameless: Readonly<Record<string, string>> = {
  "text/calendar": "invitation",
  "message/delivery-status": "delivery report",
  "message/disposition-notification": "receipt",
  "message/rfc822": "message",
  "application/pgp-encrypted": "version",
  "application/pgp-signature": "signature",
  "application/pkcs7-signature": "signature",
  "application/pkcs7-mime": "S/MIME",
};

export class ReaderView {
  readonly place: Place;
  readonly uid: number;
  readonly size: number;
  readonly outer: ReaderView | null;
  /** Null: the message is on the server, or in the cache. */
  source: Buffer | null;
  /** How the person wants it read. */
  options: ReadOptions = {};
  protection: Protection = null;
  /** By section, those that have come. */
  readonly pictures: Map<string, TerminalImage> = new Map();
  readonly #left = new AbortController();
  readonly #graphics: () => Graphics;
  readonly #strikesOut: boolean;
  readonly #fit: ReaderContent["fit"];
  readonly #draw: () => void;
  #showsPictures = true;
  #placed: readonly ReaderPicture[] = [];
  #message: ReadableMessage | null = null;
  #notice = "";
  /** Until then nothing is said of a message that does not come: most are there at once. */
  readonly #patience: NodeJS.Timeout;
  #scroll = 0;
  #attachment = -1;
  /** The person asked for the attachments before the message was there. */
  #attachmentsAwaited = false;
  #width = 0;
  #height = 1;
  /** The body, as wrapped, and as shown: folded, with what Postern says of it. */
  #body: Body | null = null;
  #wrapped: readonly DisplayLine[] = [];
  #lines: readonly DisplayLine[] = [];
  /** Counts what was laid out, so that the last one wins. */
  #layouts = 0;
  #folded = false;
  /** A header or a source in the message's place. */
  #source: string | null = null;
  #sought = "";
  /** Lines that have what is looked for, and the one of them that was gone to last; -1 for none. */
  #hits: readonly number[] = [];
  #hit = -1;

  constructor({ place, uid, size, source, outer, graphics, strikesOut, fit, draw }: ReaderContent) {
    this.place = place;
    this.uid = uid;
    this.size = size;
    this.source = source ?? null;
    this.outer = outer ?? null;
    this.#graphics = graphics;
    this.#strikesOut = strikesOut;
    this.#fit = fit;
    this.#draw = draw;
    this.#patience = setTimeout(() => {
      this.#notice = "Loading…";
      draw();
    }, patienceMs).unref();
  }

  get folder(): Folder {
    return this.place.folder;
  }

  /** The message is not there any more. */
  get gone(): boolean {
    return this.place.mail.message(this.folder, this.uid) === null;
  }

  /** The person has gone on to something else: what is still worked at here may end. */
  leave(): void {
    clearTimeout(this.#patience);
    this.#left.abort();
  }

  get left(): AbortSignal {
    return this.#left.signal;
  }

  show(message: ReadableMessage): void {
    this.#message = message;
    this.#layOut();
    if (this.#attachmentsAwaited) this.focusAttachments(true);
  }

  /** Says why there is no text. */
  fail(text: string): void {
    clearTimeout(this.#patience);
    this.#notice = text;
  }

  resize(width: number, height: number): void {
    if (width === this.#width && height === this.#height) return;
    const sameWidth = width === this.#width;
    this.#height = Math.max(1, height);
    this.#width = width;
    if (!sameWidth) this.#layOut();
    else if (this.#placed.length > 0) this.arrange();
  }

  #layOut(): void {
    const layout = ++this.#layouts;
    if (!this.#message || this.#width === 0) return;
    const marked = shortenLinks(withSizes(this.#message), Math.min(longestLink, this.#width - 6));
    const body = this.#strikesOut ? withoutStruckMarks(marked) : marked;
    this.#body = body;
    const take = (lines: readonly DisplayLine[]) => {
      if (layout !== this.#layouts) return;
      clearTimeout(this.#patience);
      this.#notice = "";
      this.#wrapped = lines;
      this.arrange();
    };
    if (body.lines.length <= linesAtOnce) take(layoutBody(body, this.#width));
    else
      void layoutInTurns(body, this.#width).then((lines) => {
        take(lines);
        this.#draw();
      });
  }

  /** Puts what is shown together: the wrapped body, or the source in its place. */
  arrange(): void {
    if (!this.#message) return;
    const text =
      this.#source === null
        ? textLines(this.#message, this.#body ?? this.#message.body, this.#wrapped, this.#folded)
        : plainLines(this.#source, this.#width);
    const shown =
      this.#source === null && this.#showsPictures ? this.pictures : new Map<string, TerminalImage>();
    const size = { width: this.#width, height: this.#height };
    const { lines, pictures } = placePictures(text, this.#message, shown, this.#graphics(), size);
    this.#lines = lines;
    this.#placed = pictures.filter((picture) => isDrawn(picture, this.#graphics()));
    if (this.#placed.length < pictures.length) this.#fit(this, pictures);
    this.find(this.#sought);
    this.scrollBy(0);
  }

  addPicture(section: string, image: TerminalImage): void {
    this.pictures.set(section, image);
    this.arrange();
  }

  /** What was made of a picture is there. */
  replacePicture(before: TerminalImage, now: TerminalImage): void {
    for (const [section, image] of this.pictures) if (image === before) this.pictures.set(section, now);
    this.arrange();
    this.#draw();
  }

  get showsPictures(): boolean {
    return this.#showsPictures;
  }

  set showsPictures(shows: boolean) {
    this.#showsPictures = shows;
    this.arrange();
  }

  /** Folds long quotes, or shows them again. */
  toggleQuotes(): void {
    this.#folded = !this.#folded;
    this.arrange();
  }

  /** Shows this text (a header, a whole source) in the message's place; null: the message again. */
  showSource(text: string | null): void {
    this.#source = text;
    this.arrange();
    this.scrollTo("first");
  }

  get showsSource(): boolean {
    return this.#source !== null;
  }

  /** Looks for a text, in any case; returns how many lines have it. */
  find(text: string): number {
    this.#sought = text;
    const wanted = text.toLowerCase();
    this.#hits =
      wanted === ""
        ? []
        : this.#lines.flatMap((line, at) => (textOf(line).toLowerCase().includes(wanted) ? at : []));
    return this.#hits.length;
  }

  /** Text is being looked for here. */
  get searching(): boolean {
    return this.#sought !== "";
  }

  /** Scrolls to the next line that has what is looked for; false where there is none in that direction. */
  toHit(direction: 1 | -1): boolean {
    const start = this.#length - this.#lines.length;
    const here = this.#scroll - start;
    const next =
      direction === 1
        ? this.#hits.find((at) => at > Math.max(here, this.#hit))
        : this.#hits.findLast((at) => at < (this.#hit >= 0 ? this.#hit : here));
    if (next === undefined) return false;
    this.#hit = next;
    if (next < here || next >= here + this.#height)
      this.scrollBy(start + next - this.#scroll - (this.#height >> 2));
    return true;
  }

  get message(): ReadableMessage | null {
    return this.#message;
  }

  #headers(): ReaderHeader[] {
    if (!this.#message) return [];
    const outer = this.outer?.message?.headers.subject;
    const within: ReaderHeader[] =
      outer === undefined
        ? []
        : [{ name: "Within", value: safeText(outer || "(no subject)"), tone: "quiet" }];
    const rows = [...within, ...headerRows(this.#message, this.protection), ...this.#labels()];
    return wrapHeaders(rows, { width: this.#width, height: this.#height });
  }

  /** What the message is labelled with now. */
  #labels(): ReaderHeader[] {
    if (this.outer) return [];
    const names = labelsOf(this.place.mail.message(this.folder, this.uid)?.flags ?? []).map(
      ({ name }) => name,
    );
    return names.length === 0 ? [] : [{ name: "Labels", value: safeText(names.join(", ")) }];
  }

  get #length(): number {
    return readerLength(this.model());
  }

  get atEnd(): boolean {
    return this.#scroll >= this.#length - this.#height;
  }

  scrollBy(lines: number): void {
    this.#scroll = Math.max(0, Math.min(this.#scroll + lines, this.#length - this.#height));
  }

  scrollPage(pages: number): void {
    this.scrollBy(Math.trunc(pages * Math.max(1, this.#height - 1)));
  }

  scrollTo(end: "first" | "last"): void {
    this.scrollBy(end === "first" ? -this.#length : this.#length);
  }

  /** The attachment the cursor is on; null while it is on none. */
  get attachment(): Attachment | null {
    return this.#message?.attachments[this.#attachment] ?? null;
  }

  /** Puts the cursor on the first attachment, or takes it away; false where there is none. A message on its way may have some. */
  focusAttachments(on: boolean): boolean {
    this.#attachmentsAwaited = on && !this.#message;
    if (this.#attachmentsAwaited) return true;
    const any = (this.#message?.attachments.length ?? 0) > 0;
    this.#attachment = on && any ? 0 : -1;
    if (on && any) this.scrollTo("first");
    this.scrollBy(0);
    return any;
  }

  moveAttachment(by: number): void {
    const last = (this.#message?.attachments.length ?? 0) - 1;
    this.#attachment = Math.max(0, Math.min(this.#attachment + by, last));
    const line = this.#headers().length + this.#attachment;
    this.scrollBy(Math.min(0, line - this.#scroll) + Math.max(0, line - this.#scroll - this.#height + 1));
  }

  /** An enclosed message is called by its subject. */
  #attachmentRow(attachment: Attachment, focused: boolean): ReaderAttachment {
    const { section, fileName, mediaType, size } = attachment;
    const enclosed = this.#message?.items.find(
      (item) => item.kind === "enclosed" && item.section === section,
    );
    const subject = enclosed?.kind === "enclosed" ? enclosed.headers.subject || "(no subject)" : null;
    return {
      section,
      name: safeText(subject ?? fileName ?? nameless[mediaType] ?? "(no name)"),
      mediaType: mediaType === "message/rfc822" ? "message" : safeText(mediaType),
      size: formatSize(size),
      focused,
    };
  }

  model(): ReaderModel {
    const all = this.#message?.attachments ?? [];
    const few = this.#attachment >= 0 || all.length <= shownAttachments + 1;
    const shown = few ? all : all.slice(0, shownAttachments);
    return {
      headers: this.#headers(),
      attachments: shown.map((a, i) => this.#attachmentRow(a, i === this.#attachment)),
      moreAttachments: all.length - shown.length,
      lines: this.#lines,
      pictures: this.#placed,
      links: this.#message?.body.links ?? [],
      warned: this.#message?.body.warnings.map(({ link }) => link) ?? [],
      hits: this.#hits,
      scroll: Math.max(0, this.#scroll),
      notice: this.#notice,
    };
  }
}
