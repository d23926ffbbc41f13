// Finds the real servers the tests run against, and gets them from the system's packages where that is possible.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Where packages are unpacked that cannot be installed beside others; `cyrus.ts` and `courier.ts` look here. */
const unpacked = fileURLToPath(new URL("../../build/servers/", import.meta.url));

const installed = [
  { name: "dovecot", file: "/usr/sbin/dovecot", package: "dovecot-imapd" },
  // Both are needed: one takes mail to be sent, the other receives it.
  {
    name: "submission",
    optional: true,
    file: "/usr/lib/dovecot/submission",
    package: "dovecot-submissiond",
  },
  { name: "lmtp", optional: true, file: "/usr/lib/dovecot/lmtp", package: "dovecot-lmtpd" },
  { name: "mutt", file: "/usr/bin/mutt", package: "mutt" },
  { name: "notmuch", optional: true, file: "/usr/bin/notmuch", package: "notmuch" },
  { name: "mu", optional: true, file: "/usr/bin/mu", package: "maildir-utils" },
  // With the agent, which keeps its keys.
  { name: "gpg", optional: true, file: "/usr/bin/gpg-agent", package: "gnupg" },
  { name: "zsh", optional: true, file: "/usr/bin/zsh", package: "zsh" },
  { name: "fish", optional: true, file: "/usr/bin/fish", package: "fish" },
  {
    name: "keyring",
    optional: true,
    file: "/usr/bin/gnome-keyring-daemon",
    package: "gnome-keyring",
  },
  {
    name: "libsecret",
    optional: true,
    file: "/usr/include/libsecret-1/libsecret/secret.h",
    package: "libsecret-1-dev",
  },
];

// Debian lets one IMAP server be installed, and installing another takes the first away. These are therefore unpacked,
// with the libraries they need, into a directory of ours: the system stays as it is, and nobody has to be root.
const privately = [
  {
    name: "cyrus",
    file: "usr/lib/cyrus/bin/imapd",
    packages: ["cyrus-imapd", "sasl2-bin", "libsasl2-modules"],
  },
  { name: "courier", optional: true, file: "usr/bin/imapd", packages: ["courier-imap", "courier-authlib"] },
  // Beside a mail server that the machine may have.
  { name: "postfix", optional: true, file: "usr/lib/postfix/sbin/master", packages: ["postfix"] },
  // Only benchmarks ask for these.
  { name: "isync", asked: true, optional: true, file: "usr/bin/mbsync", packages: ["isync"] },
  { name: "neomutt", asked: true, optional: true, file: "usr/bin/neomutt", packages: ["neomutt"] },
  { name: "aerc", asked: true, optional: true, file: "usr/bin/aerc", packages: ["aerc"] },
];

/** What a server package draws in that the server itself does not need. */
const needless = /^(exim4|gawk|db-util|db5|perl|libperl|libclamav|libmspack|libsigsegv|gnutls-bin)/;

function quietly(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return (
    spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"], env, timeout: 300_000 }).status === 0
  );
}

/** `apt-get` as root, or by sudo where that asks nothing; null where neither is to be had. */
function packageManager() {
  if (!existsSync("/usr/bin/apt-get")) return null;
  if (process.getuid?.() === 0) return ["apt-get"];
  return quietly("sudo", ["-n", "true"]) ? ["sudo", "-n", "apt-get"] : null;
}

function update() {
  const [command, ...first] = packageManager() ?? [];
  return command !== undefined && quietly(command, [...first, "-q", "update"]);
}

function install(packages) {
  const manager = packageManager();
  if (!manager) return;
  const [command, ...first] = manager;
  console.log(`installing ${packages.join(", ")} for the tests`);
  update();
  // Never in the place of another: a machine's own mail server stays where it is.
  quietly(command, [...first, "-q", "install", "-y", "--no-remove", "--no-install-recommends", ...packages]);
}

