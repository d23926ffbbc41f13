/** How the messages in view begin: what is not known yet is fetched once nobody scrolls any more. */
import type { App } from "./app.ts";
import { byPlace, keyOf, type ListRow, samePlace } from "./sources.ts";

/** So long the list stands still before anything is asked for. */
const quietMs = 150;

export class ListPreviews {
  readonly #app: Pick<App, "list" | "draw">;
  #rows: readonly ListRow[] = [];
  #texts: ReadonlyMap<number, string> = new Map();
  /** Whether a server can be asked, when last looked. */
  #line = "";
  #timer: NodeJS.Timeout | null = null;

  constructor(app: Pick<App, "list" | "draw">) {
    this.#app = app;
  }

  /** How the message of a row begins, one line as its sender wrote it; "" where that is not known. */
  of({ key }: ListRow): string {
    return this.#texts.get(key) ?? "";
  }

  /** Called with every frame. */
  look(): void {
    const { rows, source } = this.#app.list;
    const line = source.places.map(({ mail }) => mail.line.kind).join();
    if (rows === this.#rows && line === this.#line) return;
    this.#rows = rows;
    this.#line = line;
    this.#read();
    this.stop();
    if (rows.some(({ key }) => !this.#texts.has(key)))
      this.#timer = setTimeout(() => void this.#bring(), quietMs);
  }

  #chosen() {
    const keys = this.#rows.map(({ key }) => key).sort((a, b) => a - b);
    return byPlace(this.#app.list.source, keys);
  }

  #read(): void {
    const texts = new Map<number, string>();
    const { places } = this.#app.list.source;
    for (const { mail, folder, uids } of this.#chosen()) {
      const at = places.findIndex((place) => samePlace(place, { mail, folder }));
      for (const [uid, text] of mail.previews.known(folder, uids)) texts.set(keyOf(at, uid), text);
    }
    this.#texts = texts;
  }

  async #bring(): Promise<void> {
    const rows = this.#rows;
    const work = this.#chosen().map(({ mail, folder, uids }) => mail.previews.bring(folder, uids));
    // Where the line or the disk fails the rows stay without; the next look tries again.
    await Promise.allSettled(work);
    if (rows !== this.#rows) return;
    const before = this.#texts.size;
    this.#read();
    if (this.#texts.size > before) this.#app.draw();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
