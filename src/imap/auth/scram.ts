/**
 * SCRAM (RFC 5802, RFC 7677): both sides prove that they know the password and nobody shows it. The -PLUS variants bind the
 * proof to the TLS connection.
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { ImapError } from "../errors.ts";
import { early, saslName } from "./check.ts";
import {
  BindingRefusedError,
  type ChannelBinding,
  type Mechanism,
  type MechanismExchange,
  type MechanismName,
  type PasswordLogin,
} from "./mechanism.ts";
import { saslPrep } from "./saslprep.ts";

type Hash = "sha1" | "sha256" | "sha512";

/** Below the least, a listener could try passwords cheaply (RFC 7677 §4); the most takes seconds of one core. */
export const iterationBounds = { least: 4096, most: 5_000_000 } as const;

const names: Readonly<Record<Hash, MechanismName>> = {
  sha1: "SCRAM-SHA-1",
  sha256: "SCRAM-SHA-256",
  sha512: "SCRAM-SHA-512",
};
const plusNames: Readonly<Record<Hash, MechanismName>> = {
  sha1: "SCRAM-SHA-1-PLUS",
  sha256: "SCRAM-SHA-256-PLUS",
  sha512: "SCRAM-SHA-512-PLUS",
};

/**
 * What is said of channel binding (RFC 5802 §6): used; "missed": we could, but the server offers no -PLUS, which it
 * checks, so that nobody between can take the offer away; "none": we cannot, or a person forced the plain variant.
 */
export type Binding = ChannelBinding | "missed" | "none";

const deriveKey = promisify(pbkdf2);
const serverFirst = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9]\d{0,9})(?:,.*)?$/s;
const serverFinal = /^v=([A-Za-z0-9+/]+={0,2})(?:,.*)?$/s;
const serverError = /^e=([^,]*)/s;

/** @param nonce the client's; for the examples of the RFC */
export function scram(hash: Hash, login: PasswordLogin, binding: Binding, nonce?: string): Mechanism {
  const bound = typeof binding === "object";
  return {
    name: bound ? plusNames[hash] : names[hash],
    begin: () => exchange(hash, login, binding, nonce ?? randomBytes(24).toString("base64")),
  };
}

function exchange(hash: Hash, login: PasswordLogin, binding: Binding, nonce: string): MechanismExchange {
  const { user, secret, authorizeAs } = login;
  const flag = typeof binding === "object" ? `p=${binding.type}` : binding === "missed" ? "y" : "n";
  const gs2 = `${flag},${authorizeAs === undefined ? "" : `a=${saslName(authorizeAs)}`},`;
  const hmac = (key: Buffer, text: string) => createHmac(hash, key).update(text, "utf8").digest();
  let step: "first" | "challenged" | "proving" | "verify" | "done" = "first";
  let first = "";
  let signature: Buffer = Buffer.alloc(0);
  let complaint: string | null = null;

  async function proof(text: string): Promise<Buffer> {
    step = "proving"; // a second challenge meanwhile is none
    const [, nonces, salt, count] = serverFirst.exec(text) ?? [];
    if (nonces === undefined || salt === undefined) throw untrusted("its challenge makes no sense");
    // Only an answer to us can begin with our nonce: anything else was recorded elsewhere.
    if (!nonces.startsWith(nonce) || nonces.length === nonce.length)
      throw untrusted("its challenge was not made for this login");
    const iterations = Number(count);
    if (iterations < iterationBounds.least || iterations > iterationBounds.most)
      throw untrusted(`it asks for ${iterations} rounds of hashing`);
    const password = Buffer.from(saslPrep(secret.reveal()), "utf8");
    const length = createHash(hash).digest().length;
    const salted = await deriveKey(password, Buffer.from(salt, "base64"), iterations, length, hash);
    const data = typeof binding === "object" ? binding.data : Buffer.alloc(0);
    const header = Buffer.concat([Buffer.from(gs2, "utf8"), data]).toString("base64");
    const withoutProof = `c=${header},r=${nonces}`;
    const message = `${first},${text},${withoutProof}`;
    const clientKey = hmac(salted, "Client Key");
    const clientSignature = hmac(createHash(hash).update(clientKey).digest(), message);
    signature = hmac(hmac(salted, "Server Key"), message);
    step = "verify";
    const clientProof = clientKey.map((byte, i) => byte ^ (clientSignature[i] ?? 0));
    return Buffer.from(`${withoutProof},p=${Buffer.from(clientProof).toString("base64")}`, "utf8");
  }

  function verify(text: string): Buffer {
    const proved = Buffer.from(serverFinal.exec(text)?.[1] ?? "", "base64");
    if (proved.length !== signature.length || !timingSafeEqual(proved, signature))
      throw untrusted("it does not know the password itself");
    step = "done";
    return Buffer.alloc(0);
  }

  return {
    initial() {
      step = "challenged";
      first = `n=${saslName(saslPrep(user))},r=${nonce}`;
      return Buffer.from(gs2 + first, "utf8");
    },
    respond(challenge) {
      const text = challenge.toString("utf8");
      const error = serverError.exec(text)?.[1];
      if (error !== undefined) {
        complaint ??= error;
        return null;
      }
      if (step === "challenged") return proof(text);
      return step === "verify" ? verify(text) : null;
    },
    finish() {
      if (step !== "done") throw early();
    },
    refused(error) {
      const { responseCode, serverText } = error;
      const details = {
        ...(responseCode === undefined ? {} : { responseCode }),
        ...(serverText === undefined ? {} : { serverText }),
      };
      if (complaint === "server-does-support-channel-binding")
        return new ImapError("INSECURE", "Someone took the server's offer of channel binding away.", details);
      // Cyrus finds out late, and says no more than this; a wrong password it calls "authentication failure".
      const wrongType =
        complaint === "unsupported-channel-binding-type" || /bad protocol/i.test(serverText ?? "");
      // Whoever is refused before the proof was not refused for the password.
      if (typeof binding === "object" && (wrongType || (complaint === null && step === "challenged")))
        return new BindingRefusedError(
          "AUTH",
          "The server refused to bind the login to this TLS connection.",
          {
            ...details,
            hint: "Check the user name; if it is right, force another mechanism, such as SCRAM-SHA-256.",
          },
        );
      return error;
    },
  };
}

function untrusted(why: string): ImapError {
  return new ImapError("AUTH", `The server did not prove who it is: ${why}.`, {
    hint: "Find out who stands between you and the server; if it is the server itself, force another mechanism.",
  });
}
