/** Whom a person may mean while they type recipients: what is known comes at once, what takes a while by and by. */
import type { Mail } from "../../mail/index.ts";
import type { Person } from "../../message/types.ts";
import type { Contacts } from "../../send/contacts/contacts.ts";
import type { Candidate } from "../../send/contacts/typed.ts";
import type { App } from "./app.ts";
import type { Completion } from "./prompt.ts";

/** How long nothing is typed before a command of the person's is asked. */
const restMs = 250;
const most = 20;

/** What is loaded once somebody writes. */
interface Book {
  readonly contacts: Contacts;
  readonly typed: typeof import("../../send/contacts/typed.ts");
}

export class AddressBook {
  readonly #app: App;
  readonly #books = new Map<Mail, Promise<Book>>();
  /** What went wrong, which is told once. */
  readonly #told = new Set<string>();
  #words: { readonly mail: Mail; readonly line: RecipientLine } | null = null;

  constructor(app: App) {
    this.#app = app;
  }

  #book(mail: Mail): Promise<Book> {
    const known = this.#books.get(mail);
    if (known) return known;
    const others = this.#app.accounts.map((account) => account.mail).filter((other) => other !== mail);
    const book = Promise.all([
      import("../../send/contacts/contacts.ts"),
      import("../../send/contacts/typed.ts"),
    ]).then(([{ Contacts }, typed]) => ({ contacts: new Contacts([mail, ...others]), typed }));
    this.#books.set(mail, book);
    return book;
  }

  /** Completes a line of recipients, of what is sent from this mail. */
  completion(mail: Mail): (text: string) => readonly Completion[] {
    const line = this.#line(mail);
    return (text) => line.complete(text, ({ text: meant }) => meant);
  }

  /** Completes a word of a command line that is an address, or several with commas. */
  word(mail: Mail, typed: string): readonly Completion[] {
    if (this.#words?.mail !== mail) this.#words = { mail, line: this.#line(mail) };
    return this.#words.line.complete(typed, ({ bare }) => bare);
  }

  #line(mail: Mail): RecipientLine {
    const line = new RecipientLine((contacts) => this.#found(contacts));
    this.#app.try(
      this.#book(mail).then(async (book) => {
        line.book = book;
        await book.contacts.load();
        this.#found(book.contacts);
      }),
    );
    return line;
  }

  #found({ problems }: Contacts): void {
    this.#app.dialog.renew();
    for (const problem of problems) {
      if (!this.#told.has(problem)) this.#app.say(problem, true);
      this.#told.add(problem);
    }
  }
}

class RecipientLine {
  readonly #found: (contacts: Contacts) => void;
  /** Null until it is loaded. */
  book: Book | null = null;
  readonly #answers = new Map<string, readonly Person[]>();
  #timer: NodeJS.Timeout | null = null;
  #asking: AbortController | null = null;

  /** `found` is called when more is known than there was. */
  constructor(found: (contacts: Contacts) => void) {
    this.#found = found;
  }

  complete(text: string, as: (meant: Candidate) => string): readonly Completion[] {
    if (!this.book) return [];
    const { contacts, typed: lists } = this.book;
    const { head, typed } = lists.lastRecipient(text);
    if (typed === "") return [];
    const asked = this.#ask(contacts, typed);
    return lists
      .candidates(contacts, contacts.find(typed, most, asked))
      .map((meant) => ({ text: head + as(meant), help: meant.help, label: as(meant) }))
      .filter(({ text: whole }) => whole !== text);
  }

  /** What the command has said; where it was not asked yet, it is once the person rests. */
  #ask(contacts: Contacts, typed: string): readonly Person[] {
    if (this.#timer) clearTimeout(this.#timer);
    const known = this.#answers.get(typed);
    if (known || !contacts.settings.command) return known ?? [];
    this.#timer = setTimeout(() => {
      this.#asking?.abort();
      const asking = new AbortController();
      this.#asking = asking;
      void contacts.ask(typed, asking.signal).then((people) => {
        if (asking.signal.aborted) return;
        this.#answers.set(typed, people);
        this.#found(contacts);
      });
    }, restMs);
    return [];
  }
}
