/** The programs that `npm run bench -- screen` runs beside Postern, each with a cache of its own and the same mailbox. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Home, openScreen, type Size } from "../../screen/postern.ts";
import { type Pty, startPty } from "../../screen/pty.ts";
import { serverAvailable, unpacked } from "../../servers/daemon.ts";

export interface Client {
  readonly name: string;
  readonly page: string;
  /** Closes an open message, and opens the one under the cursor. */
  readonly open: string;
  readonly close: string;
  readonly quit: string;
  /** Starts it on the mailbox behind `port`. */
  start(home: Home, size: Size, port: number): Promise<Pty>;
  /** Takes its cache away. */
  forget(home: Home): void;
}

/** With a bar, or with the arrow that is for slow lines. */
export function postern(cursor: "bar" | "arrow"): Client {
  const name = cursor === "bar" ? "postern" : "arrow";
  const own = (home: Home) => join(home.dir, name);
  return {
    name,
    ...{ page: "\x1b[6~", open: "\r", close: "q", quit: "q" },
    start(home, size, port) {
      mkdirSync(own(home), { recursive: true });
      const config = join(own(home), "config.toml");
      writeFileSync(
        config,
        `[screen]\ncursor = "${cursor}"\n[accounts.test]\naddress = "user@example.org"\nimap = "imap+insecure://user@127.0.0.1:${port}"\noffline = "headers"\n`,
      );
      const env = {
        ...home.env,
        POSTERN_CONFIG: config,
        XDG_CACHE_HOME: join(own(home), "cache"),
        XDG_STATE_HOME: join(own(home), "state"),
      };
      return openScreen({ ...home, env }, size);
    },
    forget: (home) => rmSync(own(home), { recursive: true, force: true }),
  };
}

/** One that was unpacked and not installed. */
function besides(name: "neomutt" | "aerc"): Other {
  const { root, libraries } = unpacked(name);
  return { name, file: join(root, "usr/bin", name), env: { LD_LIBRARY_PATH: libraries.join(":") } };
}

interface Other {
  readonly name: "mutt" | "neomutt" | "aerc";
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

function mutt({ name, file, env }: Other): Client {
  return {
    name,
    ...{ page: "z", open: "\r", close: "i", quit: "x" },
    start(home, size, port) {
      const cache = join(home.dir, name);
      mkdirSync(join(cache, "headers"), { recursive: true });
      const settings = [
        `set folder="imap://user@127.0.0.1:${port}/" spoolfile="+INBOX" imap_user=user imap_pass=password`,
        `set header_cache="${cache}/headers" message_cachedir="${cache}" ssl_starttls=no ssl_force_tls=no`,
        "set imap_condstore=yes imap_qresync=yes imap_idle=yes sort=reverse-date-received arrow_cursor=no",
        'set mail_check=60 timeout=60 help=yes record="" postponed=""',
      ];
      writeFileSync(join(cache, "rc"), `${settings.join("\n")}\n`);
      return startPty(file, ["-F", join(cache, "rc"), "-n"], {
        ...size,
        env: { ...home.env, ...env },
        cwd: home.dir,
      });
    },
    forget: (home) => rmSync(join(home.dir, name), { recursive: true, force: true }),
  };
}

const aerc = ({ name, file, env }: Other): Client => ({
  name,
  ...{ page: "\x06", open: "\r", close: ":close\r", quit: ":quit -f\r" },
  start(home, size, port) {
    const config = join(home.dir, "aerc/config/aerc");
    mkdirSync(config, { recursive: true });
    writeFileSync(
      join(config, "accounts.conf"),
      `[test]\nsource = imap+insecure://user:password@127.0.0.1:${port}\ndefault = INBOX\nfrom = user@example.org\ncache-headers = true\n`,
      { mode: 0o600 },
    );
    // What belongs to it: keys, looks.
    const data = join(home.dir, "aerc/data");
    mkdirSync(data, { recursive: true });
    rmSync(join(data, "aerc"), { force: true });
    symlinkSync(join(file, "../../share/aerc"), join(data, "aerc"));
    const own = {
      ...home.env,
      ...env,
      XDG_CONFIG_HOME: join(home.dir, "aerc/config"),
      XDG_CACHE_HOME: join(home.dir, "aerc/cache"),
      XDG_DATA_HOME: data,
    };
    return startPty(file, [], { ...size, env: own, cwd: home.dir });
  },
  forget: (home) => rmSync(join(home.dir, "aerc"), { recursive: true, force: true }),
});

/** Postern, and those others that can be had here; the rest is named. */
export function clients(): Client[] {
  const others = [
    ["mutt", () => mutt({ name: "mutt", file: "mutt", env: {} })],
    ["neomutt", () => mutt(besides("neomutt"))],
    ["aerc", () => aerc(besides("aerc"))],
  ] as const;
  return [
    postern("bar"),
    postern("arrow"),
    ...others.flatMap(([name, client]) => {
      if (serverAvailable(name)) return client();
      console.log(`SKIPPED: ${name} cannot be had here`);
      return [];
    }),
  ];
}
