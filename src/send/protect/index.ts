/** What is to be sent, signed and encrypted as it is wished; where that cannot be done, it is not sent. */
import type { Pieces } from "../../mail/pieces.ts";
import type { CryptoTools } from "../../message/crypto/types.ts";
import type { Built } from "../compose/build.ts";
import { accepts, type KeyProblem, keyProblems, missing } from "./gpg.ts";
import { protectedMessage } from "./mime.ts";
import type { Wish } from "./wish.ts";

/** What will be done, and what keeps a message that has to be encrypted from being sent. */
export interface Foreseen {
  readonly sign: boolean;
  readonly encrypt: boolean;
  readonly problems: readonly KeyProblem[];
}

/** @throws SendError GPG */
export async function foresee(
  { sign, encrypt, own }: Wish,
  recipients: readonly string[],
  tools: CryptoTools,
): Promise<Foreseen> {
  if (encrypt === "never") return { sign, encrypt: false, problems: [] };
  if (encrypt === "always")
    return { sign, encrypt: true, problems: await keyProblems(recipients, own, tools) };
  // Where there is no gpg there are no keys.
  const known = await accepts({ open: recipients, hidden: [], own }, tools).catch(() => false);
  return { sign, encrypt: known && recipients.length > 0, problems: [] };
}

/**
 * What is to be sent, signed and encrypted as it is wished. What lies on the server is read from there for it.
 * @throws SendError NO_KEY, GPG; its stream fails with those, PASSPHRASE, and as the line does
 */
export async function protect(
  built: Built,
  wish: Wish,
  tools: CryptoTools,
  server: Pick<Pieces, "stream">,
): Promise<Built> {
  const { envelope, blind } = built;
  const { sign, encrypt, problems } = await foresee(wish, envelope.to, tools);
  if (problems.length > 0) throw missing(problems);
  if (!sign && !encrypt) return built;
  const { own } = wish;
  const hidden = new Set(blind);
  const open = envelope.to.filter((address) => !hidden.has(address));
  const protection = { sign: sign ? own : null, readers: encrypt ? { open, hidden: blind, own } : null };
  return { ...built, message: () => protectedMessage(server.stream(built.message()), protection, tools) };
}

/**
 * A draft as it is kept on the server: for nobody's eyes but one's own, where it may be encrypted when it is sent.
 * @throws SendError NO_KEY, GPG; its stream fails with those
 */
export async function protectDraft(
  built: Built,
  { encrypt, own }: Wish,
  tools: CryptoTools,
  server: Pick<Pieces, "stream">,
): Promise<Built> {
  if (encrypt === "never") return built;
  const readers = { open: [], hidden: [], own };
  const problems = encrypt === "always" ? await keyProblems([], own, tools) : [];
  if (problems.length > 0) throw missing(problems);
  // Without a key of one's own nothing is encrypted where keys are known either.
  if (encrypt === "known" && !(await accepts(readers, tools).catch(() => false))) return built;
  const protection = { sign: null, readers };
  return { ...built, message: () => protectedMessage(server.stream(built.message()), protection, tools) };
}
