import type { Capabilities } from "../capabilities.ts";
import type { Tagged, Untagged } from "../response/response.ts";
import type { Writer } from "../wire/writer.ts";
import type { Command } from "./command.ts";

/** What makes up a question that a few untagged responses answer. */
export interface Query<R> {
  /** As it is called in the RFC. */
  readonly name: string;
  /** Two questions with the same key have answers that cannot be told apart: they wait for one another. */
  readonly key: string;
  /** It changes something after all. */
  readonly changes?: boolean;
  /** @throws ImapError ARGUMENT, UNSUPPORTED */
  write(w: Writer, capabilities: Capabilities): void;
  /** What is known with this response; undefined where it is no answer to this. */
  read(response: Untagged, known: R): R | undefined;
  /** What is known with the OK. */
  done?(known: R, done: Tagged): R;
}

/** The command that asks the question. @param nothing what is known before any answer */
export function query<R>(question: Query<R>, nothing: R): Command<R> {
  const { name, key } = question;
  return {
    name,
    traits: {
      needs: "authenticated",
      readOnly: !question.changes,
      mayExpunge: true,
      ambiguous: { key },
    },
    begin({ capabilities }) {
      let known = nothing;
      return {
        write: (w) => question.write(w, capabilities),
        untagged(response) {
          const told = question.read(response, known);
          if (told === undefined) return false;
          known = told;
          return true;
        },
        result: (done) => question.done?.(known, done) ?? known,
      };
    },
  };
}
