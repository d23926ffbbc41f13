/** Annotations of mailboxes and of the server (RFC 5464). */
import type { Capabilities } from "../capabilities.ts";
import { ImapError } from "../errors.ts";
import { limits } from "../limits.ts";
import type { Metadata } from "../values.ts";
import type { Command } from "./command.ts";
import { query } from "./query.ts";
import { requires } from "./requires.ts";
import { samePath } from "./status.ts";

export interface MetadataOptions {
  /** Octets of a value; larger ones are left out. 64 KiB by default, and at most. */
  readonly maxSize?: number;
  /** How far below the entries named: just them (default), their children, or all. */
  readonly depth?: 0 | 1 | "infinity";
}

export interface FoundMetadata {
  readonly entries: Metadata;
  /** Octets of the largest value left out for its size; null where none was, or the server does not say. */
  readonly longest: number | null;
}

/** The path "" is the server, which may be all that has annotations. */
function offers(capabilities: Capabilities, path: string): void {
  if (path === "") requires(capabilities, "annotations", "METADATA", "METADATA-SERVER");
  else requires(capabilities, "annotations of mailboxes", "METADATA");
}

/** An entry's name as it may be sent (RFC 5464 §3.2). @throws ImapError ARGUMENT */
function entryName(name: string): string {
  if (/^(?:\/[^/*%\x00-\x1f\x7f-\uffff]+)+$/.test(name)) return name;
  throw new ImapError("ARGUMENT", `"${name}" is no name of an annotation.`);
}

/**
 * GETMETADATA: the entries (`/private/comment`, …) of a mailbox, or of the server where the path is "".
 * @throws UNSUPPORTED without METADATA
 */
export function getMetadata(
  path: string,
  entries: readonly string[],
  options: MetadataOptions = {},
): Command<FoundMetadata> {
  return query<FoundMetadata>(
    {
      name: "GETMETADATA",
      key: `METADATA ${path}`,
      write(w, capabilities) {
        offers(capabilities, path);
        const maxSize = Math.min(options.maxSize ?? limits.inlineLiteral, limits.inlineLiteral);
        w.atom("GETMETADATA").sp().open().atom("MAXSIZE").sp().number(maxSize);
        if (options.depth) w.sp().atom("DEPTH").sp().atom(String(options.depth));
        w.close().sp().mailbox(path).sp();
        w.list(entries, (name) => w.string(entryName(name)));
      },
      read(response, known) {
        if (response.kind !== "metadata" || !response.values || !samePath(response.path, path))
          return undefined;
        return { ...known, entries: new Map([...known.entries, ...response.values]) };
      },
      done(known, { code }) {
        const [, longest] =
          (code?.kind === "other" && code.name === "METADATA" && /^LONGENTRIES (\d+)$/i.exec(code.text)) ||
          [];
        return longest === undefined ? known : { ...known, longest: Number(longest) };
      },
    },
    { entries: new Map(), longest: null },
  );
}

/**
 * SETMETADATA: all of it or none; null takes an entry away. Text is sent as UTF-8.
 * @throws UNSUPPORTED without METADATA; NO with the code METADATA where there are too many, or one is too large
 */
export function setMetadata(
  path: string,
  entries: ReadonlyMap<string, string | Buffer | null>,
): Command<void> {
  return {
    name: "SETMETADATA",
    traits: { needs: "authenticated", mayExpunge: true },
    begin: ({ capabilities }) => ({
      write(w) {
        offers(capabilities, path);
        w.atom("SETMETADATA").sp().mailbox(path).sp();
        w.list(entries, ([name, value]) => {
          w.string(entryName(name)).sp();
          if (value === null) w.atom("NIL");
          else if (typeof value === "string") w.string(value);
          else w.literal(value);
        });
      },
      result: () => {},
    }),
  };
}
