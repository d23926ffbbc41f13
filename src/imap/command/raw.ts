/** A command as a person typed it, for who wants to see what the server says to it. */
import { ImapError } from "../errors.ts";
import type { Command } from "./command.ts";

/** What is not for the person, as the session would no longer know how things stand, and what does it instead. */
const refused: Readonly<Record<string, string>> = {
  LOGIN: "we are logged in",
  AUTHENTICATE: "we are logged in",
  STARTTLS: "this is decided when the connection is made",
  COMPRESS: "this is decided when the connection is made",
  UNAUTHENTICATE: "this is for who logs in again",
  LOGOUT: "quitting says it",
  IDLE: "this is done whenever there is nothing else to do",
  DONE: "this is said by itself",
  ENABLE: "it changes how all that follows is to be read",
  NOTIFY: "this is asked for by itself",
  SELECT: "a mailbox is selected by opening it",
  EXAMINE: "a mailbox is selected by opening it",
  CLOSE: "a mailbox is left by opening another one",
  UNSELECT: "a mailbox is left by opening another one",
};

/** The name of the command in a typed line: `UID FETCH`, `NOOP`. Upper case. */
export function rawName(line: string): string {
  const [first = "", second = ""] = line.trim().toUpperCase().split(/\s+/, 2);
  return first === "UID" ? `${first} ${second}`.trim() : first;
}

/**
 * The command `line`, without a tag. `onResponse` gets every response until it is answered, the last one being the
 * answer, as it came: valid during the call only; literals above `limits.inlineLiteral` are left out. NO and BAD are
 * answers like any other. What changes the session behind its back is refused, with ImapError ARGUMENT, and so is what
 * needs a literal.
 */
export function raw(line: string, onResponse: (bytes: Buffer) => void): Command<void> {
  const text = line.trim();
  const name = rawName(text);
  return {
    name: name === "" ? "An empty line" : name,
    traits: { needs: "any", barrier: true, mayExpunge: true },
    begin: () => ({
      write(w) {
        const why = Object.hasOwn(refused, name) ? refused[name] : undefined;
        if (why !== undefined) throw new ImapError("ARGUMENT", `${name} cannot be sent here: ${why}.`);
        if (/\{\d+\+?\}$/.test(text))
          throw new ImapError("ARGUMENT", "What needs a literal cannot be typed in one line.");
        w.line(text);
      },
      heard: onResponse,
      tolerates: () => true,
      result: () => {},
    }),
  };
}
