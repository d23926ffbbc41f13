// Finds the real servers the tests run against, and installs them from the system's packages where that is possible.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const wanted = [
  { name: "dovecot", file: "/usr/sbin/dovecot", package: "dovecot-imapd" },
  { name: "mutt", file: "/usr/bin/mutt", package: "mutt" },
];

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

/**
 * Sets POSTERN_TEST_SERVERS to the comma-separated names of what is there. What is missing after an attempt to
 * install it is said loudly, and under CI=true ends the run.
 */
export async function ensureServers() {
  const missing = () => wanted.filter((w) => !existsSync(w.file));
  if (missing().length > 0) {
    const manager = packageManager();
    if (manager) {
      const [command, ...first] = manager;
      console.log(
        `installing ${missing()
          .map((w) => w.package)
          .join(", ")} for the tests`,
      );
      quietly(command, [...first, "-q", "update"]);
      quietly(command, [
        ...first,
        "-q",
        "install",
        "-y",
        "--no-install-recommends",
        ...missing().map((w) => w.package),
      ]);
    }
  }
  process.env.POSTERN_TEST_SERVERS = wanted
    .filter((w) => existsSync(w.file))
    .map((w) => w.name)
    .join(",");
  if (missing().length === 0) return;
  console.error(
    `\n*** MISSING: ${missing()
      .map((w) => w.name)
      .join(", ")} cannot be installed here. The suites that need`,
  );
  console.error("*** them are SKIPPED, and so are not tested: install these packages and run again:");
  console.error(
    `***   apt-get install ${missing()
      .map((w) => w.package)
      .join(" ")}\n`,
  );
  if (process.env.CI === "true") process.exit(1);
}
