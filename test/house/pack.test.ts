// What `npm pack` gives: a package that a stranger installs into an empty place, and that runs with nothing of ours beside it.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import packageJson from "../../package.json" with { type: "json" };
import { Home } from "../cli/postern.ts";
import { serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { startRegistry } from "../servers/registry.ts";

const execute = promisify(execFile);

describe("the package", () => {
  const dir = mkdtempSync(join(tmpdir(), "postern-pack-"));
  const prefix = join(dir, "prefix");
  const home = join(dir, "home");
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: home,
    LANG: "C.UTF-8",
    npm_config_update_notifier: "false",
  };
  let files: string[] = [];
  let asked: readonly string[] = [];

  before(async () => {
    mkdirSync(home);
    // The bundle is there already; made anew, it would change under the programs that other suites run.
    const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", dir];
    const { stdout } = await execute("npm", pack, { env });
    const told: unknown = JSON.parse(stdout);
    const [made] = (Array.isArray(told) ? told : Object.values(told ?? {})) as [
      { filename: string; files: { path: string }[] },
    ];
    files = made.files.map(({ path }) => path);
    const registry = await startRegistry();
    try {
      const tarball = join(dir, made.filename);
      // Scripts are those of keytar and SQLite, which fetch or build what the tarballs do not hold.
      const options = [
        "--ignore-scripts",
        "--registry",
        registry.url,
        "--prefix",
        prefix,
        "--no-audit",
        "--no-fund",
      ];
      await execute("npm", ["install", "--global", ...options, tarball], { cwd: home, env });
      asked = [...registry.asked];
    } finally {
      await registry.stop();
    }
  });
  after(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));

  it("holds the program, its manual and its papers, and nothing of how it is made", () => {
    const others = files.filter(
      (path) =>
        !/^(bin\/postern|dist\/[\w-]+\.(js|txt)|man\/[\w-]+\.[157]|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/.test(
          path,
        ),
    );
    assert.deepEqual(others, []);
    const pages = readdirSync("man").filter((name) => /\.[157]$/.test(name));
    assert.ok(pages.length >= 4);
    for (const page of pages) assert.ok(files.includes(`man/${page}`), page);
    assert.deepEqual([...packageJson.man].sort(), pages.map((page) => `./man/${page}`).sort());
    for (const path of ["bin/postern", "dist/postern.js", "dist/licenses.txt"])
      assert.ok(files.includes(path), path);
  });

  it("needs no package but the keyring's and SQLite's", () => {
    const needed = [
      ...Object.keys(packageJson.dependencies),
      ...Object.keys(packageJson.optionalDependencies),
    ];
    assert.deepEqual(needed.sort(), ["@photostructure/sqlite", "keytar"]);
    for (const name of needed) assert.ok(asked.includes(name), name);
    assert.ok(!asked.some((name) => /^(ink|react|yargs|mailparser)$/.test(name)), asked.join(" "));
  });

  it("puts the command and the manual where they are found", async () => {
    const { stdout } = await execute(join(prefix, "bin/postern"), ["--version"], { cwd: home, env });
    assert.equal(stdout, `postern ${packageJson.version}\n`);
    for (const page of ["man1/postern.1", "man5/postern-config.5", "man7/postern-keys.7"])
      assert.ok(existsSync(join(prefix, "share/man", page)), page);
  });

  const postern = (...args: string[]) =>
    spawnSync(join(prefix, "bin/postern"), args, {
      cwd: home,
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });

  it("helps, and says what it wants where there is no terminal", () => {
    const help = postern("--help");
    assert.deepEqual([help.status, help.stderr], [0, ""]);
    for (const word of ["list", "search", "account", "--json"]) assert.ok(help.stdout.includes(word), word);
    const list = postern("list", "--help");
    assert.deepEqual([list.status, list.stderr], [0, ""]);
    assert.match(list.stdout, /--threads/);
    // What is wrong, and what to do; no stack.
    const sentence = /^postern: [^\n]+\n {2}[^\n]+\n$/;
    for (const [status, ...line] of [[64], [78, "list"], [64, "account", "add"]] as const) {
      const ran = postern(...line);
      assert.deepEqual([ran.status, ran.stdout], [status, ""], `postern ${line.join(" ")}: ${ran.stderr}`);
      assert.match(ran.stderr, sentence);
    }
  });

  it("brings a manual and completions that are read without a warning", () => {
    const pages = files.filter((path) => path.startsWith("man/"));
    const man = spawnSync("man", ["--version"]).status === 0;
    for (const page of man ? pages : []) {
      const path = join(prefix, "lib/node_modules/postern", page);
      const read = spawnSync("man", ["--warnings", "-l", path], {
        env: { ...env, MANPAGER: "cat", MANWIDTH: "80" },
        encoding: "utf8",
      });
      assert.deepEqual([read.status, read.stderr], [0, ""], page);
      assert.ok(read.stdout.length > 500, page);
    }
    const load = {
      bash: 'eval "$(postern completion bash)"',
      zsh: 'autoload -Uz compinit; compinit -D; eval "$(postern completion zsh)"',
      fish: "postern completion fish | source",
    };
    for (const [shell, line] of Object.entries(load)) {
      if (spawnSync(shell, ["-c", "exit 0"]).status !== 0) continue;
      const loaded = spawnSync(shell, ["-c", line], {
        env: { ...env, PATH: `${join(prefix, "bin")}:${env.PATH}` },
        encoding: "utf8",
      });
      assert.deepEqual([loaded.status, loaded.stdout, loaded.stderr], [0, "", ""], shell);
    }
  });

  it("lists and reads mail, for who has nothing yet", { skip: serverMissing("dovecot") }, async () => {
    const server = await startDovecot();
    server.deliver("INBOX", [sampleMessage({ n: 1, subject: "From far away" })]);
    const at = Home.on(server);
    try {
      const run = async (...args: string[]) => {
        const { stdout } = await execute(join(prefix, "bin/postern"), args, {
          cwd: home,
          env: { ...at.env, PATH: env.PATH },
        });
        return stdout;
      };
      assert.match(await run("list"), /\tFrom far away\n$/);
      assert.match(await run("fetch", "1"), /^Subject: From far away$/m);
      assert.match(await run("folders", "--json"), /"role":"inbox"/);
      at.account(`imaps://user@localhost:${server.tlsPort}`, [
        'password-command = "echo wrong"',
        'ca-file = "ca.pem"',
      ]);
      const refused = spawnSync(join(prefix, "bin/postern"), ["check"], {
        env: { ...at.env, PATH: env.PATH },
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
      assert.deepEqual([refused.status, refused.stdout], [77, ""]);
      assert.match(
        refused.stderr,
        /^postern: The server did not let us in\.\n {2}the server says: [^\n]+\n {2}[^\n]+\n$/,
      );
      assert.doesNotMatch(refused.stderr, /^ +at /m);
    } finally {
      await server.stop();
      at.remove();
    }
  });
});
