/** `postern demo`: the program as it is, on a server of its own with sample mail; nothing is kept. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepingDefaults } from "../account/config.ts";
import { UsageError } from "../commands/index.ts";
import { startDemo } from "../demo/index.ts";
import { Secret } from "../imap/index.ts";
import { Mail } from "../mail/index.ts";
import { runScreen } from "../tui/index.ts";

export async function demo(): Promise<number> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UsageError("the demo needs a terminal", "run it in one");
  }
  const server = await startDemo({ arrivals: true });
  const dir = mkdtempSync(join(tmpdir(), "postern-demo-"));
  try {
    const mail = Mail.open({
      account: {
        name: "demo",
        address: server.user,
        imap: { security: "none", host: "127.0.0.1", port: server.port, user: server.user },
        passwordCommand: null,
        caFile: null,
        pin: null,
        ...keepingDefaults,
      },
      directories: { cacheDir: join(dir, "cache"), stateDir: join(dir, "state") },
      password: () => Promise.resolve(new Secret(server.password)),
      offline: false,
      keepOnline: true,
    });
    return await runScreen({
      open: [() => mail],
      settings: {
        keyBar: true,
        cursor: "bar",
        keymap: "default",
        theme: "auto",
        colours: { light: {}, dark: {} },
        mouse: false,
        images: "auto",
        threads: false,
        preview: false,
        spoken: false,
        folder: "INBOX",
        unified: ["@inbox"],
      },
      keysOf: () => [],
    });
  } finally {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
