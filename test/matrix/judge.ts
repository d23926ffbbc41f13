// What comes of one row on one server.
import { isOffered, type Outcome, type Row, Untried } from "./row.ts";
import type { ServerSite } from "./site.ts";

/** ms for one row. */
const patience = 20_000;

/** Runs the row's check where the server offers what it is about, and looks at what was sent. Never fails. */
export async function judge(site: ServerSite, one: Row): Promise<Outcome> {
  if (!isOffered(one, site.capabilities)) return { verdict: "not offered", reason: "" };
  if (one.check === null) return { verdict: "unused", reason: "there is no check for it" };
  await site.ready();
  site.sent();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${patience / 1000} s`)), patience);
  });
  try {
    await Promise.race([one.check(site), late]);
  } catch (error) {
    if (error instanceof Untried) return { verdict: "untried", reason: error.message };
    const text = error instanceof Error ? error.message : String(error);
    const said = error instanceof Error && "serverText" in error ? ` (${String(error.serverText)})` : "";
    if (error instanceof Error && error.message.startsWith("not done")) site.connection.destroy();
    return { verdict: "failed", reason: `${text}${said}` };
  } finally {
    clearTimeout(timer);
  }
  const sent = site.sent();
  const used = one.sends === null || sent.some((line) => one.sends?.test(line));
  return used
    ? { verdict: "passed", reason: "" }
    : { verdict: "unused", reason: `sent: ${sent.join(" | ")}` };
}
