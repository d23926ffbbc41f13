import type { Secret } from "./secret.ts";

/** Who logs in. */
export interface Login {
  readonly user: string;
  readonly secret: Secret;
}

/** A SASL mechanism (RFC 4422). */
export interface Mechanism {
  /** As in `AUTH=name`. */
  readonly name: string;
  begin(login: Login): MechanismExchange;
}

/** One authentication. */
export interface MechanismExchange {
  /** What the client says first. */
  initial(): Buffer;
  /** The answer to a challenge; null: there is none, and the exchange is cancelled. */
  respond(challenge: Buffer): Buffer | null;
}
