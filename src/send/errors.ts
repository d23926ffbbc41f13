/** What keeps a message from being written or sent, and what to do about it. */
export type SendErrorCode =
  | "DRAFT" // the text of a draft cannot be read
  | "ADDRESS" // what should be an address is none
  | "NO_RECIPIENT"
  | "ATTACHMENT" // a file to be attached cannot be read
  | "HEADER" // a field that cannot be sent
  | "NO_DRAFT"
  | "NO_ENTRY" // the outbox has no such message
  | "TOO_LATE" // it has gone out, or is going out now
  | "NO_LIST" // the message came by no mailing list that takes answers
  | "NO_INVITATION" // the message has none that could be answered
  | "NO_RECEIPT" // the message asks for none, or has got one
  | "NO_WAY_OUT" // the message does not say how to leave a list
  | "MAILTO"
  | "NO_TEMPLATE"
  | "NO_KEY" // a recipient, or the person, has no key that can be used
  | "PASSPHRASE" // the key is there, and may not be used without
  | "GPG" // it is not there, or failed
  | "NOT_SENT"; // the server refused it, or nobody knows whether it has gone out: the person has to decide

export class SendError extends Error {
  override readonly name = "SendError";
  readonly code: SendErrorCode;
  readonly hint: string;

  constructor(code: SendErrorCode, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
