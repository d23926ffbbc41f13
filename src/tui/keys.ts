/** The keys of the screen as data, for who prints them without a screen: nothing here loads Ink. */
import type { KeySettings } from "../account/config.ts";
import type { Keymap } from "../account/settings.ts";
import type { Folder } from "../mail/index.ts";
import { explain, imapOf } from "./app/explain.ts";
import { bindingsOf, contextTitles, type KeyContext } from "./app/keymap.ts";

export interface BoundKey {
  readonly place: KeyContext;
  /** What help calls the place. */
  readonly placeTitle: string;
  readonly keys: string;
  /** What `:` would be given. */
  readonly line: string;
  readonly summary: string;
  /** The IMAP commands it causes; empty for none. */
  readonly imap: string;
}

/** All keys that hold while `folder` is open; `own` are the person's, the most particular first. */
export function boundKeys(
  keymap: Keymap,
  own: readonly KeySettings[],
  folder: Pick<Folder, "name" | "role">,
): BoundKey[] {
  return bindingsOf(keymap, own, folder).map(({ context, keys, line }) => ({
    place: context,
    placeTitle: contextTitles[context],
    keys,
    line,
    summary: explain(line),
    imap: imapOf(line),
  }));
}
