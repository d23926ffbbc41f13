/** `postern man`: the manual pages that came with the program, wherever it is installed. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UsageError } from "../commands/index.ts";
import { wrongWord } from "./own.ts";

/** Beside dist, where this file is built to. */
const folder = fileURLToPath(new URL("../man/", import.meta.url));

/** What shows a page: its columns as wide as the terminal, or as man likes them in a pipe. */
const viewers: readonly (readonly [program: string, ...args: string[]])[] = [
  ["man", "-l"],
  ["mandoc", "-a"],
];

/** Shows a page by its name, with or without `postern-` before it. Throws UsageError. */
export function openManual(name = "postern"): number {
  const pages = existsSync(folder) ? readdirSync(folder).filter((file) => /^postern.*\.\d$/.test(file)) : [];
  const page = pages.find((file) => [name, `postern-${name}`].includes(file.replace(/\.\d$/, "")));
  if (page === undefined)
    throw wrongWord(
      "man",
      name,
      pages.map((file) => file.replace(/\.\d$/, "").replace(/^postern-/, "")),
    );
  for (const [program, ...args] of viewers) {
    const { error, status } = spawnSync(program, [...args, `${folder}${page}`], { stdio: "inherit" });
    if (!error) return status ?? 0;
  }
  throw new UsageError("there is no man here to show the page", `it is ${folder}${page}`);
}
