import type { Composition } from "../../send/composition.ts";
import type { Desk } from "../../send/desk.ts";
import type { Entry } from "../../send/outbox/entry.ts";
import type { Result } from "../result.ts";

export type Written = Extract<Result, { kind: "written" }>;

/** What became of a message, in a sentence; `of`: its entry in the outbox or its draft. */
export function written(
  state: Written["state"],
  text: string,
  { id = null, messageId = null }: { readonly id?: string | null; readonly messageId?: string | null } = {},
  notes: readonly string[] = [],
): Written {
  return { kind: "written", state, text, id, messageId, notes };
}

/** From what asks most of the person to what asks least. */
const states: readonly Written["state"][] = ["waits", "scheduled", "draft", "sent", "nothing"];

/**
 * Does one after the other, also where one fails, and tells it as one; of the failures the first is thrown at the end.
 * At least one.
 */
export async function allOf(works: readonly (() => Promise<Written>)[]): Promise<Written> {
  const results: Written[] = [];
  const failures: unknown[] = [];
  for (const work of works)
    await work().then(
      (one) => results.push(one),
      (error) => failures.push(error),
    );
  if (failures.length > 0) throw failures[0];
  const [first] = results;
  if (first === undefined) throw new Error("there is nothing to do");
  if (results.length === 1) return first;
  const state = states.find((one) => results.some((result) => result.state === one)) ?? first.state;
  const texts = [...new Set(results.map(({ text }) => text))];
  const text = texts.length === 1 ? `${results.length} messages: ${texts[0]}` : texts.join("; ");
  const notes = [...new Set(results.flatMap((result) => result.notes))];
  return written(state, text, {}, notes);
}

export interface Wish {
  /** Its text is there: the person looks it over, and edits it if they want to. */
  readonly complete: boolean;
  /** It was begun before, and is kept whatever happens. */
  readonly begun: boolean;
  /** When it is to go out, in milliseconds since the epoch; null: at once, but for the time to call it back. */
  readonly notBefore: number | null;
}

/** A person who writes: by whom a message is edited and looked over, and who decides what becomes of it. */
export interface Writer {
  write(composition: Composition, wish: Wish): Promise<Written>;
  /** Gives the person the terminal until `work` settles: what runs there may ask them, as gpg does for a passphrase. */
  lend<T>(work: () => Promise<T>): Promise<T>;
  /** A message is in the outbox, and goes by itself at its time; absent where messages are waited for, and asked about at the terminal. */
  posted?(desk: Desk, entry: Entry): void;
}
