/** `postern version`. */
import { version } from "../account/version.ts";
import type { Globals } from "./globals.ts";
import { safeJson } from "./json.ts";

export function printVersion({ json }: Globals): void {
  const { node } = process.versions;
  const { platform, arch } = process;
  process.stdout.write(
    json
      ? safeJson({ version: 1, postern: version, node, platform, arch, warnings: [] })
      : `postern ${version}\n`,
  );
}
