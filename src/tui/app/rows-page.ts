/** Drafts and messages that are to be sent, each on a row that can be gone on with. */
import { shortDate } from "../../mail/format.ts";
import { safeText } from "../../message/safe.ts";
import { draftTitle, type SavedDraft } from "../../send/drafts/drafts.ts";
import type { Entry } from "../../send/outbox/entry.ts";
import type { PageEntry } from "../model.ts";
import type { App } from "./app.ts";
import { CursorPage } from "./page-view.ts";

interface Row extends PageEntry {
  /** The command line that goes on with it. */
  readonly line: string;
}

export class RowsPage extends CursorPage {
  readonly #app: App;
  readonly #rows: readonly Row[];

  constructor(app: App, title: string, rows: readonly Row[]) {
    super(title, () => rows.map((row, i) => (i === this.cursor ? { ...row, selected: true } : row)));
    this.#app = app;
    this.#rows = rows;
  }

  protected override get length(): number {
    return this.#rows.length;
  }

  /** Goes to the next row with that text. */
  override search(text: string): void {
    const order = this.#rows.map((_, i) => (this.cursor + 1 + i) % this.length);
    const has = (i: number) => this.#rows[i]?.text.toLowerCase().includes(text.toLowerCase());
    this.moveBy((order.find(has) ?? this.cursor) - this.cursor);
  }

  override enter(): void {
    const row = this.#rows[this.cursor];
    if (!row) return;
    this.#app.drop(this);
    this.#app.execute(row.line, null);
  }
}

const nobody = "(nobody)";
const noSubject = "(no subject)";

/** A title of its own: what the page shows are other people's texts too. */
export function draftsPage(app: App, drafts: readonly SavedDraft[]): RowsPage {
  const rows = drafts.map((draft) => {
    const { to, subject } = draftTitle(draft);
    const spoilt = draft.spoilt ? `: ${draft.spoilt.message}` : "";
    return {
      section: "",
      label: shortDate(draft.savedAt, Date.now()),
      text: safeText(`${to || nobody}: ${subject || noSubject}${spoilt}`),
      ...(draft.spoilt ? { error: true } : {}),
      line: `draft edit ${draft.id}`,
    };
  });
  return new RowsPage(app, "Drafts   Enter goes on with one, q closes", rows);
}

export function outboxPage(app: App, entries: readonly Entry[]): RowsPage {
  const rows = entries.map(({ id, state, envelope, subject, reason, notBefore, retryAt, created }) => ({
    section: state === "held" ? "Held until you decide" : "To be sent",
    label: shortDate(Math.max(notBefore, retryAt, created), Date.now()),
    text: safeText(
      `${envelope.to.join(", ")}: ${subject || noSubject}${reason ? `: ${reason.text}; ${reason.hint}` : ""} (${id})`,
    ),
    ...(state === "held" ? { error: true } : {}),
    line: `outbox edit ${id}`,
  }));
  // Those of a section stand together.
  const held = (row: Row) => (row.section === "To be sent" ? 1 : 0);
  return new RowsPage(
    app,
    "Outbox   Enter calls one back to go on with it, q closes; :outbox flush sends them, :outbox drop ID",
    rows.sort((a, b) => held(a) - held(b)),
  );
}
