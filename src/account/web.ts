/** Small questions to web servers, over https: where mail servers are, and for tokens. */
import type { LookupFunction } from "node:net";
import { isLoopback } from "../imap/index.ts";
import { AccountError } from "./errors.ts";

export interface WebRequest {
  /** Sent by POST, as a form. */
  readonly form?: URLSearchParams;
  readonly signal?: AbortSignal;
  /** ms for all of it. */
  readonly timeoutMs?: number;
  /** PEM: these authorities in place of those that Node.js trusts. */
  readonly ca?: string;
  /** In place of the system's own. */
  readonly lookup?: LookupFunction;
  /** In place of the URL's. */
  readonly port?: number;
}

export interface WebAnswer {
  readonly status: number;
  readonly text: string;
  /** Where the server wants us to look instead. */
  readonly location: string | null;
}

const timeout = 15_000;
/** What is asked for is small; more than this is not read. */
const mostOctets = 256 * 1024;

/**
 * Asks, and follows nothing.
 * @throws AccountError PROVIDER: not https (http is for this machine alone), not reached in time, or too much
 */
export async function askWeb(url: URL, options: WebRequest = {}): Promise<WebAnswer> {
  const fail = (why: string) =>
    new AccountError("PROVIDER", `${url.host} ${why}`, "check the network, then try again");
  const clear = url.protocol === "http:";
  if (url.protocol !== "https:" && !(clear && isLoopback(url.hostname)))
    throw fail("is not asked without https");
  const { request } = await (clear ? import("node:http") : import("node:https"));
  const body = options.form?.toString();
  return new Promise((resolve, reject) => {
    const asked = request(
      url,
      {
        method: body === undefined ? "GET" : "POST",
        agent: false,
        headers: {
          accept: "application/json, text/xml;q=0.9, */*;q=0.1",
          "user-agent": "Postern",
          ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
        },
        ...(options.signal ? { signal: options.signal } : {}),
        ...(options.ca === undefined ? {} : { ca: options.ca }),
        ...(options.lookup ? { lookup: options.lookup } : {}),
        ...(options.port === undefined ? {} : { port: options.port }),
      },
      (answer) => {
        const chunks: Buffer[] = [];
        let octets = 0;
        answer.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          octets += chunk.length;
          if (octets > mostOctets) asked.destroy(fail("says more than it was asked"));
        });
        answer.on("error", (error) => asked.destroy(error));
        answer.on("end", () => {
          clearTimeout(timer);
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({ status: answer.statusCode ?? 0, text, location: answer.headers.location ?? null });
        });
      },
    );
    const timer = setTimeout(() => asked.destroy(fail("does not answer")), options.timeoutMs ?? timeout);
    asked.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(
        error instanceof AccountError ? error : fail(`cannot be reached: ${error.code ?? error.message}`),
      );
    });
    asked.end(body);
  });
}
