/** Text that covers the panes: it can be scrolled and searched. */
import { safeText } from "../../message/safe.ts";
import { pageLength } from "../components/page.tsx";
import type { PageEntry, PageModel } from "../model.ts";

export class PageView {
  readonly #title: string;
  readonly #entries: () => readonly PageEntry[];
  #scroll = 0;
  /** How far it can be scrolled, as last shown. */
  #end = 0;
  /** Shows its end while it grows, until somebody scrolls up. */
  #follows: boolean;
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

  /** The page as it is now, scrolled no further than its end. */
  model(width: number, height: number): PageModel {
    const wanted = ({ section, label, text, also = "" }: PageEntry) => {
      const all = `${section} ${label} ${text} ${also}`.toLowerCase();
      return this.#words.every((word) => all.includes(word));
    };
    const entries = this.#entries().filter(wanted);
    const found = this.#words.length === 0 ? "" : `: ${this.#words.join(" ")} (${entries.length})`;
    const page = { title: this.#title + safeText(found), entries, scroll: 0 };
    this.#end = Math.max(0, pageLength(page, width) - height);
    this.#scroll = this.#follows ? this.#end : Math.max(0, Math.min(this.#scroll, this.#end));
    return { ...page, scroll: this.#scroll };
  }
}
