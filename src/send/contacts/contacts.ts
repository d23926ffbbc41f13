/** Who may be meant: from aliases, the mail that is here, vCards and a command, the likeliest first. */
import { writingOf } from "../../account/config.ts";
import type { ContactSettings } from "../../account/contacts.ts";
import type { Mail } from "../../mail/index.ts";
import type { Person } from "../../message/types.ts";
import { type Correspondent, hasWords, personWords, queryWords } from "../../store/index.ts";
import { addressKey, isAddress } from "../compose/addresses.ts";
import { isOneself } from "../reply/identity.ts";
import { expandedPeople } from "./aliases.ts";
import { type Cards, readCardFiles } from "./card-files.ts";
import { askCommand } from "./command.ts";
import type { Contact, ContactSource } from "./source.ts";

const none: ContactSettings = { vcards: [], command: null, aliases: {} };

export class Contacts {
  readonly settings: ContactSettings;
  readonly #mails: readonly Mail[];
  readonly #isOwn: (email: string) => boolean;
  #cards: Promise<Cards> | null = null;
  #read: Cards = { addresses: [], problems: [] };
  #names = new Map<string, string>();
  /** What the command answers to every question, where it is asked none. */
  #all: Promise<readonly Person[]> | null = null;
  #complaint: string | null = null;

  /** `mails`: the accounts to look in, the one that writes first. */
  constructor(mails: readonly Mail[]) {
    this.#mails = mails;
    this.settings = mails[0]?.account.contacts ?? none;
    this.#isOwn = (email) => mails.some(({ account }) => isOneself(writingOf(account), email));
  }

  /** Reads the cards, and gathers from the mail for at most `ms`. Throws StoreError. */
  async load(ms = Number.POSITIVE_INFINITY): Promise<void> {
    this.#cards ??= readCardFiles(this.settings.vcards);
    const gathered = this.#mails.map((mail) => mail.sending.correspondents.gather(this.#isOwn, ms));
    this.#read = await this.#cards;
    this.#names = new Map(this.#read.addresses.map(({ email, name }) => [addressKey(email), name]));
    await Promise.all(gathered);
  }

  /** What could not be looked into, in sentences. */
  get problems(): readonly string[] {
    return [...this.#read.problems, ...(this.#complaint === null ? [] : [this.#complaint])];
  }

  /** Asks the command, if there is one. Never rejects: see `problems`. */
  async ask(query: string, signal?: AbortSignal): Promise<readonly Person[]> {
    const { command } = this.settings;
    if (!command) return [];
    const asked = async () => {
      const { people, problem } = await askCommand(command, query, signal);
      this.#complaint = problem;
      return people;
    };
    if (command.some((word) => word.includes("%s"))) return query.trim() === "" ? [] : asked();
    this.#all ??= asked();
    const words = queryWords(query);
    return (await this.#all).filter(({ name, email }) => hasWords(personWords(name, email), words));
  }

  /** At once: those that words of `query` begin a word of, of all that is loaded, and `asked`. Throws StoreError. */
  find(query: string, limit: number, asked: readonly Person[] = []): Contact[] {
    const words = queryWords(query);
    const cards = this.#read.addresses.filter((card) => hasWords(card.words, words)).slice(0, limit);
    const known = this.#mails
      .flatMap((mail) => mail.sending.correspondents.find(query, limit))
      .filter(({ email }) => isAddress(email));
    const [written, wrote] = [
      known.filter((one) => one.written > 0),
      known.filter((one) => one.written === 0),
    ];
    const from = (source: ContactSource) => (person: Person) => contact(person, source);
    const all = [
      ...this.#aliased(words),
      ...written.map((one) => correspondent(one, "written")),
      ...cards.map(from("card")),
      ...asked.map(from("command")),
      ...wrote.map((one) => correspondent(one, "wrote")),
    ];
    return this.#ranked(all, known).slice(0, limit);
  }

  #aliased(words: readonly string[]): Contact[] {
    const [word, ...others] = words;
    const { aliases } = this.settings;
    const meant = Object.keys(aliases).filter(
      (alias) =>
        others.length === 0 && (word === undefined || queryWords(alias).some((one) => one.startsWith(word))),
    );
    return meant.flatMap((alias) =>
      expandedPeople(alias, aliases)
        .filter(({ email }) => isAddress(email))
        .map((person) => ({ ...contact(person, "alias"), alias })),
    );
  }

  /** Each address once, as the person's own address book calls it; oneself comes last. */
  #ranked(all: readonly Contact[], known: readonly Correspondent[]): Contact[] {
    const counts = new Map(known.map((one) => [addressKey(one.email), one]));
    const seen = new Set<string>();
    const others: Contact[] = [];
    const own: Contact[] = [];
    for (const one of all) {
      const key = addressKey(one.email);
      // Who is meant by a list's alias may also be meant alone.
      const mark = one.alias === null ? key : `${one.alias} ${key}`;
      if (seen.has(mark)) continue;
      seen.add(mark);
      if (one.alias !== null && all.filter(({ alias }) => alias === one.alias).length === 1) seen.add(key);
      const name = (one.source === "alias" ? one.name : "") || this.#names.get(key) || one.name;
      const mail = counts.get(key);
      const named = { ...one, name, ...(mail ? countsOf(mail) : {}) };
      if (one.source !== "alias" && this.#isOwn(one.email)) own.push({ ...named, source: "oneself" });
      else others.push(named);
    }
    return [...others, ...own];
  }
}

const countsOf = ({ written, wrote, writtenAt, wroteAt }: Correspondent) => ({
  ...{ written, wrote, last: Math.max(writtenAt, wroteAt) },
});

const contact = ({ name, email }: Person, source: ContactSource): Contact => ({
  ...{ name, email, source, alias: null, written: 0, wrote: 0, last: 0 },
});

const correspondent = (one: Correspondent, source: ContactSource): Contact => ({
  ...contact(one, source),
  ...countsOf(one),
});
