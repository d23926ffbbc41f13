// A writing desk on Dovecot and its submission service, with both lines counted, and those who get what is sent.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Account, keepingDefaults } from "../../src/account/config.ts";
import { Secret } from "../../src/imap/index.ts";
import { Mail } from "../../src/mail/index.ts";
import { Desk } from "../../src/send/desk.ts";
import { type FaultProxy, faultProxy } from "../servers/faults.ts";
import { type SubmissionServer, startSubmission } from "../servers/submission.ts";

/** What Dovecot needs to give URLs (URLAUTH), and with them BURL. */
export const urlauth = "imap_urlauth_host = localhost\nmail_attribute_dict = file:%h/attributes\n";

export interface TestDesk {
  readonly server: SubmissionServer;
  readonly imap: FaultProxy;
  readonly smtp: FaultProxy;
  readonly mail: Mail;
  readonly desk: Desk;
  /** Another desk of the account, whose local copy knows nothing yet. */
  another(account?: Partial<Account>): Desk;
  stop(): Promise<void>;
}

export async function startDesk(config: string, more: Partial<Account> = {}): Promise<TestDesk> {
  const server = await startSubmission({ config });
  const [imap, smtp] = [await faultProxy(server.dovecot.port), await faultProxy(server.port)];
  const dir = mkdtempSync(join(tmpdir(), "postern-desk-"));
  const open: Mail[] = [];
  const another = (change: Partial<Account> = {}): Desk => {
    const place = join(dir, String(open.length));
    const line = { security: "none", host: "localhost", user: "me" } as const;
    const mail = Mail.open({
      account: {
        ...{ name: "test", address: "me@example.org", passwordCommand: null, caFile: null, pin: null },
        ...keepingDefaults,
        imap: { ...line, port: imap.port },
        smtp: { ...line, port: smtp.port },
        ...more,
        ...change,
      },
      directories: { cacheDir: join(place, "cache"), stateDir: join(place, "state") },
      password: async () => new Secret("secret"),
      offline: false,
      keepOnline: false,
    });
    open.push(mail);
    return new Desk(mail);
  };
  const desk = another();
  return {
    ...{ server, imap, smtp, desk, mail: desk.mail, another },
    async stop() {
      for (const mail of open) await mail.close();
      await imap.stop();
      await smtp.stop();
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Octets that went over a line in both directions since it was last reset. */
export function octets({ passed }: FaultProxy): number {
  return passed.up + passed.down;
}

export function reset(...lines: readonly FaultProxy[]): void {
  for (const line of lines) line.fault = null;
}

export async function whole(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
