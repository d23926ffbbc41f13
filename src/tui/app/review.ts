/** A message that was written, looked over before it goes: who gets it, what goes along, what may be wrong with it. */
import { UsageError } from "../../commands/index.ts";
import { sendingTime } from "../../commands/writing/time.ts";
import { asking, discarded, keepDraft, scheduled } from "../../commands/writing/write.ts";
import { type Written, written } from "../../commands/writing/writer.ts";
import { formatSize } from "../../mail/format.ts";
import { safeText } from "../../message/safe.ts";
import type { Composition, Protection, Review } from "../../send/composition.ts";
import type { PageEntry } from "../model.ts";
import type { App } from "./app.ts";
import type { KeyContext } from "./keymap.ts";
import { CursorPage } from "./page-view.ts";
import { pathCompletion } from "./path-line.ts";
import type { Completion } from "./prompt.ts";
import { editDraft, writerOf } from "./writing.ts";

/** A row that can be chosen. */
type Row = { readonly field: string } | { readonly file: number } | { readonly protection: true };

/** Lines of the text that are shown. */
const shownLines = 300;

const nothing: Review = {
  ...{ fields: [], files: [], problem: null, warnings: [], body: "" },
  protection: { sign: false, encrypt: false },
};

export class ReviewPage extends CursorPage {
  override readonly context: KeyContext = "review";
  override readonly stays = true;
  readonly #app: App;
  readonly #composition: Composition;
  readonly #notBefore: number | null;
  readonly #decided: (result: Written | Promise<Written>) => void;
  #review: Review = nothing;
  /** It is being sent or put away: no other step is taken. */
  #over = false;

  private constructor(
    app: App,
    composition: Composition,
    notBefore: number | null,
    decided: (result: Written | Promise<Written>) => void,
  ) {
    super("Your message", () => this.#entries(), { onClose: () => this.keep() });
    this.#app = app;
    this.#composition = composition;
    this.#notBefore = notBefore;
    this.#decided = decided;
  }

  /** Shows it; resolves to what the person has decided. */
  static async open(app: App, composition: Composition, notBefore: number | null): Promise<Written> {
    let decide: (result: Written | Promise<Written>) => void = () => undefined;
    const decision = new Promise<Written>((resolve) => {
      decide = resolve;
    });
    const page = new ReviewPage(app, composition, notBefore, decide);
    await page.#look();
    app.show(page);
    app.draw();
    return decision;
  }

  async #look(): Promise<void> {
    this.#review = await this.#composition.review();
    this.cursor = Math.min(this.cursor, this.#rows.length - 1);
  }

  get #rows(): readonly Row[] {
    const { fields, files } = this.#review;
    return [
      ...fields.map(({ name }) => ({ field: name })),
      { protection: true },
      ...files.map((_, file) => ({ file })),
    ];
  }

  protected override get length(): number {
    return this.#rows.length;
  }

