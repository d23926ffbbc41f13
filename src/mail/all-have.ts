import type { Mail } from "./mail.ts";
import type { Folder } from "./values.ts";

/** Whether all of the messages have a flag; a script asks the server, a screen goes by what it shows. */
export async function allHave(
  mail: Mail,
  folder: Folder,
  uids: readonly number[],
  flag: string,
  asShown: boolean,
): Promise<boolean> {
  const shown = asShown ? uids.flatMap((uid) => mail.message(folder, uid) ?? []) : [];
  if (shown.length === uids.length) return shown.every((row) => row.flags.includes(flag));
  const rows = await mail.rows(folder, {
    sort: "arrival",
    descending: false,
    offset: 0,
    limit: uids.length,
    uids,
  });
  return rows.length > 0 && rows.every((row) => row.flags.includes(flag));
}
