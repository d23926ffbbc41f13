/** The commands that are a word and an OK. */
import type { Command } from "./command.ts";

/** NOOP (RFC 9051 §6.1.2): news, if there are any. */
export function noop(): Command<void> {
  return {
    name: "NOOP",
    traits: { needs: "any", mayExpunge: true, readOnly: true },
    begin: () => ({ write: (w) => void w.atom("NOOP"), result: () => {} }),
  };
}

/** CAPABILITY (RFC 9051 §6.1.1); the connection keeps what it tells. */
export function capability(): Command<void> {
  return {
    name: "CAPABILITY",
    traits: { needs: "any", readOnly: true, mayExpunge: true },
    begin: () => ({ write: (w) => void w.atom("CAPABILITY"), result: () => {} }),
  };
}

/** LOGOUT (RFC 9051 §6.1.3). */
export function logout(): Command<void> {
  return {
    name: "LOGOUT",
    traits: { needs: "any", barrier: true },
    begin: () => ({ write: (w) => void w.atom("LOGOUT"), result: () => {} }),
  };
}
