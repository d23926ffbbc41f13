// gpg with keyrings of its own, for the length of a test.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** For the `skip` option of a test. */
export const gpgMissing =
  spawnSync("gpg", ["--version"]).status === 0 ? false : "gpg is not installed: OpenPGP is NOT tested";
if (gpgMissing) console.error(`# ${gpgMissing}`);

/** A keyring. Its path is short: the agent's socket lies in it. */
export class Gnupg {
  readonly home = mkdtempSync(join(tmpdir(), "ptn-"));

  run(args: readonly string[], input: string | Buffer = ""): Buffer {
    const always = ["--batch", "--quiet", "--pinentry-mode", "loopback"];
    return execFileSync("gpg", [...always, ...args], {
      input,
      env: { ...process.env, GNUPGHOME: this.home },
      stdio: ["pipe", "pipe", "ignore"],
    });
  }

  /** A key to sign with, and where it does not expire to encrypt to; returns its fingerprint. `more` goes before. */
  newKey(user: string, more: readonly string[] = [], passphrase = ""): string {
    const by = ["--passphrase", passphrase, ...more];
    const expires = more.length > 0 ? "1y" : "never";
    this.run([...by, "--quick-generate-key", user, "ed25519", "sign", expires]);
    const listed = this.run(["--with-colons", "--list-keys", user]).toString();
    const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(listed)?.[1] ?? "";
    if (more.length === 0) this.run([...by, "--quick-add-key", fingerprint, "cv25519", "encr", "never"]);
    return fingerprint;
  }

  /** Gives the public key to another keyring; `trusted`: its owner is vouched for there. */
  give(fingerprint: string, to: Gnupg, trusted = true): void {
    to.run(["--import"], this.run(["--export", fingerprint]));
    if (trusted) to.run(["--import-ownertrust"], `${fingerprint}:6:\n`);
  }

  /** The agent forgets the passphrases it knows. */
  forget(): void {
    spawnSync("gpgconf", ["--kill", "gpg-agent"], { env: { ...process.env, GNUPGHOME: this.home } });
  }

  stop(): void {
    spawnSync("gpgconf", ["--kill", "all"], { env: { ...process.env, GNUPGHOME: this.home } });
    rmSync(this.home, { recursive: true, force: true });
  }
}
