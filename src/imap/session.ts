/** What is known about the other side: capabilities, state, the selected mailbox. Kept true by every response. */
import { Capabilities, type RememberedCapabilities } from "./capabilities.ts";
import { type ConnectionEvents, Emitter } from "./events.ts";
import { limits } from "./limits.ts";
import { type ServerQuirks, serverQuirks } from "./quirks.ts";
import type { ResponseCode } from "./response/code.ts";
import type { Untagged } from "./response/response.ts";
import type { SearchResponse } from "./response/search.ts";
import { SequenceMap } from "./sequence-map.ts";
import { count } from "./uid-set.ts";
import type { FetchedMessage, SelectedMailbox, UidRanges } from "./values.ts";
import type { WriterOptions } from "./wire/writer.ts";

export type SessionState = "not-authenticated" | "authenticated" | "selected" | "closed";

export class Session {
  readonly events = new Emitter<ConnectionEvents>();
  #capabilities = new Capabilities();
  /** Both directions are compressed (RFC 4978). */
  compressed = false;
  /** They are those of an earlier session: this one's server has not yet said its own. */
  #assumed = false;
  /** What this server has said before and after the login. */
  #toldBefore: Capabilities | null = null;
  #toldAfter: Capabilities | null = null;
  #toldByLogin = false;
  #loggingIn = false;
  #greeting = "";
  #serverId: ReadonlyMap<string, string> = new Map();
  /** Null: to be found out anew. */
  #quirks: ServerQuirks | null = null;
  readonly #enabled = new Set<string>();
  readonly #asked = new Set<string>();
  #state: SessionState = "not-authenticated";
  #selected: SelectedMailbox | null = null;
  readonly #map = new SequenceMap();

  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  /** What is different with this server, as far as it is known by now. */
  get quirks(): ServerQuirks {
    this.#quirks ??= serverQuirks({
      greeting: this.#greeting,
      capabilities: this.#capabilities,
      id: this.#serverId,
    });
    return this.#quirks;
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

  /** How strings may be written to this server: a literal that it has not offered yet in this session is none. */
  get writerOptions(): WriterOptions {
    const offers = (name: string) => !this.#assumed && this.#capabilities.has(name);
    const most = offers("LITERAL+") ? limits.literalPlus : offers("LITERAL-") ? limits.literalMinus : -1;
    return { nonSynchronizing: most, utf8: this.utf8 };
  }

  /** Whether the capabilities are those of an earlier session, and not yet told in this one. */
  get assumed(): boolean {
    return this.#assumed;
  }

  /** What to assume in the next session; null as long as this one has not told both. */
  get remembered(): RememberedCapabilities | null {
    if (!this.#toldBefore || !this.#toldAfter) return null;
    return {
      greeting: this.#toldBefore.list(),
      authenticated: this.#toldAfter.list(),
      toldByLogin: this.#toldByLogin,
    };
  }

  /** What the server said it can do before the login; null: nothing yet. */
  get toldBefore(): Capabilities | null {
    return this.#toldBefore;
  }

  get toldAfter(): Capabilities | null {
    return this.#toldAfter;
  }

  learn(capabilities: readonly string[]): void {
    const told = new Capabilities(capabilities);
    if (this.#loggingIn || this.#state !== "not-authenticated") this.#toldAfter = told;
    else this.#toldBefore = told;
    this.#capabilities = told;
    this.#quirks = null;
    this.#assumed = false;
    this.events.emit("capabilities", told);
  }

  /** Takes the capabilities of an earlier session for true until told otherwise. */
  assume(capabilities: readonly string[]): void {
    this.#capabilities = new Capabilities(capabilities);
    this.#assumed = true;
  }

  /** The greeting came: after a login that did not wait for it, its capabilities are those of before. */
  greeted(response: Untagged & { kind: "condition" }): void {
    this.#greeting = response.text;
    this.#quirks = null;
    const early = this.#loggingIn && response.code?.kind === "capability";
    if (early && response.code?.kind === "capability")
      this.#toldBefore = new Capabilities(response.code.capabilities);
    else this.apply(response);
    if (response.condition === "PREAUTH") this.authenticated();
  }

  /** A login was sent; `assumed` is what to count on behind it until told. */
  beginLogin(assumed: readonly string[] | null): void {
    this.#loggingIn = true;
    if (assumed) this.assume(assumed);
  }

  /** The login was refused: what holds is what was said before it. */
  loginFailed(): void {
    this.#loggingIn = false;
    this.#toldAfter = null;
    this.#capabilities = this.#toldBefore ?? new Capabilities();
    this.#assumed = false;
  }

  /** The login was agreed to; `told`: with the capabilities of the one who logged in, which may differ. */
  loggedIn(told: boolean): void {
    this.#loggingIn = false;
    this.#toldByLogin = told || this.#toldAfter !== null;
    this.authenticated();
    // What was said before is not trusted after a change of identity (RFC 9051 §6.2.2).
    if (!told && !this.#toldAfter && !this.#assumed) this.#capabilities = new Capabilities();
  }

  /** UNAUTHENTICATE (RFC 8437 §3): nothing that held for the account holds any more. */
  unauthenticated(): void {
    this.leave();
    this.#state = "not-authenticated";
    this.#enabled.clear();
    this.#asked.clear();
    this.#toldBefore = this.#toldAfter = null;
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
      case "id":
        this.#serverId = response.fields;
        this.#quirks = null;
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
    else if (response.kind === "search") this.#searchUpdated(response);
    else if (response.kind === "list") this.events.emit("folders", response);
    else if (response.kind === "status") this.events.emit("folders", response);
    else if (response.kind === "metadata") {
      const { path, entries } = response;
      this.events.emit("folders", { kind: "metadata", path, entries });
    }
  }

  #searchUpdated({ tag, updates }: SearchResponse): void {
    if (tag === null) return;
    for (const update of updates) this.events.emit("search", { context: tag, ...update });
  }

  #vanished(uids: UidRanges): void {
    if (!this.#selected) return;
    this.#map.vanish(uids);
    this.#update({ exists: Math.max(0, this.#selected.exists - count(uids)) });
  }

  #fetched(message: FetchedMessage): FetchedMessage {
    if (message.seq === 0) return message; // UIDONLY
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
    else if (code.name === "DOWNGRADED" && code.kind === "set")
      this.events.emit("downgraded", count(code.set));
    else if (code.name === "NOTIFICATIONOVERFLOW") this.events.emit("overflow", null);
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
