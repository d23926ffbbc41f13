/**
 * Leaving a mailing list by one POST (RFC 8058). The only thing here that goes to another host than the mail server;
 * whoever calls it has asked the person.
 */
import { request } from "node:https";
import { MailError } from "./errors.ts";

const form = "List-Unsubscribe=One-Click";
const timeoutMs = 20_000;

/**
 * Posts to the https address that the sender gives, without cookies, without following redirects (RFC 8058 §3.1).
 * Resolves once the server has said that it is done; throws MailError "UNSUBSCRIBE", or "CANCELLED".
 */
export function postOneClick(page: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const { host } = new URL(page);
    const failed = (why: string) => reject(new MailError("UNSUBSCRIBE", why, "it may have a page for this"));
    const posting = request(
      page,
      {
        method: "POST",
        agent: false,
        signal,
        timeout: timeoutMs,
        headers: {
          "Content-Type": "application/x-www-form-urlencoded",
          "Content-Length": Buffer.byteLength(form),
        },
      },
      (response) => {
        // What it says beyond the status is of no use.
        response.destroy();
        const { statusCode = 0 } = response;
        if (statusCode >= 200 && statusCode < 300) resolve();
        else failed(`${host} answered ${statusCode}`);
      },
    );
    posting.on("timeout", () => posting.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    posting.on("error", (error) => {
      if (signal.aborted)
        reject(new MailError("CANCELLED", "stopped: whether you left is not known", "try again"));
      else failed(`${host}: ${error.message}`);
    });
    posting.end(form);
  });
}
