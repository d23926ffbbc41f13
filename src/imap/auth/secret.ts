import { inspect } from "node:util";

/** A password or token. Whatever prints it prints "[secret]"; only `reveal` gives it out. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself: for the wire alone. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}

/** An OAuth 2.0 access token (RFC 6750), for OAUTHBEARER and XOAUTH2. */
export class AccessToken extends Secret {}
