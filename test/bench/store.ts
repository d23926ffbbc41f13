/**
 * The local copy beside its peers, in one run on one Dovecot: index open, first list, bodies to disk, nothing new,
 * searches. `npm run bench -- store [open] [list] [bodies] [resync] [search] [--open 1000,…] [--list N] [--bodies N]
 * [--resync N] [--search N] [--indexing N] [--runs N]`; all parts where none is named. Counts and ratios are what to read; seconds depend on the machine.
 */
import { runChild } from "./store/children.ts";

const parts = ["open", "list", "bodies", "resync", "search"] as const;
type Part = (typeof parts)[number];

const isPart = (word: string): word is Part => (parts as readonly string[]).includes(word);

async function main(argv: readonly string[]): Promise<void> {
  const options = new Map<string, string>();
  const chosen: Part[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (word.startsWith("--")) options.set(word.slice(2), argv[++at] ?? "");
    else if (isPart(word)) chosen.push(word);
    else throw new Error(`there is no part ${word}: ${parts.join(", ")}`);
  }
  const size = (name: string, usual: number) => Number(options.get(name) ?? usual);
  const sizes = {
    open: (options.get("open") ?? "1000,100000,1000000").split(",").map(Number),
    list: size("list", 100_000),
    bodies: size("bodies", 10_000),
    resync: size("resync", 100_000),
    search: size("search", 100_000),
    indexing: size("indexing", 2_000),
    runs: size("runs", 3),
  };
  const { openPart, listPart, bodiesPart, resyncPart } = await import("./store/parts.ts");
  const { searchPart } = await import("./store/search.ts");
  const run = { open: openPart, list: listPart, bodies: bodiesPart, resync: resyncPart, search: searchPart };
  for (const part of chosen.length > 0 ? chosen : parts) await run[part](sizes);
}

const [flag, name = "", options = ""] = process.argv.slice(2);
if (flag === "--child") await runChild(name, options);
else await main(process.argv.slice(2));
