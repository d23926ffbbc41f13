// What tests hand over: an account for the submission server, and messages whose every octet is known.
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { type Account, keepingDefaults } from "../../src/account/config.ts";
import type { Security } from "../../src/account/settings.ts";
import { AccessToken, ImapError, Secret } from "../../src/imap/index.ts";
import { Pieces } from "../../src/mail/pieces.ts";
import { type Handover, SubmissionError, type SubmissionErrorCode } from "../../src/send/submission/index.ts";
import type { SubmissionServer } from "../servers/submission.ts";

/** An account that hands in at `port` of localhost. */
export function accountAt(port: number, security: Security, caFile: string | null, user = "me"): Account {
  const host = "localhost";
  return {
    name: "test",
    address: "me@example.org",
    imap: { security: "tls", host: "imap.invalid", port: 993, user },
    smtp: { security, host, port, user },
    passwordCommand: null,
    caFile,
    pin: null,
    ...keepingDefaults,
  };
}

/** The same, at a real server. */
export function accountOf(server: SubmissionServer, security: Security = "tls", user = "me"): Account {
  return accountAt(security === "tls" ? server.tlsPort : server.port, security, server.caFile, user);
}

/** Hands `message` over for `to`; what is given besides wins. */
export function handover(account: Account, message: Buffer, more: Partial<Handover> = {}): Handover {
  return {
    account,
    credentials: async () => new Secret("secret"),
    envelope: { from: "me@example.org", to: ["ann@example.org"] },
    // In pieces of no round size, so that lines are cut anywhere.
    message: () => Readable.from(pieces(message, 7919)),
    size: message.length,
    ...more,
  };
}

export function* pieces(message: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < message.length; at += size) yield message.subarray(at, at + size);
}

export const token = (text: string) => async () => new AccessToken(text);

/** A message with its own subject, and lines that begin with dots. */
export function text(subject: string, body = "Hello\r\n.\r\n..dots\r\n. and\r\n.\r\n"): Buffer {
  return Buffer.from(
    `From: me@example.org\r\nTo: ann@example.org\r\nSubject: ${subject}\r\nMIME-Version: 1.0\r\n\r\n${body}`,
  );
}

/** For assert.rejects: a submission error of this code that says so, itself or in the server's words. */
export const fails =
  (code: SubmissionErrorCode, says = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof SubmissionError, String(error instanceof Error ? error.stack : error));
    assert.equal(error.code, code, `${error.message} ${error.reply?.text ?? ""}`);
    assert.match(`${error.message} ${error.reply?.code ?? ""} ${error.reply?.text ?? ""}`, says);
    assert.ok(error.hint.length >= 10);
    return true;
  };

/** What lies on no server can be sent without one. */
export const noServer = new Pieces({
  ...{ host: "localhost", user: "me", serverPath: (path) => path },
  connected: () => Promise.reject(new ImapError("CLOSED", "there is no server")),
  another: () => Promise.reject(new ImapError("CLOSED", "there is no server")),
});
