// The server's half of SCRAM (RFC 5802), written from the RFC and apart from the client's, with every lie a test needs.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import type { Peer } from "../servers/scripted.ts";

export interface ScramAnswers {
  readonly password: string;
  readonly hash?: "sha1" | "sha256";
  readonly iterations?: number;
  /** The channel binding data expected for a type; null: that type is not known here. */
  readonly binding?: (type: string) => Buffer | null;
  /** Changes what is said as challenge and as verifier. */
  readonly challenge?: (text: string) => string;
  readonly verifier?: (text: string) => string;
}

export interface ScramOutcome {
  readonly tag: string;
  /** The GS2 header the client sent. */
  readonly gs2: string;
  /** Whether its proof and its channel binding were right; null: it gave up. */
  readonly right: boolean | null;
}

const base64 = (value: string | Buffer) => Buffer.from(value).toString("base64");
const text = (encoded: string) => Buffer.from(encoded, "base64").toString("utf8");

/** Answers AUTHENTICATE SCRAM… with an initial response up to the verifier; the tagged answer is left to the caller. */
export async function answerScram(peer: Peer, answers: ScramAnswers): Promise<ScramOutcome> {
  const { hash = "sha256", iterations = 4096 } = answers;
  const [, tag = "", encoded = ""] = await peer.expect(/^(\w+) AUTHENTICATE SCRAM-\S+ (\S+)$/);
  const [, gs2 = "", bare = "", nonce = ""] = /^([^,]*,[^,]*,)(n=.*,r=(.*))$/.exec(text(encoded)) ?? [];
  const type = /^p=([^,]*)/.exec(gs2)?.[1];
  const data = type === undefined ? Buffer.alloc(0) : answers.binding?.(type);
  if (!data) {
    peer.send(`+ ${base64("e=unsupported-channel-binding-type")}`);
    await peer.expect(/^\*?$/);
    return { tag, gs2, right: null };
  }
  const salt = randomBytes(16);
  const nonces = `${nonce}${randomBytes(9).toString("base64")}`;
  const challenge = `r=${nonces},s=${base64(salt)},i=${iterations}`;
  peer.send(`+ ${base64((answers.challenge ?? String)(challenge))}`);
  const final = text((await peer.expect(/^(\S*)$/))[1] ?? "");
  const [, withoutProof = "", proof = ""] = /^(c=.*),p=(.*)$/.exec(final) ?? [];
  if (proof === "") return { tag, gs2, right: null };
  const hmac = (key: Buffer, of: string) => createHmac(hash, key).update(of).digest();
  const length = createHash(hash).digest().length;
  const salted = pbkdf2Sync(answers.password, salt, iterations, length, hash);
  const message = `${bare},${challenge},${withoutProof}`;
  const key = hmac(salted, "Client Key");
  const mask = hmac(createHash(hash).update(key).digest(), message);
  const expected = Buffer.from(key.map((byte, i) => byte ^ (mask[i] ?? 0)));
  const bound = `c=${base64(Buffer.concat([Buffer.from(gs2), data]))},r=${nonces}`;
  const right = expected.equals(Buffer.from(proof, "base64")) && withoutProof === bound;
  const verifier = `v=${base64(hmac(hmac(salted, "Server Key"), message))}`;
  peer.send(`+ ${base64((answers.verifier ?? String)(verifier))}`);
  return { tag, gs2, right };
}