/** The names of what apt would install for `packages` on this machine. */
function closure(packages) {
  const args = ["-q", "install", "--simulate", "--no-install-recommends", ...packages];
  const { stdout } = spawnSync("apt-get", args, { encoding: "utf8", timeout: 60_000 });
  const names = [...(stdout ?? "").matchAll(/^Inst (\S+)/gm)].map((match) => match[1]);
  return [...new Set([...packages, ...names])].filter((name) => !needless.test(name));
}

/** Downloads and unpacks into build/servers/NAME; leaves nothing where that fails. */
function unpack({ name, file, packages }) {
  const into = join(unpacked, name);
  if (existsSync(join(into, file))) return;
  if (!existsSync("/usr/bin/apt-get") || !existsSync("/usr/bin/dpkg-deb")) return;
  console.log(`unpacking ${packages[0]} for the tests`);
  const part = `${into}.${process.pid}`;
  mkdirSync(join(part, "packages"), { recursive: true });
  const cwd = join(part, "packages");
  const download = () => {
    const args = ["-q", "download", ...closure(packages)];
    return spawnSync("apt-get", args, { cwd, stdio: "ignore", timeout: 120_000 }).status === 0;
  };
  // Without package lists, or with old ones, there is nothing to download yet.
  if (!download() && update()) download();
  for (const archive of readdirSync(cwd))
    spawnSync("dpkg-deb", ["-x", join(cwd, archive), part], { stdio: "ignore" });
  rmSync(cwd, { recursive: true, force: true });
  if (existsSync(join(part, file)) && !existsSync(into)) renameSync(part, into);
  rmSync(part, { recursive: true, force: true });
}

/** keytar is optional: where libsecret came later than the packages did, it is not there yet. */
function buildKeytar() {
  const there = existsSync(join(root, "node_modules/keytar/build/Release/keytar.node"));
  if (there || !existsSync("/usr/include/libsecret-1/libsecret/secret.h")) return;
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  console.log("building keytar for the tests");
  const args = ["install", "--no-save", "--no-audit", `keytar@${optionalDependencies.keytar}`];
  spawnSync("npm", args, { cwd: root, stdio: "ignore", timeout: 180_000 });
}

/**
 * Sets POSTERN_TEST_SERVERS to the comma-separated names of what is there, and POSTERN_TEST_UNPACKED to the directory of
 * the unpacked ones. Some are for who asks for them by name. What is missing after an attempt to
 * get it is said loudly, and under CI=true ends the run unless it is optional.
 */
export async function ensureServers(asked = []) {
  const lacking = () => installed.filter((w) => !existsSync(w.file));
  // What can be done without is asked for by itself: where it cannot be had, the rest can.
  for (const optional of [false, true]) {
    const absent = lacking().filter((w) => (w.optional ?? false) === optional);
    if (absent.length > 0) install(absent.map((w) => w.package));
  }
  buildKeytar();
  const wanted = privately.filter((w) => !w.asked || asked.includes(w.name));
  for (const server of wanted) unpack(server);
  const absent = wanted.filter((w) => !existsSync(join(unpacked, w.name, w.file)));
  process.env.POSTERN_TEST_SERVERS = [...installed, ...wanted]
    .filter((w) => !lacking().includes(w) && !absent.includes(w))
    .map((w) => w.name)
    .join(",");
  process.env.POSTERN_TEST_UNPACKED = unpacked;
  const missing = [...lacking(), ...absent];
  if (missing.length === 0) return;
  console.error(
    `\n*** MISSING: ${missing.map((w) => w.name).join(", ")} cannot be had here. The suites that need`,
  );
  console.error("*** them are SKIPPED, and so are not tested.");
  if (lacking().length > 0) {
    console.error("*** Install these packages and run again:");
    const packages = lacking().map((w) => w.package);
    console.error(`***   apt-get install ${packages.join(" ")}\n`);
  }
  if (process.env.CI === "true" && missing.some((w) => !w.optional)) process.exit(1);
}
