/** What is wrong with an account's settings or secrets, and what to do about it. */
export type AccountErrorCode =
  | "CONFIG"
  | "NO_ACCOUNT"
  | "NO_PASSWORD"
  | "PASSWORD_COMMAND"
  | "KEYRING" // the keyring is not there, does not answer, or refuses
  | "NOT_ALLOWED" // no token yet, or the provider takes it no longer: the person has to allow access
  | "OAUTH" // the provider's answer makes no sense, or refuses what we asked
  | "PROVIDER" // the provider, or another web server, cannot be reached
  | "STOPPED" // the person does not go on
  | "NO_SERVER"; // no mail server was found for an address

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
