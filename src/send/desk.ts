/** The account's writing desk: drafts, what becomes of them, and the outbox. What commands and screens work with. */
import { isDeepStrictEqual } from "node:util";
import { writingOf } from "../account/config.ts";
import type { Writing } from "../account/writing.ts";
import type { Folder, Mail, Place } from "../mail/index.ts";
import type { CryptoTools } from "../message/crypto/types.ts";
import { decodeWords } from "../message/header.ts";
import type { Receipt } from "./answers/receipt.ts";
import { distinct, readAddresses } from "./compose/addresses.ts";
import { type BuildOptions, type Built, build } from "./compose/build.ts";
import { type Draft, fieldOf, listOf, placesOf } from "./compose/draft.ts";
import { Drafts, type SavedDraft } from "./drafts/drafts.ts";
import { SendError } from "./errors.ts";
import { type Aftermath, type Delivered, type DeliveryOptions, deliver, isDue } from "./outbox/deliver.ts";
import type { Entry } from "./outbox/entry.ts";
import { Outbox } from "./outbox/outbox.ts";
import type { Foreseen } from "./protect/index.ts";
import { wishOf } from "./protect/wish.ts";
import type { RawMessage } from "./raw.ts";
import { type Original, type Originals, readOriginal } from "./reply/original.ts";
import type { Submit } from "./submission/types.ts";

/** What a message gets when it has been answered, passed on (RFC 5788), or confirmed (RFC 3503). */
const flagOf = { reply: "\\Answered", forward: "$Forwarded", receipt: "$MDNSent" } as const;

/** Of the messages in the Drafts folder, so many are looked at. */
const mostShown = 1_000;
/** Messages that are read in one flight; each may be large. */
const readAtOnce = 16;

/** Messages of one folder. */
export interface ChosenMessages {
  readonly folder: Folder;
  readonly uids: readonly number[];
}

export interface DeskOptions {
  /** Hands messages over; the account's own way where not given. */
  readonly submit?: Submit;
  /** By what is signed and encrypted; gpg as it is found where not given. */
  readonly crypto?: CryptoTools;
}

export interface PostOptions {
  /** Under which id it is kept among the drafts until it is sent. */
  readonly draft?: string | null;
  /** Milliseconds since the epoch; now where not given. */
  readonly notBefore?: number;
  /** An answer to an invitation, which goes along (RFC 6047). */
  readonly calendar?: string;
}

export interface Postponed {
  readonly here: readonly SavedDraft[];
  /** Those that are in the Drafts folder alone, the newest first. */
  readonly there: readonly { readonly folder: Folder; readonly uid: number }[];
}

export class Desk {
  readonly mail: Mail;
  readonly writing: Writing;
  readonly drafts: Drafts;
  readonly outbox: Outbox;
  readonly crypto: CryptoTools;
  readonly #submit: Submit;

  constructor(mail: Mail, options: DeskOptions = {}) {
    this.mail = mail;
    this.writing = writingOf(mail.account);
    this.drafts = new Drafts(mail.sending.stateDir);
    this.outbox = new Outbox(mail.sending.stateDir);
    this.crypto = options.crypto ?? {};
    // Loaded when something is sent.
    this.#submit =
      options.submit ?? (async (handover) => (await import("./submission/index.ts")).submit(handover));
  }

