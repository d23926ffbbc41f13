/** The open message: its text laid out for the width at hand, how far it is scrolled, which attachment is chosen. */

import { formatPeople, formatSize, longDate } from "../../mail/format.ts";
import type { Folder } from "../../mail/index.ts";
import { type DisplayLine, layoutBody } from "../../message/layout.ts";
import { hiddenLinks } from "../../message/links.ts";
import { safeText } from "../../message/safe.ts";
import type { ReadableMessage } from "../../message/types.ts";
import { textWidth } from "../../message/width.ts";
import { readerLength } from "../components/reader.tsx";
import type { ReaderModel } from "../model.ts";

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
    const { body, problems } = this.#message;
    const muted = (text: string): DisplayLine => ({
      spans: [{ text, style: "muted", link: 0 }],
      quote: 0,
      region: "note",
      source: -1,
      width: textWidth(text),
    });
    const links = hiddenLinks(body).map(({ number, target }) => muted(`[${number}] ${safeText(target)}`));
    this.#lines = [
      ...problems.map((problem) => muted(`! ${safeText(problem)}`)),
      ...layoutBody(body, this.#width),
      ...(links.length > 0 ? [muted(""), ...links] : []),
    ];
    this.scrollBy(0);
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
      scroll: Math.max(0, this.#scroll),
      notice: this.#notice,
    };
  }
}
