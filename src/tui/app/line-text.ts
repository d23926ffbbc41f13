/** The line to the server in a few words: at most half of 80 columns, with what waits beside it. */
import type { LineState } from "../../mail/index.ts";

/** All is well. */
export const quiet = "● online";

/** Shorter waits are nothing to be told. */
const noticedMs = 3_000;

/** Why there is no line, where that is worth a word. */
const reasons: Readonly<Record<string, string>> = {
  REFUSED: "refused",
  UNRESOLVED: "no address",
  TIMEOUT: "no answer",
  CLOSED: "cut",
  BYE: "closed",
  TLS: "TLS",
  CERTIFICATE: "certificate",
  INSECURE: "insecure",
  AUTH: "login",
  NO_PASSWORD: "password",
  PASSWORD_COMMAND: "password",
  KEYRING: "keyring",
  NOT_ALLOWED: "access",
  OAUTH: "access",
  PROVIDER: "provider",
};

const seconds = (ms: number) => `${Math.max(0, Math.ceil(ms / 1000))} s`;

/** A line is slow from here on, and told in steps of so much, as it is never twice the same. */
const slowMs = 200;
const stepMs = 50;

/** Whether there is no line, or nothing has come over it for so long that it is doubtful whether anything will. */
export function isLate(state: LineState, now: number): boolean {
  if (state.kind === "online") return state.waitedMs >= noticedMs;
  return state.kind !== "connecting" || now - state.since >= noticedMs;
}

/** `now` in milliseconds since the epoch; `latencyMs` is how long an answer takes. */
export function lineText(state: LineState, now: number, latencyMs: number | null = null): string {
  switch (state.kind) {
    case "online":
      if (isLate(state, now)) return `◌ waiting for the server (${seconds(state.waitedMs)})`;
      return (latencyMs ?? 0) < slowMs ? quiet : `${quiet} ${Math.round(latencyMs! / stepMs) * stepMs} ms`;
    case "connecting": {
      const ms = now - state.since;
      return ms < noticedMs ? "◌ connecting" : `◌ connecting (${seconds(ms)})`;
    }
    case "offline":
      return "○ off line";
    case "down": {
      const code: unknown = Reflect.get(state.error, "code");
      const reason = typeof code === "string" ? reasons[code] : undefined;
      const why = reason === undefined ? "" : ` (${reason})`;
      if (state.retryAt === null) return `○ off line${why}, $ tries again`;
      return `○ off line${why}, again in ${seconds(state.retryAt - now)}`;
    }
  }
}
