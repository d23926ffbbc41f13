/** Text that covers the panes: the help, and what was said. It can be scrolled and searched. */
import { type Result, statusEntries } from "../../commands/index.ts";
import { formatSize } from "../../mail/format.ts";
import type { QuotaUse, ServerStatus, Waiting } from "../../mail/index.ts";
import { safeText } from "../../message/safe.ts";
import { pageLength } from "../components/page.tsx";
import type { PageEntry, PageModel } from "../model.ts";
import { explain } from "./explain.ts";
import { type Binding, contextTitles, helpContexts } from "./keymap.ts";
import type { Notice } from "./notices.ts";

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

/** Every key with what it does; keys of one context that do the same share a line. */
export function keysPage(bindings: readonly Binding[]): PageView {
  const entries = helpContexts.flatMap((context) => {
    const byLine = new Map<string, string[]>();
    for (const b of bindings) {
      if (b.context === context) byLine.set(b.line, [...(byLine.get(b.line) ?? []), b.keys]);
    }
    return [...byLine].map(([line, keys]) => ({
      section: contextTitles[context],
      label: keys.join(", "),
      text: explain(line),
      also: line,
    }));
  });
  return new PageView("Keys   / searches, q closes", () => entries);
}

/** What was said, the newest first. */
export function messagesPage(log: readonly Notice[]): PageView {
  const time = (at: number) => new Date(at).toTimeString().slice(0, 8);
  return new PageView("Messages   / searches, q closes", () =>
    log.toReversed().map(({ text, error, at }) => ({
      section: "",
      label: time(at),
      text: safeText(text),
      ...(error ? { error } : {}),
    })),
  );
}

/** Changes that are not on the server. */
export function queuePage(items: readonly Waiting[]): PageView {
  const entries = items.map(({ id, state, text, reason, hint }) => ({
    section: "",
    label: `${id} ${state}`,
    text: safeText(reason === null ? text : `${text}: ${reason}; ${hint ?? ""}`),
    ...(state === "refused" ? { error: true } : {}),
  }));
  const none = [{ section: "", label: "", text: "everything is on the server" }];
  return new PageView("Changes not on the server   :queue retry ID, :queue drop ID", () =>
    entries.length > 0 ? entries : none,
  );
}

/** Room on the server. */
export function quotaPage(items: readonly QuotaUse[]): PageView {
  const amount = (n: number, resource: string) => (resource === "STORAGE" ? formatSize(n) : String(n));
  const entries = items.map(({ root, resource, used, limit }) => ({
    section: safeText(root),
    label: safeText(resource),
    text: `${amount(used, resource)} of ${amount(limit, resource)}${limit > 0 ? `, ${Math.round((100 * used) / limit)} %` : ""}`,
    ...(limit > 0 && used >= limit ? { error: true } : {}),
  }));
  const none = [{ section: "", label: "", text: "the server sets no limit" }];
  return new PageView("Quota   q closes", () => (entries.length > 0 ? entries : none));
}

/** Who may do what with a folder. */
export function aclPage({ folder, rights, items }: Extract<Result, { kind: "acl" }>): PageView {
  const entries = [{ identifier: "(you)", rights }, ...items].map((entry) => ({
    section: "",
    label: safeText(entry.rights),
    text: safeText(entry.identifier),
  }));
  return new PageView(`Rights in ${safeText(folder.name)}   q closes`, () => entries);
}

/** Server, line and local copy. */
export function statusPage(status: ServerStatus): PageView {
  const entries = statusEntries(status).map(({ section, label, text }) => ({
    section,
    label: safeText(label),
    text: safeText(text),
  }));
  return new PageView("Status   / searches, q closes", () => entries);
}

/** What the server said. */
export function protocolPage(lines: readonly string[]): PageView {
  const entries = lines.map((line) => ({ section: "", label: "", text: safeText(line), verbatim: true }));
  return new PageView("What the server says   / searches, q closes", () => entries);
}
