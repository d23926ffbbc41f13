/** One account on the screen: its mail, its folders as last read, and what is to be told of it. */
import type { Folder, LineState, Mail, MailEvent } from "../../mail/index.ts";
import { QuotaNotice } from "./quota-notice.ts";

export class AccountView {
  readonly mail: Mail;
  readonly quota = new QuotaNotice();
  folders: readonly Folder[];
  progress: Extract<MailEvent, { kind: "progress" }> | null = null;
  #lossTold = "";
  readonly stopListening: () => void;

  constructor(mail: Mail, changed: (account: AccountView, event: MailEvent) => void) {
    this.mail = mail;
    this.folders = mail.folders();
    this.stopListening = mail.on((event) => changed(this, event));
  }

  /** Its name in the config; raw, as that allows letters, digits and little more. */
  get name(): string {
    return this.mail.account.name;
  }

  /** What is to be told now that the line has changed: a loss is told once, and not with every try that fails alike. */
  loss(state: LineState): Error | "over" | null {
    if (state.kind === "online") {
      this.#lossTold = "";
      return "over";
    }
    if (state.kind !== "down" || state.error.message === this.#lossTold) return null;
    this.#lossTold = state.error.message;
    return state.error;
  }
}