  #entries(): readonly PageEntry[] {
    const { fields, files, protection, problem, warnings, body } = this.#review;
    const { spoilt } = this.#composition;
    const wrong = spoilt ?? problem;
    const at = (row: number) => (row === this.cursor ? { selected: true } : {});
    const lines = body.split("\n");
    return [
      ...fields.map(({ name, value }, i) => ({ section: "", label: name, text: safeText(value), ...at(i) })),
      { section: "", label: "Protect", text: protectionText(protection), ...at(fields.length) },
      ...files.map(({ name, path, size }, i) => ({
        section: "Attachments",
        label: size === null ? "not there" : formatSize(size),
        text: safeText(isCalled(path, name) && size !== null ? name : `${name}   from ${path}`),
        ...(size === null ? { error: true } : {}),
        ...at(fields.length + 1 + i),
      })),
      ...[
        ...(wrong ? [{ text: `${wrong.message}: ${wrong.hint}`, error: true }] : []),
        ...warnings.map((text) => ({ text, error: false })),
      ].map(({ text, error }) => ({
        section: "Before you send it",
        label: "!",
        text: safeText(text),
        error,
      })),
      ...lines.slice(0, shownLines).map((text) => ({ section: "Text", label: "", text: safeText(text) })),
      ...(lines.length > shownLines
        ? [{ section: "Text", label: "", text: `… ${lines.length - shownLines} lines more` }]
        : []),
    ];
  }

  /** Does a step that leaves the message in the person's hands, and shows what it has become. */
  async #change(work: () => Promise<void>): Promise<void> {
    this.#open();
    try {
      await work();
    } finally {
      await this.#look();
      this.#app.draw();
    }
  }

  /** Throws UsageError where it is decided already. */
  #open(): void {
    if (this.#over) throw new UsageError("this message is decided on", "wait a moment");
  }

  /** Throws UsageError where nothing can be done before the text is mended. */
  #readable(): void {
    const { spoilt } = this.#composition;
    if (spoilt) throw new UsageError(spoilt.message, "e opens the editor again");
  }

  edit(): Promise<void> {
    return this.#change(() => editDraft(this.#app, this.#composition));
  }

  /** Asks for what a field is to be. */
  async field(name: string): Promise<void> {
    this.#readable();
    const { dialog } = this.#app;
    const text = this.#review.fields.find((field) => field.name === name)?.value ?? "";
    const value = await dialog.ask({
      ...{ prefix: `${name}: `, text, emptyToo: true },
      complete: this.#completion(name),
    });
    if (value !== null) await this.#change(() => this.#composition.set(name, value));
  }

  #completion(name: string): (text: string) => readonly Completion[] {
    if (name === "From") return () => this.#identities();
    if (name === "Subject") return () => [];
    return this.#app.addressBook.completion(this.#composition.desk.mail);
  }

  #identities() {
    return this.#composition.senders().map((text) => ({ text, help: "" }));
  }

  async attach(): Promise<void> {
    this.#readable();
    const { dialog } = this.#app;
    const complete = pathCompletion(() => dialog.renew());
    const path = await dialog.ask({ prefix: "attach: ", text: "", complete });
    if (path === null) return;
    await this.#change(() => this.#composition.attach(path.trim()));
    this.cursor = this.#rows.length - 1;
    this.reveal();
  }

  /** Throws UsageError where the cursor is on none. */
  get #file(): number {
    const row = this.#rows[this.cursor];
    if (row && "file" in row) return row.file;
    throw new UsageError("no attachment is chosen", "go to one with j and k; a adds one");
  }

  async detach(): Promise<void> {
    this.#readable();
    const file = this.#file;
    await this.#change(() => this.#composition.detach(file));
  }

  async rename(): Promise<void> {
    this.#readable();
    const file = this.#file;
    const text = this.#review.files[file]?.name ?? "";
    const name = await this.#app.dialog.ask({ prefix: "name: ", text });
    if (name !== null) await this.#change(() => this.#composition.rename(file, name));
  }

  async protect(wanted: (now: Protection) => Protection): Promise<void> {
    this.#readable();
    await this.#change(() => this.#composition.protect(wanted));
  }

  /** Changes what the cursor is on. */
  async row(): Promise<void> {
    const row = this.#rows[this.cursor];
    if (row && "field" in row) await this.field(row.field);
    else if (row && "protection" in row) await this.protect(nextProtection);
    else await this.rename();
  }

  async later(): Promise<void> {
    const text = await this.#app.dialog.ask({
      prefix: "send at (30min, 18:00, 2027-01-31T09:00): ",
      text: "",
    });
    if (text !== null) await this.#post(sendingTime(text.trim(), Date.now()));
  }

  async send(): Promise<void> {
    await this.#post(this.#notBefore);
  }

  /** Into the outbox: to go at `at`, or once it cannot be called back any more. */
  async #post(at: number | null): Promise<void> {
    this.#open();
    this.#readable();
    this.#over = true;
    const { tasks, outgoing } = this.#app;
    const { desk } = this.#composition;
    const delay = desk.writing.sendDelay;
    try {
      const entry = await tasks.run("putting it into the outbox", () =>
        asking(writerOf(this.#app), desk, (by) => this.#composition.post(at ?? Date.now() + delay, by)),
      );
      if (at === null) outgoing.posted(desk, entry, this.#composition);
      const soon = () => written("scheduled", delay > 0 ? "it is in the outbox" : "sending…", entry);
      this.#end(at === null ? soon() : scheduled(entry));
    } catch (error) {
      this.#over = false;
      throw error;
    }
  }

  /** Puts it away as a draft. */
  keep(): void {
    if (this.#over) return;
    this.#over = true;
    this.#end(keepDraft(this.#composition));
  }

  async discard(): Promise<void> {
    this.#open();
    if (!(await this.#app.dialog.confirm("Discard this message for good?"))) return;
    this.#open();
    this.#over = true;
    this.#end(discarded(this.#composition));
  }

  #end(result: Written | Promise<Written>): void {
    this.#app.drop(this);
    this.#decided(result);
  }
}

/** Whether a path says nothing that the name does not; of a part on the server there is none but the name. */
function isCalled(path: string, name: string): boolean {
  return path === name || path.endsWith(`/${name}`);
}

function protectionText({ sign, encrypt }: Protection): string {
  return `${sign ? "" : "not "}signed, ${encrypt ? "" : "not "}encrypted`;
}

/** All there are, one after the other. */
const nextProtection = ({ sign, encrypt }: Protection): Protection => ({
  sign: !sign,
  encrypt: sign !== encrypt,
});

/** What follows `review`, and what it does. */
const steps: Readonly<Record<string, (page: ReviewPage) => void | Promise<void>>> = {
  send: (page) => page.send(),
  later: (page) => page.later(),
  edit: (page) => page.edit(),
  from: (page) => page.field("From"),
  to: (page) => page.field("To"),
  cc: (page) => page.field("Cc"),
  bcc: (page) => page.field("Bcc"),
  "reply-to": (page) => page.field("Reply-To"),
  subject: (page) => page.field("Subject"),
  change: (page) => page.row(),
  attach: (page) => page.attach(),
  sign: (page) => page.protect((now) => ({ ...now, sign: !now.sign })),
  encrypt: (page) => page.protect((now) => ({ ...now, encrypt: !now.encrypt })),
  detach: (page) => page.detach(),
  rename: (page) => page.rename(),
  keep: (page) => page.keep(),
  discard: (page) => page.discard(),
};

export async function reviewStep({ page }: App, argument: string): Promise<void> {
  if (!(page instanceof ReviewPage)) throw new UsageError("no message is being written", "m writes one");
  const step = Object.hasOwn(steps, argument) ? steps[argument] : undefined;
  if (!step)
    throw new UsageError(`review: there is no "${argument}"`, `say ${Object.keys(steps).join(", ")}`);
  await step(page);
}
