/**
 * Signing and encrypting by gpg (RFC 9580), piece by piece: nothing is held in memory whole. Which keys are good is
 * gpg's to say, by the person's own trust in them; none is taken on faith, and none fetched.
 */
import { PassThrough, Readable } from "node:stream";
import { passphraseRefused, runGpg, type Status, statusLines } from "../../message/crypto/gpg-run.ts";
import type { Run } from "../../message/crypto/run.ts";
import { brokenRun, type CryptoTools } from "../../message/crypto/types.ts";
import { drained } from "../../message/drained.ts";
import { safeText } from "../../message/safe.ts";
import { SendError } from "../errors.ts";
import { byAddress } from "./wish.ts";

/** Whom a text is for: addresses that have keys. The names of `hidden` are not in what comes of it. */
export interface Readers {
  readonly open: readonly string[];
  readonly hidden: readonly string[];
  /** The person's own key, as gpg takes it; null: they are not to read it. */
  readonly own: string | null;
}

/** What keeps a key from being used, in words, and what to do. */
export interface KeyProblem {
  readonly address: string;
  readonly text: string;
  readonly hint: string;
}

/** By its number in RFC 9580 §9.5, and as RFC 3156 §5 calls it. */
const sha512 = { number: "10", option: "--digest-algo=SHA512" } as const;
export const micalg = "pgp-sha512";
/** Large attachments take their time; a passphrase that is not there is told at once. Milliseconds. */
const longest = 600_000;
/** Runs side by side where keys are looked at one by one. */
const atOnce = 4;

const patient = (tools: CryptoTools): CryptoTools => ({ timeout: longest, ...tools });

function failed(ran: Run, lines: readonly Status[], own: string, doing: string): SendError {
  if (ran.broken === "missing")
    return new SendError("GPG", "gpg is not installed", `install GnuPG, or send it without: ${doing}`);
  if (ran.broken) {
    const { message, hint } = brokenRun(ran.broken, "gpg");
    return new SendError("GPG", message, hint);
  }
  if (passphraseRefused(lines))
    return new SendError(
      "PASSPHRASE",
      `gpg has no passphrase for the key of ${own}`,
      "sign something with gpg, which asks for it and remembers it for a while; then send this again",
    );
  if (lines.some(({ keyword }) => keyword === "INV_SGNR")) return missing([ownProblem(own)]);
  const said = safeText(ran.stderr.trim().split("\n").at(-1) ?? "").slice(0, 300);
  return new SendError(
    "GPG",
    `gpg cannot ${doing} it${said === "" ? "" : `: ${said}`}`,
    "see what gpg says of its keys",
  );
}

function ownProblem(own: string): KeyProblem {
  const address = own.replace(/^<|>$/g, "");
  return {
    address,
    text: `you have no usable key of ${address}`,
    hint: "gpg --quick-generate-key makes one; pgp-key names another one",
  };
}

/** All that is missing, and what to do about the first of it. */
export function missing(problems: readonly KeyProblem[]): SendError {
  return new SendError("NO_KEY", problems.map(({ text }) => text).join("; "), problems[0]?.hint ?? "");
}

/** Signs what it is given as it goes by. */
export class Signer {
  readonly #text = new PassThrough();
  readonly #ran: Promise<Run>;
  readonly #own: string;

  /** `own`: the key, as gpg takes it. */
  constructor(own: string, tools: CryptoTools) {
    this.#own = own;
    const args = ["--armor", sha512.option, `--local-user=${own}`, "--detach-sign"];
    this.#text.on("error", () => undefined);
    this.#ran = runGpg(args, { input: this.#text }, patient(tools));
  }

  async write(chunk: Buffer): Promise<void> {
    const text = this.#text;
    // Where gpg has ended already, `end` tells why.
    if (!text.destroyed && !text.write(chunk)) await drained(text);
  }

