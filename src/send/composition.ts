/** A message in a person's hands: edited, looked over, changed, and sent or kept. Each step is on the disk when it is done. */

import { stat } from "node:fs/promises";
import { contentOctets } from "../message/choose.ts";
import { formatAddress } from "./compose/addresses.ts";
import { build } from "./compose/build.ts";
import {
  attachedFile,
  attachedName,
  attachmentOf,
  type Draft,
  fieldOf,
  listOf,
  oneLine,
  withField,
} from "./compose/draft.ts";
import { aliasesOf, withoutAliases } from "./contacts/aliases.ts";
import type { Desk } from "./desk.ts";
import { SendError } from "./errors.ts";
import type { Entry } from "./outbox/entry.ts";
import { missing } from "./protect/gpg.ts";
import { wishOf, withProtection } from "./protect/wish.ts";
import { isOneself } from "./reply/identity.ts";
import { withSender } from "./reply/sender.ts";
import { type WarningFacts, warningsFor } from "./reply/warnings.ts";

/** A file that goes along, as it is shown. */
export interface ReviewedFile {
  readonly name: string;
  readonly path: string;
  /** Octets; null where it cannot be read. */
  readonly size: number | null;
}

export interface Protection {
  readonly sign: boolean;
  readonly encrypt: boolean;
}

/** What a message has become. Texts are as they were written, some of them by strangers. */
export interface Review {
  /** In order: From, To, Cc and Bcc, Subject; others only where they have a text. */
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  readonly files: readonly ReviewedFile[];
  /** What will be done with it by gpg. */
  readonly protection: Protection;
  /** Why it cannot be sent as it is. */
  readonly problem: SendError | null;
  readonly warnings: readonly string[];
  readonly body: string;
}

/** How long a review waits for whom the person has written to. */
const gatheringMs = 300;
/** Fields that a review shows also without a text. */
const always = ["From", "To", "Cc", "Bcc", "Subject"];
const sometimes = ["Reply-To", "Sender", "Mail-Followup-To"];

export interface InHand {
  /** Among the drafts. */
  readonly id: string;
  readonly draft: Draft;
  readonly facts?: WarningFacts | undefined;
  readonly spoilt?: SendError | null;
}

export class Composition {
  readonly desk: Desk;
  readonly id: string;
  readonly #facts: WarningFacts;
  #draft: Draft;
  #spoilt: SendError | null;

  constructor(desk: Desk, { id, draft, facts = {}, spoilt = null }: InHand) {
    this.desk = desk;
    this.id = id;
    this.#draft = draft;
    this.#facts = facts;
    this.#spoilt = spoilt;
  }

  get draft(): Draft {
    return this.#draft;
  }

  /** What is wrong with the text that the editor left; it is kept, and nothing else can be done before it is mended. */
  get spoilt(): SendError | null {
    return this.#spoilt;
  }

