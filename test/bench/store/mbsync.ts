/** mbsync (isync) as a person would set it up to keep one mailbox in a maildir. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serverAvailable, unpacked } from "../../servers/daemon.ts";
import { type Measured, measured } from "./measure.ts";

export const mbsyncMissing = () => !serverAvailable("isync");

/** Without DEFLATE, which costs it a fifth of its speed on loopback. */
export async function mbsync(
  { port, mailbox, dir }: { port: number; mailbox: string; dir: string },
  fsync: boolean,
): Promise<Measured> {
  mkdirSync(join(dir, "mail"), { recursive: true });
  const rc = join(dir, "mbsyncrc");
  writeFileSync(
    rc,
    `${fsync ? "" : "FSync no\n\n"}IMAPAccount test
Host 127.0.0.1
Port ${port}
User user
Pass password
SSLType None
AuthMechs LOGIN
DisableExtension COMPRESS=DEFLATE

IMAPStore remote
Account test

MaildirStore local
Path ${dir}/mail/
Inbox ${dir}/mail/INBOX
SubFolders Verbatim

Channel test
Far :remote:"${mailbox}"
Near :local:copy
Sync Pull
Create Near
SyncState ${dir}/state-
`,
  );
  const { root, libraries } = unpacked("isync");
  return measured(join(root, "usr/bin/mbsync"), ["-q", "-c", rc, "test"], {
    LD_LIBRARY_PATH: libraries.join(":"),
    HOME: dir,
  });
}