  /** The signature, armoured, with CRLF line ends. @throws SendError NO_KEY, PASSPHRASE, GPG */
  async end(): Promise<Buffer> {
    this.#text.end();
    const ran = await this.#ran;
    const lines = statusLines(ran);
    const made = lines.find(({ keyword }) => keyword === "SIG_CREATED")?.words;
    if (ran.broken || ran.code !== 0 || !made || made[2] !== sha512.number)
      throw failed(ran, lines, this.#own, "sign");
    return Buffer.from(ran.stdout.toString("latin1").replace(/\r?\n/g, "\r\n"), "latin1");
  }

  /** Ends without a signature. */
  stop(): void {
    this.#text.destroy();
  }
}

function readerArgs({ open, hidden, own }: Readers): string[] {
  const others = [
    ...open.map((address) => `--recipient=${byAddress(address)}`),
    ...hidden.map((address) => `--hidden-recipient=${byAddress(address)}`),
  ];
  if (own === null) return others;
  // One's own key needs nobody's trust; it goes beside others, and alone where there are none.
  return others.length > 0
    ? [...others, `--encrypt-to=${own}`]
    : ["--trust-model=always", `--recipient=${own}`];
}

/**
 * Encrypts as it is read, and signs within by the key `sign`, where that is given (RFC 3156 §6.2); armoured, with CRLF line ends.
 * @throws SendError NO_KEY, PASSPHRASE, GPG, and what reading the text throws
 */
export async function* encrypted(
  text: AsyncIterable<Buffer>,
  readers: Readers,
  sign: string | null,
  tools: CryptoTools,
): AsyncGenerator<Buffer> {
  const signing = sign === null ? [] : ["--sign", sha512.option, `--local-user=${sign}`];
  const output = new PassThrough();
  const input = Readable.from(text, { objectMode: false });
  let broken: unknown = null;
  input.on("error", (error) => {
    broken = error;
  });
  const args = ["--armor", ...signing, ...readerArgs(readers), "--encrypt"];
  const running = runGpg(args, { input, output }, patient(tools));
  try {
    for await (const chunk of output)
      yield Buffer.from((chunk as Buffer).toString("latin1").replaceAll("\n", "\r\n"), "latin1");
    const ran = await running;
    if (broken !== null) throw broken;
    const lines = statusLines(ran);
    if (!ran.broken && ran.code === 0 && lines.some(({ keyword }) => keyword === "END_ENCRYPTION")) return;
    throw failed(ran, lines, sign ?? "", "encrypt");
  } finally {
    output.destroy();
    input.destroy();
  }
}

/** Whether gpg would encrypt to all of them. @throws SendError GPG */
export async function accepts(readers: Readers, tools: CryptoTools): Promise<boolean> {
  const ran = await runGpg([...readerArgs(readers), "--encrypt"], { input: Buffer.alloc(0) }, tools);
  const lines = statusLines(ran);
  if (ran.broken) throw failed(ran, lines, "", "encrypt");
  return lines.some(({ keyword }) => keyword === "END_ENCRYPTION");
}

/** Why gpg does not encrypt to an address, by what it lists of its keys (doc/DETAILS of GnuPG). */
async function problemOf(address: string, tools: CryptoTools): Promise<KeyProblem> {
  const ran = await runGpg(
    ["--with-colons", "--list-keys", "--", byAddress(address)],
    { input: Buffer.alloc(0) },
    tools,
  );
  const keys = ran.stdout
    .toString("utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const all = keys.filter(([kind]) => kind === "pub");
  const problem = (text: string, hint: string): KeyProblem => ({ address, text, hint });
  if (all.length === 0)
    return problem(
      `there is no key of ${address}`,
      `get it (gpg --locate-keys ${address}, or gpg --import what they give you), or send it unencrypted`,
    );
  const states = all.map(([, validity = "", , , , , , , , , , capabilities = ""]) =>
    validity === "r" || validity === "e"
      ? validity
      : /D/.test(capabilities)
        ? "d"
        : /E/.test(capabilities)
          ? "t"
          : "c",
  );
  const fingerprint = keys.find(([kind]) => kind === "fpr")?.[9] ?? "";
  const newer = `get a new one (gpg --refresh-keys ${fingerprint}), or send it unencrypted`;
  // Of several keys the one that comes closest is told of.
  if (states.includes("t"))
    return problem(
      `nobody you trust vouches for the key of ${address}`,
      `compare its fingerprint with them, then say that it is theirs: gpg --quick-lsign-key ${fingerprint}`,
    );
  if (states.includes("c")) return problem(`the key of ${address} cannot encrypt`, newer);
  if (states.includes("d"))
    return problem(`the key of ${address} is disabled`, "gpg --edit-key enables it, or send it unencrypted");
  if (states.includes("e")) return problem(`the key of ${address} has expired`, newer);
  return problem(`the key of ${address} was revoked`, newer);
}

/**
 * What keeps a text from being encrypted to these addresses, and to the key `own`; none where nothing does.
 * @throws SendError GPG
 */
export async function keyProblems(
  addresses: readonly string[],
  own: string,
  tools: CryptoTools,
): Promise<KeyProblem[]> {
  if (await accepts({ open: addresses, hidden: [], own }, tools)) return [];
  const problems: KeyProblem[] = [];
  for (let at = 0; at < addresses.length; at += atOnce) {
    const some = addresses.slice(at, at + atOnce).map(async (address) => {
      const there = await accepts({ open: [address], hidden: [], own: null }, tools);
      return there ? [] : [await problemOf(address, tools)];
    });
    problems.push(...(await Promise.all(some)).flat());
  }
  return (await accepts({ open: [], hidden: [], own }, tools)) ? problems : [...problems, ownProblem(own)];
}
