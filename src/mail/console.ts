/** Commands of the protocol as a person types them, on the line that is there. */
import { type Connection, decodeMailboxName, prettyResponse, raw, rawName } from "../imap/index.ts";
import { MailError } from "./errors.ts";
import type { Session } from "./session.ts";
import type { Folder } from "./values.ts";

/** What only means something in a selected mailbox (RFC 9051 §6.4, RFC 5256, RFC 6851). */
const inMailbox =
  /^(?:FETCH|STORE|SEARCH|COPY|MOVE|EXPUNGE|SORT|THREAD|CHECK|REPLACE|UID (?:FETCH|STORE|SEARCH|COPY|MOVE|EXPUNGE|SORT|THREAD|REPLACE))$/;

export interface Reply {
  /** Hostile text: one response, laid out in lines. */
  readonly lines: readonly string[];
  /** How the command ended; null for what came before. */
  readonly ended: "OK" | "NO" | "BAD" | null;
}

export class Console {
  readonly #session: Session;
  readonly #find: (name: string) => Promise<Folder>;
  #folder: Folder;

  /** `find` knows folders by the names people use; commands that need one are run in `folder`. */
  constructor(session: Session, find: (name: string) => Promise<Folder>, folder: Folder) {
    this.#session = session;
    this.#find = find;
    this.#folder = folder;
  }

  /** Where SEARCH and FETCH look. */
  get folder(): Folder {
    return this.#folder;
  }

  /**
   * Runs one command and tells what the server says, laid out for `width` columns. SELECT and EXAMINE choose the folder
   * of the commands that follow. @throws ImapError ARGUMENT: it cannot be sent; MailError, and what a lost line throws
   */
  async run(line: string, width: number, tell: (reply: Reply) => void): Promise<void> {
    const name = rawName(line);
    if (name === "SELECT" || name === "EXAMINE") return this.#select(line, tell);
    const heard = (bytes: Buffer) => {
      const ended = /^[A-Za-z0-9.]+ (OK|NO|BAD)\b/i.exec(bytes.toString("latin1", 0, 60))?.[1]?.toUpperCase();
      tell({
        lines: prettyResponse(bytes, width),
        ended: ended === "OK" || ended === "NO" || ended === "BAD" ? ended : null,
      });
    };
    const work = (connection: Connection) => connection.run(raw(line, heard));
    if (inMailbox.test(name)) await this.#session.within(this.#folder.path, work);
    else await work(await this.#session.connected());
  }

  async #select(line: string, tell: (reply: Reply) => void): Promise<void> {
    const [, argument = ""] = /^\s*\S+\s+(\S.*?)\s*$/s.exec(line) ?? [];
    if (argument === "") throw new MailError("NO_FOLDER", "SELECT needs a mailbox", "say SELECT INBOX");
    const quoted = /^"((?:\\.|[^"\\])*)"/s.exec(argument)?.[1];
    const name = quoted === undefined ? argument : quoted.replace(/\\(.)/gs, "$1");
    const folder = await this.#find(decodeMailboxName(Buffer.from(name, "utf8").toString("latin1")));
    await this.#session.within(folder.path, async (_, selected) => {
      const { exists, uidValidity, uidNext, highestModSeq, flags, readOnly } = selected;
      tell({ lines: [`* ${exists} EXISTS`, `* FLAGS (${flags.join(" ")})`], ended: null });
      tell({ lines: [`* OK [UIDVALIDITY ${uidValidity}]`], ended: null });
      if (uidNext !== null) tell({ lines: [`* OK [UIDNEXT ${uidNext}]`], ended: null });
      if (highestModSeq !== null) tell({ lines: [`* OK [HIGHESTMODSEQ ${highestModSeq}]`], ended: null });
      tell({ lines: [`${readOnly ? "[READ-ONLY]" : "[READ-WRITE]"} ${folder.name}`], ended: "OK" });
    });
    this.#folder = folder;
  }
}