  /** This desk where gpg may ask for a passphrase: the terminal is the person's. */
  asking(): Desk {
    return new Desk(this.mail, { submit: this.#submit, crypto: { ...this.crypto, ask: true } });
  }

  /** Whether a draft will be signed and encrypted, and what keeps it from being. @throws SendError ADDRESS, HEADER, GPG */
  async foresee(draft: Draft): Promise<Foreseen> {
    const wish = wishOf(draft, this.writing);
    const people = ["To", "Cc", "Bcc"].flatMap((name) => readAddresses(listOf(draft, name), name));
    const { foresee } = await import("./protect/index.ts");
    return foresee(
      wish,
      distinct(people).map(({ email }) => email),
      this.crypto,
    );
  }

  /** A message to be answered, passed on or written anew. */
  original(folder: Folder, uid: number): Promise<Original> {
    return readOriginal(this.mail, folder, uid, this.crypto);
  }

  /** Messages to be answered or passed on by one message, at least one; in their order. */
  async originals(chosen: readonly ChosenMessages[]): Promise<Originals> {
    const all = chosen.flatMap(({ folder, uids }) => uids.map((uid) => ({ folder, uid })));
    const read: Original[] = [];
    for (let at = 0; at < all.length; at += readAtOnce) {
      const some = all.slice(at, at + readAtOnce);
      read.push(...(await Promise.all(some.map(({ folder, uid }) => this.original(folder, uid)))));
    }
    const [first, ...more] = read;
    if (first === undefined) throw new Error("there is nothing to answer");
    return [first, ...more];
  }

  /**
   * Puts a draft into the outbox: built, protected, checked and on the disk when this resolves.
   * @throws SendError ADDRESS, NO_RECIPIENT, ATTACHMENT, HEADER, NO_KEY, PASSPHRASE, GPG; StoreError
   */
  async post(draft: Draft, options: PostOptions = {}): Promise<Entry> {
    const { message, bcc, messageId, envelope } = await this.built(
      draft,
      options.calendar === undefined ? {} : { calendar: options.calendar },
    );
    return this.outbox.add({
      ...{ message, bcc, messageId, envelope, origin: draft.origin },
      subject: fieldOf(draft, "Subject"),
      copy: true,
      draft: options.draft ?? null,
      notBefore: options.notBefore ?? Date.now(),
    });
  }

  /** A draft as it is to be sent, signed and encrypted. Throws as `post` does, its stream too. */
  async built(draft: Draft, options: Pick<BuildOptions, "calendar" | "unfinished"> = {}): Promise<Built> {
    const wish = wishOf(draft, this.writing);
    const { markdown } = this.writing;
    const { pieces: server } = this.mail.sending;
    const built = await build(draft, { ...options, markdown, sevenBit: wish.sign, server });
    if (!wish.sign && wish.encrypt === "never") return built;
    return (await import("./protect/index.ts")).protect(built, wish, this.crypto, server);
  }

  /** Puts a finished message into the outbox. `copy`: one is wanted in the Sent folder. */
  async postRaw(raw: RawMessage, { notBefore = Date.now(), copy = true } = {}): Promise<Entry> {
    const { subject, ...message } = raw;
    return this.outbox.add({
      ...message,
      ...{ subject: decodeWords(subject), origin: null, draft: null, notBefore, copy },
    });
  }

  /** Puts a receipt into the outbox. Throws SendError "NO_RECEIPT" where there is one for the same message. */
  async postReceipt(receipt: Receipt, notBefore = Date.now()): Promise<Entry> {
    const waiting = (await this.outbox.list()).find(
      ({ origin }) => origin?.kind === "receipt" && isDeepStrictEqual(origin, receipt.origin),
    );
    if (waiting)
      throw new SendError("NO_RECEIPT", "a receipt of this message is in the outbox", `outbox ${waiting.id}`);
    return this.outbox.add({ ...receipt, bcc: "", draft: null, copy: true, notBefore });
  }

  /** Sees to entries: those of `ids`, all the same whether they are due, or all that are. */
  async deliver(ids: readonly string[] | null, asked = true): Promise<Delivered[]> {
    const due = async () =>
      (await this.outbox.list()).filter((entry) => isDue(entry, Date.now(), asked)).map(({ id }) => id);
    const entries = ids ?? (await due());
    const done: Delivered[] = [];
    for (const id of entries) {
      const delivered = await deliver(this.#delivery(), id, { force: ids !== null, asked });
      if (delivered) done.push(delivered);
    }
    await this.outbox.sweep();
    return done;
  }

  /** Drafts that are not on their way out. */
  async openDrafts(): ReturnType<Drafts["list"]> {
    const leaving = new Set((await this.outbox.list()).map(({ draft }) => draft));
    return (await this.drafts.list()).filter(({ id }) => !leaving.has(id));
  }

  /** Messages that were not finished: drafts of this machine, and what others have left in the Drafts folder, as the local copy knows it. */
  async postponed(): Promise<Postponed> {
    const { mail } = this;
    const here = await this.openDrafts();
    const folder = mail.folders().find(({ role }) => role === "drafts");
    // What is on its way there may be known as a message before it is known as a copy.
    if (!folder || this.drafts.pushing) return { here, there: [] };
    // Also of those that are on their way out.
    const own = (await this.drafts.list()).flatMap(({ place }) =>
      place?.path === folder.path && place.uidValidity === folder.uidValidity ? [place.uid] : [],
    );
    const rows = mail.window(folder, { sort: "arrival", descending: true, offset: 0, limit: mostShown });
    const { path, uidValidity } = folder;
    const isOwn = (uid: number) =>
      own.includes(uid) || (uidValidity !== null && this.drafts.wasAt({ path, uidValidity, uid }));
    const left = rows.filter(({ uid, flags }) => !isOwn(uid) && !flags.includes("\\Deleted"));
    return { here, there: left.map(({ uid }) => ({ folder, uid })) };
  }

  /** The draft whose copy on the server lies there; null where it is not from here. Throws SendError "TOO_LATE" where it is on its way out. */
  async draftAt({ path, uidValidity, uid }: Place): Promise<SavedDraft | null> {
    const drafts = await this.drafts.list();
    const found = drafts.find(
      ({ place }) => place?.uid === uid && place.uidValidity === uidValidity && place.path === path,
    );
    const entry = found && (await this.outbox.list()).find(({ draft }) => draft === found.id);
    if (!entry) return found ?? null;
    throw new SendError(
      "TOO_LATE",
      "this draft is in the outbox, to be sent",
      `outbox edit ${entry.id} calls it back`,
    );
  }

  /** Takes a message back out of the outbox; its draft is there again. Throws SendError "NO_ENTRY", "TOO_LATE". */
  async callBack(id: string): Promise<Entry> {
    return this.outbox.takeBack(id);
  }

  /** The draft that an entry was made from. Throws SendError "NO_DRAFT" where it was none. */
  draftOf(entry: Entry): string {
    if (entry.draft !== null) return entry.draft;
    throw new SendError(
      "NO_DRAFT",
      `message ${entry.id} was made from no draft`,
      "drop it, and write it anew",
    );
  }

  #delivery(): DeliveryOptions {
    const { mail } = this;
    const { pieces, lasting } = mail.sending;
    return {
      outbox: this.outbox,
      server: {
        stream: (list) => pieces.stream(list),
        authorize: (list, user, expires) => pieces.authorize(list, user, expires),
        find: (piece) => lasting.find(piece),
      },
      submit: (handover) =>
        this.#submit({
          ...handover,
          account: mail.account,
          credentials: (refused) => mail.sending.credentials(refused),
        }),
      aftermath: this.#aftermath(),
    };
  }

  #aftermath(): Aftermath {
    const { mail, writing, drafts, outbox } = this;
    const { host } = mail.account.imap;
    const serverFiles =
      writing.sentCopy === null ? /(?:^|\.)(?:gmail|googlemail)\.com$/i.test(host) : !writing.sentCopy;
    return {
      serverFiles,
      async inSent({ messageId }) {
        return mail.sending.holds(await mail.sending.folderFor("sent"), messageId);
      },
      async keepCopy(entry) {
        await mail.sending.keep(await mail.sending.folderFor("sent"), outbox.copy(entry), ["\\Seen"]);
      },
      async settle({ origin, draft }) {
        if (origin) for (const place of placesOf(origin)) await mail.sending.mark(place, flagOf[origin.kind]);
        if (draft !== null) await drafts.remove(draft, mail);
      },
    };
  }
}
