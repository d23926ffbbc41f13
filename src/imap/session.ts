/** What is known about the other side: capabilities, state, the selected mailbox. Kept true by every response. */
import { Capabilities } from "./capabilities.ts";
import { type ConnectionEvents, Emitter } from "./events.ts";
import type { ResponseCode } from "./response/code.ts";
import type { Untagged } from "./response/response.ts";
import { SequenceMap } from "./sequence-map.ts";
import { count } from "./uid-set.ts";
import type { FetchedMessage, SelectedMailbox, UidRanges } from "./values.ts";

export type SessionState = "not-authenticated" | "authenticated" | "selected" | "closed";

export class Session {
  readonly events = new Emitter<ConnectionEvents>();
  #capabilities = new Capabilities();
  readonly #enabled = new Set<string>();
  readonly #asked = new Set<string>();
  #state: SessionState = "not-authenticated";
  #selected: SelectedMailbox | null = null;
  readonly #map = new SequenceMap();

  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  get state(): SessionState {
    return this.#state;
  }

  get selected(): SelectedMailbox | null {
    return this.#selected;
  }

  /** Whether `name` was switched on (RFC 5161). */
  enabled(name: string): boolean {
    return this.#enabled.has(name.toUpperCase());
  }

  /** ENABLE was sent for these, and no answer yet has said otherwise. */
  asking(names: readonly string[]): void {
    for (const name of names) this.#asked.add(name.toUpperCase());
  }

  /** ENABLE was answered. */
  answered(names: readonly string[]): void {
    for (const name of names) this.#asked.delete(name.toUpperCase());
  }

  /** Whether `name` is on, or will be when what is under way is answered as it should be. */
  expects(name: string): boolean {
    return this.enabled(name) || this.#asked.has(name.toUpperCase());
  }

  /** Whether names and quoted strings are UTF-8 now (RFC 6855, RFC 9051). */
  get utf8(): boolean {
    return this.enabled("UTF8=ACCEPT") || this.enabled("IMAP4rev2");
  }

  learn(capabilities: readonly string[]): void {
    this.#capabilities = new Capabilities(capabilities);
    this.events.emit("capabilities", this.#capabilities);
  }

  /** What was said before is not trusted after a change of security or identity (RFC 9051 §6.2.1, §6.2.2). */
  forgetCapabilities(): void {
    this.#capabilities = new Capabilities();
  }

  authenticated(): void {
    this.#state = "authenticated";
  }

  open(mailbox: SelectedMailbox): void {
    this.#selected = mailbox;
    this.#state = "selected";
  }

  /** No mailbox is selected any more. */
  leave(): void {
    this.#selected = null;
    this.#map.clear();
    if (this.#state === "selected") this.#state = "authenticated";
  }

  closed(): void {
    this.leave();
    this.#state = "closed";
  }

  /** The UIDs of the selected mailbox from sequence number 1 on, as UID SEARCH ALL told them. */
  primeUids(uids: UidRanges): void {
    this.#map.prime(uids);
  }

  uidOf(seq: number): number | null {
    return this.#map.uidOf(seq);
  }

  /** Takes in a response before any command sees it; the response with what is known added. */
  apply(response: Untagged): Untagged {
    switch (response.kind) {
      case "capability":
        this.learn(response.capabilities);
        break;
      case "enabled":
        for (const name of response.capabilities) this.#enabled.add(name.toUpperCase());
        break;
      case "condition":
        if (response.code) this.#code(response.code, response.text);
        break;
      case "fetch":
        return { kind: "fetch", message: this.#fetched(response.message) };
      default:
    }
    return response;
  }

  /** A response that no command took: a change of the mailbox, told to whoever listens. */
  unclaimed(response: Untagged): void {
    if (response.kind === "fetch") {
      const { message } = response;
      this.events.emit("mailbox", { kind: "fetch", message, uid: message.uid ?? null });
    } else if (response.kind === "vanished") {
      if (!response.earlier) this.#vanished(response.uids);
      this.events.emit("mailbox", response);
    } else if (response.kind === "exists") {
      this.#update({ exists: response.exists });
      this.events.emit("mailbox", response);
    } else if (response.kind === "expunge" && this.#selected) {
      const uid = this.#map.expunge(response.seq);
      this.#update({ exists: Math.max(0, this.#selected.exists - 1) });
      this.events.emit("mailbox", { kind: "expunge", seq: response.seq, uid });
    } else if (response.kind === "flags") this.#update({ flags: response.flags });
  }

  #vanished(uids: UidRanges): void {
    if (!this.#selected) return;
    this.#map.vanish(uids);
    this.#update({ exists: Math.max(0, this.#selected.exists - count(uids)) });
  }

  #fetched(message: FetchedMessage): FetchedMessage {
    if (message.uid !== undefined) {
      this.#map.set(message.seq, message.uid);
      return message;
    }
    const uid = this.#map.uidOf(message.seq);
    return uid === null ? message : { ...message, uid };
  }

  /** Only by HIGHESTMODSEQ: one message's MODSEQ does not say that all changes before it were told (RFC 7162 §3.1.2). */
  #raise(modSeq: bigint): void {
    const known = this.#selected?.highestModSeq ?? null;
    if (known !== null && modSeq > known) this.#update({ highestModSeq: modSeq });
  }

  #update(change: Partial<SelectedMailbox>): void {
    if (this.#selected) this.#selected = { ...this.#selected, ...change };
  }

  #code(code: ResponseCode, text: string): void {
    if (code.kind === "capability") this.learn(code.capabilities);
    else if (code.name === "ALERT") this.events.emit("alert", text);
    else if (code.kind === "flags") this.#update({ permanentFlags: code.flags });
    else if (code.kind === "modseq") this.#raise(code.value);
    else if (code.name === "UIDNEXT" && code.kind === "number") this.#update({ uidNext: code.value });
    else if (code.name === "CLOSED") this.leave();
  }

  /** The code of a command's completion. */
  completed(code: ResponseCode | null, text: string): void {
    if (code) this.#code(code, text);
  }
}
