/** Somebody who may be meant, and whence they are known. */
import type { Person } from "../../message/types.ts";

export const contactSources = ["alias", "written", "card", "command", "wrote", "oneself"] as const;

/** Whence somebody is known; `written`: the person wrote to them, `wrote`: they wrote to the person. */
export type ContactSource = (typeof contactSources)[number];

export interface Contact extends Person {
  readonly source: ContactSource;
  /** The alias by which they were found; several may have the same. */
  readonly alias: string | null;
  /** Messages to them and from them that are known of. */
  readonly written: number;
  readonly wrote: number;
  /** When the last of either was; 0 where there was none. Milliseconds since the epoch. */
  readonly last: number;
}

const times = (n: number) => (n === 1 ? "once" : `${n} times`);

/** Whence somebody is known, in some words. */
export function contactOrigin({ source, alias, written, wrote }: Contact): string {
  const mail = [
    ...(written > 0 ? [`written to ${times(written)}`] : []),
    ...(wrote > 0 ? [`wrote ${times(wrote)}`] : []),
  ];
  const first =
    source === "alias"
      ? [`alias ${alias}`]
      : source === "card" || source === "command"
        ? [source === "card" ? "vCard" : "the command"]
        : source === "oneself"
          ? ["you"]
          : [];
  return [...first, ...mail].join(", ");
}
