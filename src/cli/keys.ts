/** `postern keys`: the keys of the screen as they are bound now, the person's own among them. */
import { chooseAccount, loadConfig, ownKeys } from "../account/config.ts";
import { AccountError } from "../account/errors.ts";
import { screenSettings } from "../account/settings.ts";
import type { Role } from "../mail/index.ts";
import { safeText } from "../message/safe.ts";
import { type BoundKey, boundKeys } from "../tui/keys.ts";
import type { Globals } from "./globals.ts";
import { ownJson } from "./json.ts";
import { table } from "./table.ts";

/** Without a config file there are the default keys. */
function bound({ config, account, folder }: Globals): readonly BoundKey[] {
  const named = folder ?? "INBOX";
  const role = named.toUpperCase() === "INBOX" ? "inbox" : /^@(.+)$/.exec(named)?.[1];
  const open = { name: named, role: (role as Role | undefined) ?? null };
  try {
    const settings = loadConfig(config);
    const chosen = account ?? settings.accounts[0]?.name;
    const own =
      chosen === undefined ? [settings.keys] : ownKeys(settings, chooseAccount(settings, chosen).name);
    return boundKeys(settings.screen.keymap, own, open);
  } catch (error) {
    if (config !== undefined || !(error instanceof AccountError) || error.code !== "NO_ACCOUNT") throw error;
    return boundKeys(screenSettings.keymap.default, [], open);
  }
}

/** Prints the keys that have all of `words` in their description or line. */
export function printKeys(globals: Globals, words: readonly string[]): void {
  const wanted = words.map((word) => word.toLowerCase());
  const items = bound(globals).filter(({ placeTitle, keys, line, summary }) => {
    const all = `${placeTitle} ${keys} ${line} ${summary}`.toLowerCase();
    return wanted.every((word) => all.includes(word));
  });
  if (globals.json) {
    process.stdout.write(ownJson({ items: items.map(({ placeTitle: _, ...item }) => item) }));
    return;
  }
  const columns = process.stdout.isTTY ? process.stdout.columns : null;
  const column = (key: "place" | "keys" | "line" | "summary", most: number) => ({
    values: items.map((item) => safeText(item[key])),
    most,
  });
  process.stdout.write(
    table([column("place", 11), column("keys", 12), column("line", 28), column("summary", 1000)], {
      columns,
      now: Date.now(),
      utf8: true,
    }),
  );
}
