/**
 * Drafts on the disk of this machine: a text file each below the account's state, as an editor shows it, with a directory
 * for files that were brought along. A draft is on the disk before it is told as kept; the copy in the Drafts folder
 * comes after, and no older one goes before it is there.
 */
import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { writingOf } from "../../account/config.ts";
import type { Mail, Place } from "../../mail/index.ts";
import type { CryptoTools } from "../../message/crypto/types.ts";
import { asStoreError } from "../../store/index.ts";
import { build } from "../compose/build.ts";
import { type Draft, fieldOf } from "../compose/draft.ts";
import { ownCopy } from "../compose/own-copy.ts";
import { forEditor, fromEditor, parseDraft, writeDraft } from "../compose/text.ts";
import { makePrivateDirectory, namesIn, replaceFile } from "../disk.ts";
import { SendError } from "../errors.ts";
import { readPieces, writePieces } from "../kept-pieces.ts";
import { wishOf } from "../protect/wish.ts";

export interface SavedDraft {
  readonly id: string;
  readonly draft: Draft;
  /** Milliseconds since the epoch. */
  readonly savedAt: number;
  /** Its copy on the server; null where none is known. */
  readonly place: Place | null;
  /** Why what an editor has left of it cannot be read, for which `draft` is what was there before; it is kept beside it. */
  readonly spoilt: SendError | null;
}

const ending = ".draft";
/** Beside it, while it is in an editor. */
const editing = ".edit.eml";

/** What goes to the server, after the id of the process. */
const sending = ".mime";
/** Drafts on their way to the server, by their files: the next one takes the place of the one before. */
const pushes = new Map<string, Promise<Place>>();
/** Where copies were that newer ones have taken the place of: the local copy may know them for a moment longer. */
const replaced: Place[] = [];

const noDraft = (id: string) =>
  new SendError("NO_DRAFT", `there is no draft ${id}`, '"postern draft" lists them');

export class Drafts {
  readonly directory: string;

  /** `stateDir`: of the account. */
  constructor(stateDir: string) {
    this.directory = join(stateDir, "drafts");
  }

