// A real Courier IMAP for the tests: everything it owns lies in one temporary directory, and it listens on loopback only.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { account, makeDirectory, owned, unpacked } from "./daemon.ts";

export interface Courier {
  host: "127.0.0.1";
  /** Clear text, and logged in from the start: Courier greets with PREAUTH. */
  port: number;
  dir: string;
  /** Ends the server and removes its directory. */
  stop(): Promise<void>;
}

const { root, libraries } = unpacked("courier");

/** What its own settings file offers, and what its comments say may be added. */
const capability =
  "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA ACL IDLE";

/**
 * Starts a Courier of one's own. Its login asks a daemon whose socket cannot be elsewhere than in the system's /run, so
 * each connection here is given to its imapd as one that has logged in already.
 */
export async function startCourier(): Promise<Courier> {
  const dir = mkdtempSync(join(tmpdir(), "postern-courier-"));
  owned(dir);
  for (const part of ["cur", "new", "tmp"]) makeDirectory(join(dir, "Maildir", part));
  const session = dir.slice(-6);
  const environment = {
    LD_LIBRARY_PATH: libraries.join(":"),
    GAM_CLIENT_ID: session,
  };
  // Tells imapd when the maildir changes; without one of ours, imapd would start one that outlives us.
  const watcher = spawn(join(root, "usr/libexec/gam_server"), ["--notimeout", session], {
    stdio: "ignore",
    ...account.as,
    env: environment,
  });
  const sockets = new Set<Socket>();
  const children = new Set<ChildProcess>([watcher]);
  const server = createServer((socket) => {
    sockets.add(socket);
    const child = spawn(join(root, "usr/bin/imapd"), ["Maildir"], {
      cwd: dir,
      stdio: ["pipe", "pipe", "ignore"],
      ...account.as,
      env: {
        ...environment,
        AUTHENTICATED: "user",
        AUTHADDR: "user",
        HOME: dir,
        MAILDIR: "Maildir",
        MAILDIRQUOTA: "1000000000S",
        TCPREMOTEIP: "127.0.0.1",
        IMAP_CAPABILITY: capability,
        IMAP_KEYWORDS: "1",
        IMAP_ACL: "1",
        IMAP_USELOCKS: "1",
        IMAP_ENHANCEDIDLE: "1",
        IMAP_IDLE_TIMEOUT: "1",
        IMAP_TRASHFOLDERNAME: "Trash",
      },
    });
    children.add(child);
    child.once("exit", () => {
      children.delete(child);
      socket.end();
    });
    for (const stream of [socket, child.stdin, child.stdout]) stream.on("error", () => socket.destroy());
    socket.once("close", () => {
      sockets.delete(socket);
      child.stdin.end();
    });
    socket.pipe(child.stdin);
    child.stdout.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const abandon = () => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  };
  process.once("exit", abandon);
  return {
    host: "127.0.0.1",
    port,
    dir,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
      process.off("exit", abandon);
      const ended = [...children].map((child) => once(child, "exit"));
      for (const child of children) child.kill("SIGTERM");
      await Promise.all(ended);
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
