/** `postern version`. */
import { version } from "../account/version.ts";
import type { Globals } from "./globals.ts";
import { ownJson } from "./json.ts";

export function printVersion({ json }: Globals): void {
  const { node } = process.versions;
  const { platform, arch } = process;
  process.stdout.write(json ? ownJson({ postern: version, node, platform, arch }) : `postern ${version}\n`);
}
