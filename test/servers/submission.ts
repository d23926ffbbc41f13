// Dovecot's submission and IMAP services, for one user's mail, and a relay behind that delivers to the same Dovecot by LMTP.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { account, freePorts, serverMissing } from "./daemon.ts";
import { type Dovecot, type DovecotOptions, startDovecot } from "./dovecot.ts";
import { type Relay, startRelay } from "./relay.ts";

export interface SubmissionServer {
  /** IMAP and mailboxes. `me` sends; all others of `users` receive, at any domain. */
  readonly dovecot: Dovecot;
  readonly relay: Relay;
  /** Offers STARTTLS. */
  readonly port: number;
  readonly tlsPort: number;
  /** PEM file of the authority of its certificate. */
  readonly caFile: string;
  /** The configuration of an account of `me`, with further lines. */
  config(...lines: readonly string[]): string;
  /** The messages in a user's INBOX, as LMTP has stored them but for what it put before them; in no order. */
  received(user: string): Buffer[];
  stop(): Promise<void>;
}

/** For the `skip` option of a test. */
export function submissionMissing(): string | false {
  return serverMissing("dovecot") || serverMissing("submission") || serverMissing("lmtp");
}

/** What delivery puts before a message (RFC 5321 §4.4). */
const trace = /^(?:(?:Return-Path|Delivered-To|Received):[^\n]*\n(?:[ \t][^\n]*\n)*)+/;

function configuration(relay: number, [port, tlsPort]: readonly [number, number]): string {
  const { user, group } = account;
  return `
protocols = imap submission lmtp
hostname = localhost
auth_username_format = %Ln
mail_save_crlf = yes
submission_relay_host = 127.0.0.1
submission_relay_port = ${relay}
submission_max_mail_size = 200M
submission_backend_capabilities = 8BITMIME DSN
lmtp_save_to_detail_mailbox = no
lmtp_rcpt_check_quota = no
service submission-login {
  chroot =
  inet_listener submission {
    port = ${port}
  }
  inet_listener submissions {
    port = ${tlsPort}
    ssl = yes
  }
}
service lmtp {
  user = ${user}
  unix_listener lmtp {
    user = ${user}
    group = ${group}
    mode = 0600
  }
}
`;
}

export async function startSubmission(options: DovecotOptions = {}): Promise<SubmissionServer> {
  let dovecot: Dovecot | null = null;
  const relay = await startRelay(() => join(dovecot?.dir ?? "", "run/lmtp"));
  const [port = 0, tlsPort = 0] = await freePorts(2);
  const started = await startDovecot({
    users: { me: "secret", ann: "password", bob: "password" },
    ...options,
    config: `${configuration(relay.port, [port, tlsPort])}${options.config ?? ""}`,
  }).catch(async (error: unknown) => {
    await relay.stop();
    throw error;
  });
  dovecot = started;
  const caFile = join(started.dir, "authority.pem");
  writeFileSync(caFile, started.ca);
  return {
    dovecot: started,
    relay,
    port,
    tlsPort,
    caFile,
    config: (...lines) =>
      [
        "[accounts.test]",
        'address = "me@example.org"',
        `imap = "imaps://me@localhost:${started.tlsPort}"`,
        `smtp = "submissions://me@localhost:${tlsPort}"`,
        'password-command = "echo secret"',
        `ca-file = "${caFile}"`,
        ...lines,
        "",
      ].join("\n"),
    received(user) {
      const root = join(started.dir, "mail", user);
      return ["new", "cur"].flatMap((part) =>
        readdirSync(join(root, part)).map((name) => {
          const whole = readFileSync(join(root, part, name));
          const before = trace.exec(whole.toString("latin1", 0, 8192))?.[0] ?? "";
          return whole.subarray(before.length);
        }),
      );
    },
    async stop() {
      await started.stop();
      await relay.stop();
    },
  };
}
