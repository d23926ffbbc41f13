// The program's source as the house tests read it: files and what they import.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

export interface SourceFile {
  /** From the project's root, `src/mail/mail.ts`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

export interface Import {
  /** A path from the project's root, or the name of a package or `node:` module. */
  readonly target: string;
  readonly local: boolean;
}

/** `import … from`, `export … from`, `import "…"`, `import("…")`; also of types only. */
const importOf = /(?:\bfrom\s*|\bimport\s*\(?\s*)"([^"\n]+)"/g;

/** Every TypeScript file under src. */
export function sourceFiles(): SourceFile[] {
  return readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => {
      const path = join("src", name);
      const text = readFileSync(path, "utf8");
      // An import at the start of a line: not one that a comment or a text speaks of.
      const code = text.replace(/^\s*(?:\*|\/\/).*$/gm, "");
      const imports = [...code.matchAll(importOf)].map(([, to = ""]) => {
        const local = to.startsWith(".");
        return { local, target: local ? normalize(join(dirname(path), to)) : to };
      });
      return { path, text, imports };
    });
}

/** The room of a path under src: `mail` of `src/mail/mail.ts`. */
export function roomOf(path: string): string {
  return path.split("/")[1] ?? "";
}
