// npm run matrix [-- SERVER…]: what each real server offers, whether the client uses it, and whether it does what it should.
import { serverAvailable } from "../servers/daemon.ts";
import { judge } from "./judge.ts";
import { type Outcome, type Row, table } from "./row.ts";
import { rows } from "./rows.ts";
import { ServerSite, servers } from "./site.ts";

/**
 * Capabilities that no row is about: how a server is made, what another row shows (URL-PARTIAL: URLAUTH), what a later
 * extension has replaced (XLIST: SPECIAL-USE, XMOVE: MOVE, SNIPPET: PREVIEW, SORT=UID: SORT), and experiments.
 */
const noRows = new RegExp(
  `^(?:${[
    "IMAP4REV1 XLIST XMOVE SCAN ANNOTATE-EXPERIMENT-1 NO_ATOMIC_RENAME SORT=UID SORT=MODSEQ I18NLEVEL=1 URL-PARTIAL",
    "(?:X-QUOTA|DIGEST|URLAUTH|RIGHTS|ACL2|QUOTA|SNIPPET|PREVIEW)=.* X-(?:REPLICATION|SIEVE|CREATEDMODSEQ).*",
    "(?:LOGIN|MAILBOX)-REFERRALS",
  ]
    .join(" ")
    .replaceAll(" ", "|")})$`,
);

/** Capabilities that no row is about. */
function untold(site: ServerSite): string[] {
  const known = new Set(rows.flatMap(({ needs }) => needs));
  const told = (name: string) => known.has(name) || known.has(name.replace(/=.*/, "=")) || noRows.test(name);
  return [...site.capabilities].filter((name) => !told(name)).sort();
}

const wanted = process.argv.slice(2);
const columns = new Map<string, Map<Row, Outcome>>();
const notes: string[] = [];
for (const name of servers.keys()) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  if (!serverAvailable(name)) {
    notes.push(`${name}: cannot be had here`);
    continue;
  }
  const site = await ServerSite.start(name);
  try {
    const column = new Map<Row, Outcome>();
    columns.set(name, column);
    for (const one of rows) {
      const outcome = await judge(site, one);
      column.set(one, outcome);
      if (outcome.reason) notes.push(`${name}, ${one.name}: ${outcome.verdict}: ${outcome.reason}`);
    }
    const others = untold(site);
    if (others.length > 0) notes.push(`${name} also offers: ${others.join(" ")}`);
  } finally {
    await site.stop();
  }
}
console.log(table(rows, columns));
if (notes.length > 0) console.log(`\n${notes.join("\n")}`);
const outcomes = [...columns.values()].flatMap((column) => [...column.values()]);
const count = (verdict: Outcome["verdict"]) => outcomes.filter((one) => one.verdict === verdict).length;
console.log(
  `\n${rows.length} rows on ${columns.size} servers: ${count("passed")} offered, used and passed, ` +
    `${count("untried")} untried, ${count("unused")} offered and unused, ${count("failed")} failed`,
);
process.exit(count("unused") + count("failed") > 0 ? 1 : 0);
