import { ImapError } from "../errors.ts";
import type { Secret } from "./secret.ts";

/** Every way to log in that is spoken here, by its SASL name; "LOGIN" is also the LOGIN command. */
export const mechanismNames = [
  "SCRAM-SHA-512-PLUS",
  "SCRAM-SHA-256-PLUS",
  "SCRAM-SHA-1-PLUS",
  "SCRAM-SHA-512",
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
  "PLAIN",
  "LOGIN",
  "CRAM-MD5",
  "OAUTHBEARER",
  "XOAUTH2",
  "EXTERNAL",
] as const;

export type MechanismName = (typeof mechanismNames)[number];

interface LoginBase {
  readonly user: string;
  /** The identity to act as where it is not `user`: an authorization identity (RFC 4422 §3.4.1). */
  readonly authorizeAs?: string;
  /** This mechanism and no other; else the strongest that is offered. */
  readonly mechanism?: MechanismName;
}

export interface PasswordLogin extends LoginBase {
  readonly secret: Secret;
}

/** By an OAuth 2.0 access token (RFC 6750). */
export interface TokenLogin extends LoginBase {
  readonly token: Secret;
}

/** By the client certificate given to TLS. `user` is the identity asked for; "": the one the certificate names. */
export interface CertificateLogin extends LoginBase {
  readonly certificate: true;
}

/** Who logs in, and by what. */
export type Login = PasswordLogin | TokenLogin | CertificateLogin;

/** A value that only this TLS connection has, so that a proof made for it is worth nothing on another (RFC 5929, RFC 9266). */
export interface ChannelBinding {
  readonly type: "tls-exporter" | "tls-server-end-point" | "tls-unique";
  readonly data: Buffer;
}

/** A SASL mechanism (RFC 4422) made ready for one login. */
export interface Mechanism {
  /** As in `AUTH=name`. */
  readonly name: MechanismName;
  /** Where it goes well, the client's first message is all there is. */
  readonly oneStep?: boolean;
  begin(): MechanismExchange;
}

/** One authentication. */
export interface MechanismExchange {
  /** What the client says first; missing where the server speaks first. @throws ImapError ARGUMENT */
  initial?(): Buffer;
  /**
   * The answer to a challenge; null: there is none, and the exchange is cancelled.
   * @throws ImapError (also as a rejection): the server is not to be trusted, and the connection ends
   */
  respond(challenge: Buffer): Buffer | null | Promise<Buffer | null>;
  /** Called at the server's OK. @throws ImapError AUTH: too early, or the server has not proved itself */
  finish(): void;
  /** Called at the server's refusal: a better error than `error`, if there is one. */
  refused?(error: ImapError): ImapError;
}

/** A -PLUS mechanism was refused before any proof was asked for: another kind of channel binding may do. */
export class BindingRefusedError extends ImapError {}
