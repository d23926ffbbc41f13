import { ImapError } from "../errors.ts";
import type { MailboxEvent, SelectedMailbox, UidRanges } from "../values.ts";
import type { Command } from "./command.ts";

/** What is remembered of a mailbox, to be told only what changed since (RFC 7162 §3.2.5). Needs ENABLE QRESYNC. */
export interface QresyncParameters {
  readonly uidValidity: number;
  readonly modSeq: bigint;
  readonly knownUids?: UidRanges;
}

export interface SelectOptions {
  /** EXAMINE: nothing is changed, not even \Recent. */
  readonly readOnly?: boolean;
  /** Ask for mod-sequences where CONDSTORE is offered (RFC 7162). */
  readonly condstore?: boolean;
  /** Used where QRESYNC is enabled or ENABLE was just sent for it. */
  readonly qresync?: QresyncParameters;
  /**
   * Takes what QRESYNC tells of the time since (`fetch`, `vanished` with `earlier`), as it arrives; without it they are
   * mailbox events. `uidValidity` is 0 as long as the server has not told it.
   */
  readonly onChange?: (change: SelectChange, uidValidity: number) => void;
}

export type SelectChange = Extract<MailboxEvent, { kind: "fetch" | "vanished" }>;

/** SELECT or EXAMINE (RFC 9051 §6.3.2). When it fails no mailbox is selected. */
export function select(path: string, options: SelectOptions = {}): Command<SelectedMailbox> {
  const name = options.readOnly ? "EXAMINE" : "SELECT";
  return {
    name,
    traits: { needs: "authenticated", barrier: true, selects: true },
    begin(session) {
      const start: SelectedMailbox = {
        path,
        readOnly: options.readOnly ?? false,
        exists: 0,
        uidValidity: 0,
        uidNext: null,
        highestModSeq: null,
        flags: [],
        permanentFlags: null,
        mailboxId: null,
      };
      let mailbox = start;
      return {
        write(w) {
          w.atom(name).sp().mailbox(path);
          const { qresync } = options;
          if (qresync && session.expects("QRESYNC")) {
            w.sp().open().atom("QRESYNC").sp().open();
            w.number(qresync.uidValidity).sp().number(qresync.modSeq);
            if (qresync.knownUids?.length) w.sp().sequenceSet(qresync.knownUids);
            w.close().close();
          } else if (options.condstore && session.capabilities.has("CONDSTORE"))
            w.sp().open().atom("CONDSTORE").close();
          session.leave(); // not before it is certain that it can be sent
        },
        untagged(response) {
          if (options.qresync && options.onChange) {
            const { uidValidity } = mailbox;
            if (response.kind === "fetch") {
              const { message } = response;
              options.onChange({ kind: "fetch", message, uid: message.uid ?? null }, uidValidity);
              return true;
            }
            if (response.kind === "vanished" && response.earlier) {
              options.onChange(response, uidValidity);
              return true;
            }
          }
          if (response.kind === "exists") mailbox = { ...mailbox, exists: response.exists };
          else if (response.kind === "flags") mailbox = { ...mailbox, flags: response.flags };
          else if (response.kind === "condition" && response.code) {
            const { code } = response;
            if (code.name === "CLOSED") mailbox = start;
            else if (code.kind === "flags") mailbox = { ...mailbox, permanentFlags: code.flags };
            else if (code.kind === "modseq") mailbox = { ...mailbox, highestModSeq: code.value || null };
            else if (code.name === "NOMODSEQ") mailbox = { ...mailbox, highestModSeq: null };
            else if (code.kind === "id") mailbox = { ...mailbox, mailboxId: code.id };
            else if (code.kind === "number" && code.name === "UIDVALIDITY")
              mailbox = { ...mailbox, uidValidity: code.value };
            else if (code.kind === "number" && code.name === "UIDNEXT")
              mailbox = { ...mailbox, uidNext: code.value || null };
          }
          return response.kind === "exists" || response.kind === "flags" || response.kind === "expunge";
        },
        result(done) {
          if (done.code?.name === "READ-ONLY") mailbox = { ...mailbox, readOnly: true };
          session.open(mailbox);
          return mailbox;
        },
      };
    },
  };
}

function leaving(name: string, needs: string | null): Command<void> {
  return {
    name,
    traits: { needs: "selected", barrier: true },
    begin: (session) => ({
      write(w) {
        if (needs !== null && !session.capabilities.has(needs))
          throw new ImapError("UNSUPPORTED", `The server does not offer ${name}.`);
        w.atom(name);
      },
      result: () => session.leave(),
    }),
  };
}

/** UNSELECT (RFC 3691): leaves the mailbox and expunges nothing. */
export const unselect = (): Command<void> => leaving("UNSELECT", "UNSELECT");

/** CLOSE (RFC 9051 §6.4.1): leaves the mailbox and EXPUNGES every message flagged \Deleted, without saying which. */
export const close = (): Command<void> => leaving("CLOSE", null);
