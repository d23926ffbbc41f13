/** The open message: its text laid out for the width at hand, how far it is scrolled, which attachment is chosen. */

import { formatPeople, formatSize, longDate } from "../../mail/format.ts";
import type { Folder } from "../../mail/index.ts";
import type { DisplayLine } from "../../message/layout.ts";
import { safeText } from "../../message/safe.ts";
import type { ReadableMessage } from "../../message/types.ts";
import { readerLength } from "../components/reader.tsx";
import type { ReaderModel } from "../model.ts";
import { plainLines, textLines, textOf } from "./reader-lines.ts";

export class ReaderView {
  readonly folder: Folder;
  readonly uid: number;
  #message: ReadableMessage | null = null;
  #notice = "Loading…";
  #scroll = 0;
  #attachment = -1;
  /** The person asked for the attachments before the message was there. */
  #attachmentsAwaited = false;
  #width = 0;
  #height = 1;
  #lines: readonly DisplayLine[] = [];
  #folded = false;
  /** A header or a source in the message's place. */
  #source: string | null = null;
  #sought = "";
  /** Lines that have what is looked for, and the one of them that was gone to last; -1 for none. */
  #hits: readonly number[] = [];
  #hit = -1;

  constructor(folder: Folder, uid: number) {
    this.folder = folder;
    this.uid = uid;
  }

  show(message: ReadableMessage): void {
    this.#message = message;
    this.#notice = "";
    this.#layOut();
    if (this.#attachmentsAwaited) this.focusAttachments(true);
  }

  /** Says why there is no text. */
  fail(text: string): void {
    this.#notice = text;
  }

  resize(width: number, height: number): void {
    this.#height = Math.max(1, height);
    if (width === this.#width) return;
    this.#width = width;
    this.#layOut();
  }

  #layOut(): void {
    if (!this.#message || this.#width === 0) return;
    this.#lines =
      this.#source === null
        ? textLines(this.#message, this.#width, this.#folded)
        : plainLines(this.#source, this.#width);
    this.find(this.#sought);
    this.scrollBy(0);
  }

  /** Folds long quotes, or shows them again. */
  toggleQuotes(): void {
    this.#folded = !this.#folded;
    this.#layOut();
  }

  /** Shows this text (a header, a whole source) in the message's place; null: the message again. */
  showSource(text: string | null): void {
    this.#source = text;
    this.#layOut();
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

  #headers(): { name: string; value: string }[] {
    if (!this.#message) return [];
    const { from, to, cc, subject, date } = this.#message.headers;
    return [
      { name: "From", value: formatPeople(from, true) },
      { name: "To", value: formatPeople(to, true) },
      { name: "Cc", value: formatPeople(cc, true) },
      {
        name: "Date",
        value: date === null ? "" : longDate(date),
      },
      { name: "Subject", value: subject },
    ]
      .filter(({ value }) => value !== "")
      .map(({ name, value }) => ({ name, value: safeText(value) }));
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
  get attachment(): { section: string; fileName: string | null } | null {
    return this.#message?.attachments[this.#attachment] ?? null;
  }

  /** Puts the cursor on the first attachment, or takes it away; false where there is none. A message on its way may have some. */
  focusAttachments(on: boolean): boolean {
    this.#attachmentsAwaited = on && !this.#message;
    if (this.#attachmentsAwaited) return true;
    const any = (this.#message?.attachments.length ?? 0) > 0;
    this.#attachment = on && any ? 0 : -1;
    if (on && any) this.scrollTo("first");
    return any;
  }

  moveAttachment(by: number): void {
    const last = (this.#message?.attachments.length ?? 0) - 1;
    this.#attachment = Math.max(0, Math.min(this.#attachment + by, last));
  }

  model(): ReaderModel {
    return {
      headers: this.#headers(),
      attachments: (this.#message?.attachments ?? []).map((a, i) => ({
        section: a.section,
        name: safeText(a.fileName ?? "(no name)"),
        mediaType: safeText(a.mediaType),
        size: formatSize(a.size),
        focused: i === this.#attachment,
      })),
      lines: this.#lines,
      links: this.#message?.body.links ?? [],
      hits: this.#hits,
      scroll: Math.max(0, this.#scroll),
      notice: this.#notice,
    };
  }
}
