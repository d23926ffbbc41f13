/** Text that covers the panes: it can be scrolled and searched. */
import { safeText } from "../../message/safe.ts";
import { measurePage } from "../components/page.tsx";
import type { PageEntry, PageModel } from "../model.ts";
import type { KeyContext } from "./keymap.ts";

export class PageView {
  /** Whose keys hold while it is there. */
  readonly context: KeyContext = "page";
  /** Another page that is shown over it gives way to it again. */
  readonly stays: boolean = false;
  readonly #title: string;
  readonly #entries: () => readonly PageEntry[];
  #scroll = 0;
  /** How far it can be scrolled, as last shown. */
  #end = 0;
  /** Shows its end while it grows, until somebody scrolls up. */
  #follows: boolean;
  #reveals = false;
  readonly #onClose: () => void;
  /** Only entries with all of these words, in any case. */
  #words: readonly string[] = [];

  constructor(
    title: string,
    entries: () => readonly PageEntry[],
    { follows = false, onClose = () => {} }: { follows?: boolean; onClose?: () => void } = {},
  ) {
    this.#title = title;
    this.#entries = entries;
    this.#follows = follows;
    this.#onClose = onClose;
  }

  /** Called when another page or none takes its place. */
  close(): void {
    this.#onClose();
  }

  /** Goes down by rows, or up: with the cursor where there is one. */
  moveBy(rows: number): void {
    this.scrollBy(rows);
  }

  /** What Enter does here. */
  enter(): void {}

  scrollBy(lines: number): void {
    this.#scroll = Math.max(0, this.#scroll + lines);
    this.#follows &&= this.#scroll >= this.#end;
  }

  search(text: string): void {
    this.#words = text
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== "");
    this.#scroll = 0;
  }

  /** Has the next frame show the row under the cursor. */
  protected reveal(): void {
    this.#reveals = true;
  }

  /** The page as it is now, scrolled no further than its end. */
  model(width: number, height: number): PageModel {
    const wanted = ({ section, label, text, also = "" }: PageEntry) => {
      const all = `${section} ${label} ${text} ${also}`.toLowerCase();
      return this.#words.every((word) => all.includes(word));
    };
    const entries = this.#entries().filter(wanted);
    const found = this.#words.length === 0 ? "" : `: ${this.#words.join(" ")} (${entries.length})`;
    const { length, cursor } = measurePage({ entries }, width);
    this.#end = Math.max(0, length - height);
    if (this.#reveals && cursor)
      // The first row brings the title with it.
      this.#scroll = Math.max(cursor.to - height, Math.min(this.#scroll, cursor.from <= 2 ? 0 : cursor.from));
    this.#reveals = false;
    this.#scroll = this.#follows ? this.#end : Math.max(0, Math.min(this.#scroll, this.#end));
    return { title: this.#title + safeText(found), entries, scroll: this.#scroll };
  }
}

/** A page of rows with a cursor on one of them. */
export abstract class CursorPage extends PageView {
  protected cursor = 0;

  /** How many rows it can be on. */
  protected abstract get length(): number;

  override moveBy(rows: number): void {
    this.cursor = Math.max(0, Math.min(this.cursor + rows, this.length - 1));
    this.reveal();
  }
}