  #path(id: string, end: string): string {
    if (!/^[a-z0-9]{1,12}$/.test(id)) throw noDraft(id);
    return join(this.directory, `${id}${end}`);
  }

  /** An id for a new draft. */
  newId(): string {
    return `d${randomInt(36 ** 5)
      .toString(36)
      .padStart(5, "0")}`;
  }

  /** Where files lie that were brought along with a draft. */
  filesOf(id: string): string {
    return this.#path(id, ".files");
  }

  /** One of them is on its way to the server: where its copy lies will be known after that. */
  get pushing(): boolean {
    return [...pushes.keys()].some((file) => file.startsWith(this.directory));
  }

  /** Whether its copy was there until a newer one came. */
  wasAt({ path, uidValidity, uid }: Place): boolean {
    return replaced.some((p) => p.uid === uid && p.uidValidity === uidValidity && p.path === path);
  }

  /** A file with the draft as people write it, for an editor. What it comes to is found there even after a crash. */
  async beginEditing(id: string): Promise<string> {
    const { draft, spoilt } = await this.get(id);
    const file = this.#path(id, editing);
    if (!spoilt) await replaceFile(file, forEditor(draft));
    return file;
  }

  /** Takes in what the editor has left. Throws SendError "DRAFT" where that cannot be read, and keeps it. */
  async endEditing(id: string): Promise<Draft> {
    const { draft, spoilt } = await this.get(id);
    if (spoilt) throw spoilt;
    await this.save(id, draft);
    return draft;
  }

  /** On the disk when this resolves; what was there before stays until then. Throws StoreError. */
  async save(id: string, draft: Draft): Promise<void> {
    const file = this.#path(id, ending);
    await makePrivateDirectory(this.directory);
    await this.#sweep();
    await replaceFile(file, writeDraft(draft));
    await rm(this.#path(id, editing), { force: true });
  }

  /** The newest last. What cannot be read as a draft is left where it is, and not listed. */
  async list(): Promise<SavedDraft[]> {
    await this.#sweep();
    const ids = (await namesIn(this.directory))
      .filter((name) => name.endsWith(ending))
      .map((name) => name.slice(0, -ending.length));
    const found = await Promise.all(ids.map((id) => this.get(id).catch(() => null)));
    return found.filter((one) => one !== null).sort((a, b) => a.savedAt - b.savedAt);
  }

  /** Throws SendError "NO_DRAFT", "DRAFT". */
  async get(id: string): Promise<SavedDraft> {
    const file = this.#path(id, ending);
    try {
      const [text, { mtimeMs }, place] = await Promise.all([
        readFile(file, "utf8"),
        stat(file),
        this.#place(id),
      ]);
      const edited = await readFile(this.#path(id, editing), "utf8").catch(() => null);
      return { id, savedAt: mtimeMs, place, ...withEdit(parseDraft(text), edited) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") throw noDraft(id);
      if (error instanceof SendError) throw error;
      throw asStoreError(error, file);
    }
  }

  async #place(id: string): Promise<Place | null> {
    try {
      const { path, uidValidity, uid } = JSON.parse(
        await readFile(this.#path(id, ".copy"), "utf8"),
      ) as Partial<Place>;
      return typeof path === "string" && typeof uidValidity === "number" && typeof uid === "number"
        ? { path, uidValidity, uid }
        : null;
    } catch {
      return null;
    }
  }

  /** Notes where its copy on the server is: the next one takes its place. */
  async setPlace(id: string, place: Place): Promise<void> {
    await makePrivateDirectory(this.directory);
    await replaceFile(this.#path(id, ".copy"), JSON.stringify(place));
  }

  /**
   * Puts the draft as it is on the disk into the Drafts folder, encrypted where it is to be when it is sent; what is on
   * its way there comes first. Throws as the line and the server do, and SendError HEADER, NO_KEY, GPG.
   */
  async push(id: string, mail: Mail, tools: CryptoTools = {}): Promise<Place> {
    const draft = this.#path(id, ending);
    const push = () => this.#push(id, mail, tools);
    const turn = (pushes.get(draft) ?? Promise.resolve()).then(push, push);
    pushes.set(draft, turn);
    try {
      return await turn;
    } finally {
      if (pushes.get(draft) === turn) pushes.delete(draft);
    }
  }

  async #push(id: string, mail: Mail, tools: CryptoTools): Promise<Place> {
    const { draft, place } = await this.get(id);
    const built = await build(draft, { unfinished: true });
    const wish = wishOf(draft, writingOf(mail.account));
    const { message, bcc, messageId } =
      wish.encrypt === "never"
        ? built
        : await (await import("../protect/index.ts")).protectDraft(built, wish, tools, mail.sending.pieces);
    const file = this.#path(id, `.${process.pid}${sending}`);
    try {
      const { pieces } = await writePieces(file, ownCopy(bcc, message()));
      const folder = await mail.sending.folderFor("drafts");
      const source = { messageId, pieces: readPieces(file, pieces) };
      const saved = await mail.sending.saveDraft(folder, place, source, ["\\Draft", "\\Seen"]);
      if (place) replaced.push(place);
      await this.setPlace(id, saved);
      // Sent or discarded meanwhile: then nothing of it stays there.
      if (!existsSync(this.#path(id, ending))) await this.#drop(id, mail);
      return saved;
    } finally {
      await rm(file, { force: true });
    }
  }

  /** Takes away what was on its way to the server in programs that have ended meanwhile. */
  async #sweep(): Promise<void> {
    for (const name of await namesIn(this.directory)) {
      const pid = Number(/\.(\d+)\.mime$/.exec(name)?.[1] ?? process.pid);
      if (pid !== process.pid && !isRunning(pid)) await rm(join(this.directory, name), { force: true });
    }
  }

  /** Removes its copy on the server, as far as that is known. */
  async #drop(id: string, mail: Mail): Promise<void> {
    const place = await this.#place(id);
    if (place) await mail.sending.dropDraft(place);
    await rm(this.#path(id, ".copy"), { force: true });
  }

  /** Forgets a draft that was sent, or that the person does not want: here, and on the server. */
  async remove(id: string, mail: Mail): Promise<void> {
    await this.#drop(id, mail);
    for (const end of [editing, ending, ".files"])
      await rm(this.#path(id, end), { recursive: true, force: true });
    // A copy that came there before the draft was gone.
    await this.#drop(id, mail);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function withEdit(kept: Draft, edited: string | null): Pick<SavedDraft, "draft" | "spoilt"> {
  try {
    return { draft: edited === null ? kept : fromEditor(edited, kept), spoilt: null };
  } catch (error) {
    if (!(error instanceof SendError)) throw error;
    return { draft: kept, spoilt: error };
  }
}

/** What a list shows of a draft. */
export function draftTitle({ draft }: Pick<SavedDraft, "draft">): { to: string; subject: string } {
  return { to: fieldOf(draft, "To"), subject: fieldOf(draft, "Subject") };
}
