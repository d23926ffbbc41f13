/** The manual pages, as files. */
import { version } from "../src/account/version.ts";
import { configPage } from "./pages/config.ts";
import { jsonPage } from "./pages/json.ts";
import { keysPage } from "./pages/keys.ts";
import { posternPage } from "./pages/postern.ts";
import { queryPage } from "./pages/query.ts";
import { page } from "./roff.ts";

/** File names (`postern.1`) with the roff they hold. */
export function manualPages(): ReadonlyMap<string, string> {
  const pages = [posternPage, configPage, keysPage, queryPage, jsonPage];
  return new Map(pages.map((p) => [`${p.name}.${p.section}`, page(p, version)]));
}
