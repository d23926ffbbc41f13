/** What `search` and `count` share: where to look, and what to tell of what was found. */
import type { Folder } from "../mail/index.ts";
import { type Context, type Params, UsageError, type Values } from "./definition.ts";
import { between, listOptions, shown } from "./listing.ts";
import type { Asked, Hit, Result } from "./result.ts";

export const searchOptions = {
  ...listOptions,
  ids: { type: "flag", help: "only the UIDs of all that match" },
  count: { type: "flag", help: "only how many match" },
  "exit-code": { type: "flag", help: "end with 1 where nothing matches" },
  server: { type: "flag", help: "what the server finds, without what the local copy knows beside it" },
  local: { type: "flag", help: "what the local copy finds, without asking the server" },
  "all-folders": { type: "flag", help: "in every folder; ids are then whole addresses" },
} as const satisfies Params;

type SearchValues = Values<typeof searchOptions>;

export async function searched(
  context: Context,
  query: string,
  values: Partial<SearchValues>,
): Promise<Result & Asked> {
  if (values.server && values.local)
    throw new UsageError("search: --server and --local exclude one another", "choose one");
  if (values.ids && values.count)
    throw new UsageError("search: --ids and --count exclude one another", "choose one");
  if (values["all-folders"] && (values.threads || values.sort !== undefined || values.ids))
    throw new UsageError(
      "search: with --all-folders the order is that of the folders",
      "leave out --sort, --threads and --ids",
    );
  const result = await (values["all-folders"] ? everywhere : inOneFolder)(context, query, values);
  const found = "total" in result ? result.total : result.kind === "count" ? result.count : 0;
  return { ...result, nothing: values["exit-code"] === true && found === 0 };
}

function reach({ server, local }: Partial<SearchValues>): "server" | "local" | "both" {
  return server ? "server" : local ? "local" : "both";
}

async function inOneFolder(context: Context, query: string, values: Partial<SearchValues>): Promise<Result> {
  const { mail } = context;
  const asked = await context.folder();
  if (query.trim() === "") {
    const count = await mail.total(asked);
    const notes = mail.line.kind === "down" ? [`counted in the local copy: ${mail.line.error.message}`] : [];
    return { kind: "count", folder: asked, count, notes };
  }
  const found = await mail.find(asked, query, undefined, reach(values));
  const { folder, notes } = found;
  const uids = between(found.uids, values);
  if (values.count) return { kind: "count", folder, count: uids.length, notes };
  if (values.ids) {
    const newest = uids.toReversed();
    const items = values.limit === undefined ? newest : newest.slice(0, values.limit);
    return { kind: "ids", folder, items, total: uids.length, notes };
  }
  return shown(context, folder, found, {
    limit: values.limit,
    sort: values.sort,
    threads: values.threads ?? false,
    "before-uid": values["before-uid"],
    "after-uid": values["after-uid"],
  });
}

/** One folder after the other; those that show the messages of others once more are left out. */
async function everywhere({ mail }: Context, query: string, values: Partial<SearchValues>): Promise<Result> {
  const all = await mail.refreshFolders();
  const folders = all.filter(({ selectable, role }) => selectable && role !== "all" && role !== "flagged");
  let total = 0;
  const items: Hit[] = [];
  const notes: string[] = [];
  const inFolder = async (asked: Folder) => {
    if (query.trim() === "") {
      total += asked.messages ?? (await mail.total(asked));
      return;
    }
    const { folder, uids, notes: left } = await mail.find(asked, query, undefined, reach(values));
    total += uids.length;
    notes.push(...left.map((note) => `${folder.name}: ${note}`));
    const room = (values.limit ?? 50) - items.length;
    if (values.count || uids.length === 0 || room <= 0) return;
    const rows = await mail.rows(folder, { sort: "arrival", descending: true, offset: 0, limit: room, uids });
    // It has been opened now: its UIDVALIDITY is known.
    const opened = mail.folders().find(({ path }) => path === folder.path) ?? folder;
    items.push(...rows.map((message) => ({ folder: opened, message })));
  };
  for (const folder of folders) await inFolder(folder);
  return values.count
    ? { kind: "count", folder: null, count: total, notes }
    : { kind: "hits", items, total, notes };
}
