// The program as a script meets it: a child process with its own directories, no terminal, stdin closed or given.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findCommand } from "../../src/commands/index.ts";
import { allSchemas, errorSchema } from "../../src/commands/schema.ts";
import type { Cyrus } from "../servers/cyrus.ts";
import type { Dovecot } from "../servers/dovecot.ts";
import { assertFits, faults } from "./schema.ts";

/** What a run of the program came to. */
export interface Ran {
  /** Null where it had to be killed. */
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
}

export interface RunOptions {
  readonly stdin?: Buffer | string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Longer than any run may take; a run that is killed has no status. */
const killAfterMs = 30_000;

/** The contract of `--json`, as far as the tests look. */
export interface Json {
  readonly version: number;
  readonly account?: string;
  readonly warnings?: readonly string[];
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly retryable: boolean;
  };
  readonly folder?: { readonly name: string };
  readonly total?: number;
  readonly items?: readonly {
    readonly uid?: number;
    readonly imapUrl?: string;
    readonly subject?: string;
    readonly from?: unknown;
    readonly keywords?: unknown;
  }[];
  readonly uid?: number;
  readonly uids?: readonly number[];
  readonly sent?: boolean;
  readonly text?: string;
  readonly subject?: string;
  readonly attachments?: readonly { readonly fileName: string }[];
  readonly mediaType?: string;
  readonly data?: string;
}

const schemas = allSchemas();

/** Reads one line of JSON and checks it against the schema: of the command, or of errors. */
export function readJson(line: string, command?: string): Json {
  assert.match(line, /^\{.*\}\n$/);
  const json = JSON.parse(line) as Json;
  if (json.error !== undefined) assertFits(errorSchema, json, line);
  else {
    assert.equal(json.account, "test");
    const name = command === undefined ? undefined : findCommand(command)?.name;
    const fitting = Object.entries(schemas).filter(([, schema]) => faults(schema, json).length === 0);
    if (name === undefined) assert.ok(fitting.length > 0, `no schema fits ${line}`);
    else assertFits(schemas[name] ?? {}, json, line);
  }
  return json;
}

/** A config, a cache and a state directory of one's own. */
export class Home {
  readonly dir: string;
  readonly config: string;

  constructor(config: string) {
    this.dir = mkdtempSync(join(tmpdir(), "postern-cli-"));
    this.config = join(this.dir, "config.toml");
    this.write("config.toml", config);
  }

  /** A home whose one account is on `server`, over TLS; `imap` replaces its address. */
  static on(server: Dovecot | Cyrus, imap = `imaps://${server.user}@localhost:${server.tlsPort}`): Home {
    const home = new Home("");
    home.write("ca.pem", server.ca);
    home.account(imap, [`password-command = "echo ${server.password}"`, 'ca-file = "ca.pem"']);
    return home;
  }

  /** Writes the config anew, with one account and further lines. */
  account(imap: string, lines: readonly string[] = []): void {
    const head = ["[accounts.test]", 'address = "user@example.org"', `imap = "${imap}"`];
    this.write("config.toml", [...head, ...lines, ""].join("\n"));
  }

  write(name: string, text: string | Buffer): string {
    const path = join(this.dir, name);
    mkdirSync(this.dir, { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  get env(): Record<string, string> {
    return {
      PATH: process.env.PATH ?? "",
      HOME: this.dir,
      LANG: "C.UTF-8",
      TZ: "UTC",
      POSTERN_CONFIG: this.config,
      XDG_CONFIG_HOME: join(this.dir, "config"),
      XDG_CACHE_HOME: join(this.dir, "cache"),
      XDG_STATE_HOME: join(this.dir, "state"),
      XDG_RUNTIME_DIR: join(this.dir, "run"),
    };
  }

  /** Runs `postern ...args`; stdin is closed where nothing is given. */
  run(args: readonly string[], { stdin, env, cwd }: RunOptions = {}): Promise<Ran> {
    return runProgram(`${process.cwd()}/bin/postern`, args, { ...this.env, ...env }, stdin, cwd);
  }

  /** Runs a shell line in which `postern` is the program. */
  shell(line: string): Promise<Ran> {
    const path = `${process.cwd()}/bin:${this.env.PATH}`;
    return runProgram("/bin/bash", ["-o", "pipefail", "-c", line], { ...this.env, PATH: path }, undefined);
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

function runProgram(
  file: string,
  args: readonly string[],
  env: Record<string, string>,
  stdin: Buffer | string | undefined,
  cwd?: string,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(file, args, {
      env,
      cwd,
      stdio: [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.stdin?.on("error", () => {}).end(stdin);
    child.on("error", reject);
    child.on("close", (status) => {
      clearTimeout(timer);
      const all = Buffer.concat(stdout);
      resolve({
        status,
        stdout: all,
        out: all.toString("utf8"),
        err: Buffer.concat(stderr).toString("utf8"),
        ms: performance.now() - started,
      });
    });
  });
}
