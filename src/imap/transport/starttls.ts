/**
 * STARTTLS, required (RFC 9051 §6.2.1): the few lines that are exchanged in the clear, apart from everything else. All
 * that is learned here is forgotten, since the connection proper begins behind TLS.
 */
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { Capabilities } from "../capabilities.ts";
import { asImapError, ImapError } from "../errors.ts";
import { parseResponse, type Response } from "../response/response.ts";
import { Framer } from "../wire/framer.ts";

function stripped(what: string): ImapError {
  return new ImapError("INSECURE", what, {
    hint: "Use port 993 with TLS from the start. If this worked before, someone may be tampering with the connection.",
  });
}

/** Resolves when the server has agreed and the socket is silent: TLS may begin. @throws ImapError INSECURE, … */
export function negotiateStartTls(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const tag = `S${randomBytes(4).toString("hex")}`;
    let step: "greeting" | "capability" | "starttls" | "done" = "greeting";
    const finish = (error: ImapError | null) => {
      if (step === "done") return;
      step = "done";
      socket.off("data", received);
      socket.off("error", lost);
      socket.off("close", closed);
      socket.pause();
      framer.stop(error ?? new ImapError("CLOSED", "TLS begins."));
      if (error) reject(error);
      else resolve();
    };
    const ask = (next: "capability" | "starttls", command: string) => {
      step = next;
      socket.write(`${tag}${next === "capability" ? "a" : "b"} ${command}\r\n`);
    };
    const withCapabilities = (names: readonly string[]) => {
      if (new Capabilities(names).has("STARTTLS")) ask("starttls", "STARTTLS");
      else finish(stripped("The server does not offer STARTTLS."));
    };
    const answer = (response: Response) => {
      if (step === "greeting") greeting(response);
      else if (response.kind === "condition" && response.condition === "BYE")
        finish(new ImapError("BYE", "The server closed the connection.", { serverText: response.text }));
      else if (step === "capability" && response.kind === "capability")
        withCapabilities(response.capabilities);
      else if (response.kind === "tagged" && response.tag === `${tag}b` && step === "starttls")
        agreed(response);
      else if (response.kind === "tagged" && response.tag !== `${tag}a`)
        finish(stripped("The server answered a command that was not sent."));
      else if (response.kind === "tagged" && step === "capability")
        finish(stripped("The server did not say whether it offers STARTTLS."));
    };
    const greeting = (response: Response) => {
      if (response.kind !== "condition")
        finish(new ImapError("SYNTAX", "The server did not greet as IMAP does."));
      else if (response.condition === "PREAUTH")
        finish(
          stripped("The server says we are logged in already, before TLS: that would skip the protection."),
        );
      else if (response.condition !== "OK")
        finish(new ImapError("BYE", "The server turned us away.", { serverText: response.text }));
      else if (response.code?.kind === "capability") withCapabilities(response.code.capabilities);
      else ask("capability", "CAPABILITY");
    };
    const agreed = (response: Response & { kind: "tagged" }) => {
      if (response.condition !== "OK") finish(stripped("The server refused STARTTLS."));
      // What came in the same breath was injected: it must not be read as if it came behind TLS.
      else if (framer.unread || socket.readableLength > 0)
        finish(stripped("Someone slipped text in before TLS began."));
      else finish(null);
    };
    const framer = new Framer({
      response: (bytes) => answer(parseResponse(bytes)),
      literal: () => undefined,
      sinkFailed: () => {},
      pause: () => {},
      resume: () => {},
    });
    const received = (chunk: Buffer) => {
      try {
        framer.push(chunk);
      } catch (error) {
        finish(asImapError(error, "SYNTAX"));
      }
    };
    const lost = (error: Error) => finish(asImapError(error));
    const closed = () => finish(new ImapError("CLOSED", "The server closed the connection before TLS."));
    socket.on("data", received);
    socket.on("error", lost);
    socket.on("close", closed);
  });
}
