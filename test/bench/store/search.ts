/** Searches: of a local copy that knows the text of all its messages, off line; beside a server; and its making. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { headers, row } from "./mail.ts";
import { child, type Measured, table } from "./measure.ts";
import { type Sizes, withDirectory, withDovecot } from "./parts.ts";
import { placesIn } from "./places.ts";

interface Asked {
  readonly query: string;
  readonly hits: number;
  readonly first: number | null;
  readonly here: number | null;
  readonly all: number;
  readonly cpu: number;
  readonly longest: number;
  readonly megabytes: number;
}

const asked = ({ lines }: Measured) => lines.map(({ text }) => JSON.parse(text) as Asked);

function searchTable(title: string, run: Measured): void {
  table(title, [
    [
      "query",
      "hits",
      "first hits ms",
      "all here ms",
      "answer ms",
      "processor ms",
      "longest turn ms",
      "peak MB",
    ],
    ...asked(run).map(({ query, hits, first, here, all, cpu, longest, megabytes }) => [
      query,
      String(hits),
      first ?? "",
      here ?? "",
      all,
      cpu,
      longest,
      megabytes,
    ]),
  ]);
}

export async function searchPart({ search: count, indexing }: Sizes): Promise<void> {
  const middle = count >> 1;
  const rows = [`"number ${middle} "`, "from:ada", "is:unread larger:20k", "subject:nothingatall"];
  const texts = [
    `body:only${middle}x`,
    "body:only1x",
    "body:river",
    'body:"river report"',
    "-body:river",
    'like:"winter budget person"',
    "body:only",
    "body:nothingatall",
    `(body:only${middle}x or from:ada) -is:unread`,
  ];
  const threads = [`thread:${middle}`, `thread:${row(middle).messageId}`];
  await withDirectory(async (dir) => {
    const filled = await child("fillText", { dir, count });
    const megabytes = statSync(join(placesIn(dir).cacheDir, "index.sqlite")).size / 1e6;
    const at = { dir, port: 0, mailbox: "INBOX" };
    searchTable(
      `${count} messages off line, the text of all of them here (index ${megabytes.toFixed(0)} MB, filled in ${filled.seconds.toFixed(0)} s)`,
      await child("search", { ...at, queries: [...rows, ...texts, ...threads] }),
    );
  });
  await withDovecot(
    () => headers(count),
    (at) =>
      withDirectory(async (dir) => {
        await child("list", { ...at, dir });
        const queries = [...rows, `body:"text ${middle}."`];
        searchTable(
          `${count} messages on line, list data here`,
          await child("search", { ...at, dir, queries }),
        );
      }),
  );
  await withDirectory(async (dir) => {
    const run = await child("indexing", { dir, count: indexing });
    const { seconds, octets, longest, usual, megabytes } = JSON.parse(run.lines[0]?.text ?? "{}") as {
      seconds: number;
      octets: number;
      longest: number;
      usual: number;
      megabytes: number;
    };
    table(`Text of ${indexing} bodies, ${(octets / 1e6).toFixed(0)} MB, indexed`, [
      ["", "s", "messages/s", "MB/s", "longest turn ms", "99 of 100 ms", "peak MB"],
      ["in the background", seconds, indexing / seconds, octets / 1e6 / seconds, longest, usual, megabytes],
    ]);
  });
}
