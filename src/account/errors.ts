/** What is wrong with an account's settings or secrets, and what to do about it. */
export type AccountErrorCode = "CONFIG" | "NO_ACCOUNT" | "NO_PASSWORD" | "PASSWORD_COMMAND";

export class AccountError extends Error {
  override readonly name = "AccountError";
  readonly code: AccountErrorCode;
  readonly hint: string;

  constructor(code: AccountErrorCode, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