  /** Has the draft on the disk. Throws StoreError. */
  async save(): Promise<void> {
    await this.desk.drafts.save(this.id, this.#draft);
  }

  /** Takes another draft in the place of the one there is. */
  async change(draft: Draft): Promise<void> {
    await this.desk.drafts.save(this.id, draft);
    this.#draft = draft;
  }

  /** Has the person edit it: `editor` gets a file. What they leave is taken in, or kept where it cannot be read. */
  async edit(editor: (file: string) => Promise<boolean>): Promise<boolean> {
    const { drafts } = this.desk;
    const fine = await editor(await drafts.beginEditing(this.id));
    try {
      await this.change(withoutAliases(await drafts.endEditing(this.id), aliasesOf(this.desk.mail.account)));
      this.#spoilt = null;
    } catch (error) {
      if (!(error instanceof SendError)) throw error;
      this.#spoilt = error;
    }
    return fine;
  }

  /** From whom it can be, as From has it. */
  senders(): readonly string[] {
    return this.desk.writing.identities
      .filter(({ address }) => !address.startsWith("*"))
      .map(({ name, address }) => formatAddress({ name, email: address }));
  }

  /** Sets a field; From brings along what belongs to that identity. Throws SendError "ADDRESS". */
  async set(name: string, value: string): Promise<void> {
    const text = oneLine(value);
    await this.change(
      name === "From"
        ? withSender(this.#draft, this.desk.writing, text)
        : withoutAliases(
            withField(this.#draft, name, text === "" && !always.includes(name) ? null : text),
            aliasesOf(this.desk.mail.account),
          ),
    );
  }

  /** Throws SendError "ATTACHMENT" where there is no such file. */
  async attach(path: string): Promise<void> {
    const attachment = attachmentOf(path);
    const found = await stat(attachment.path).catch(() => null);
    if (!found?.isFile())
      throw new SendError(
        "ATTACHMENT",
        `cannot attach ${attachment.path}: ${found ? "it is no file" : "it is not there"}`,
        "name a file that is there",
      );
    await this.change({ ...this.#draft, attachments: [...this.#draft.attachments, attachment] });
  }

  async detach(index: number): Promise<void> {
    await this.change({ ...this.#draft, attachments: this.#draft.attachments.toSpliced(index, 1) });
  }

  /** Has others see an attachment under another name. */
  async rename(index: number, name: string): Promise<void> {
    const attachments = this.#draft.attachments.map((attachment, i) =>
      i === index ? { ...attachment, name: oneLine(name) || null } : attachment,
    );
    await this.change({ ...this.#draft, attachments });
  }

  /** Has it signed or encrypted, whatever the settings say; `wanted` tells from what is done now. */
  async protect(wanted: (now: Protection) => Protection): Promise<void> {
    const { sign, encrypt } = await this.#foresee();
    await this.change(withProtection(this.#draft, wanted({ sign, encrypt })));
  }

  async review(): Promise<Review> {
    const draft = this.#draft;
    const { writing, mail } = this.desk;
    const shown = [...always, ...sometimes].map((name) => ({
      name,
      value: name === "Subject" ? fieldOf(draft, name) : listOf(draft, name),
    }));
    const files = draft.attachments.map(async (attachment) => {
      const name = attachedName(attachment);
      // Of a message on the server.
      if (attachment.part) return { name, path: name, size: contentOctets(attachment.part) };
      const path = attachedFile(attachment);
      const size = await stat(path).then(
        (found) => (found.isFile() ? found.size : null),
        () => null,
      );
      return { name, path, size };
    });
    const foreseen = await this.#foresee();
    const { correspondents } = mail.sending;
    // Where there is much to be gathered for the first time, nothing is said of it.
    const gathered = await correspondents.gather((email) => isOneself(writing, email), gatheringMs);
    const facts = {
      ...this.#facts,
      ...(gathered ? { known: (email: string) => correspondents.hasWritten(email) !== false } : {}),
    };
    return {
      fields: shown.filter(({ name, value }) => value !== "" || always.includes(name)),
      files: await Promise.all(files),
      protection: foreseen,
      problem: (await this.#problem()) ?? foreseen.problem,
      warnings: warningsFor(draft, writing, facts),
      body: draft.body,
    };
  }

  async #foresee(): Promise<Protection & { readonly problem: SendError | null }> {
    try {
      const { sign, encrypt, problems } = await this.desk.foresee(this.#draft);
      return { sign, encrypt, problem: problems.length > 0 ? missing(problems) : null };
    } catch (problem) {
      if (!(problem instanceof SendError)) throw problem;
      // What a field says that cannot be read is not known.
      if (problem.code === "HEADER") return { sign: false, encrypt: false, problem };
      const { sign, encrypt } = wishOf(this.#draft, this.desk.writing);
      return { sign, encrypt: encrypt === "always", problem };
    }
  }

  async #problem(): Promise<SendError | null> {
    try {
      await build(this.#draft);
      return null;
    } catch (error) {
      if (error instanceof SendError) return error;
      throw error;
    }
  }

  /** Puts it into the outbox, by a desk. `notBefore`: milliseconds since the epoch. Throws as {@link Desk.post}. */
  async post(notBefore: number, by: Desk = this.desk): Promise<Entry> {
    return by.post(this.#draft, { draft: this.id, notBefore });
  }

  /** Forgets it, here and on the server. */
  async discard(): Promise<void> {
    await this.desk.drafts.remove(this.id, this.desk.mail);
  }
}
