/** A package registry on loopback that has what `npm ci` has installed here, and nothing else: for an install without a network. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Registry {
  readonly url: string;
  /** Names of the packages that were asked for, in order. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** The package as a tarball, like the one it came in. */
function packed(directory: string): Buffer {
  const into = mkdtempSync(join(tmpdir(), "postern-registry-"));
  try {
    const file = join(into, "package.tgz");
    // npm takes what lies under the one directory, whatever its name.
    execFileSync("tar", ["-czf", file, "--exclude=./node_modules", "-C", directory, "."]);
    return readFileSync(file);
  } finally {
    rmSync(into, { recursive: true, force: true });
  }
}

export async function startRegistry(modules = "node_modules"): Promise<Registry> {
  const asked: string[] = [];
  let url = "";
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "").slice(1);
    const name = path.replace(/\.tgz$/, "");
    const manifest = join(modules, name, "package.json");
    if (!path.endsWith(".tgz")) asked.push(name);
    if (!/^(@[\w.-]+\/)?[\w.-]+$/.test(name) || !existsSync(manifest)) {
      response.writeHead(404).end();
    } else if (path.endsWith(".tgz")) {
      response.end(packed(join(modules, name)));
    } else {
      const told = JSON.parse(readFileSync(manifest, "utf8"));
      const version = { ...told, dist: { tarball: `${url}/${name}.tgz` } };
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({
          name,
          "dist-tags": { latest: told.version },
          versions: { [told.version]: version },
        }),
      );
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    asked,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
