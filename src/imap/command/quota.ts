/** Quotas (RFC 9208, RFC 2087). All of them throw UNSUPPORTED without QUOTA. */
import type { Quota } from "../response/quota.ts";
import type { Untagged } from "../response/response.ts";
import type { Command } from "./command.ts";
import { query } from "./query.ts";
import { requires } from "./requires.ts";
import { samePath } from "./status.ts";

/** Their answers name quota roots, not mailboxes: one question at a time. */
const key = "QUOTA";

const quotaIn = (response: Untagged): Quota | undefined =>
  response.kind === "quota" ? { root: response.root, resources: response.resources } : undefined;

/** GETQUOTA: use and limits of one quota root. */
export function getQuota(root: string): Command<Quota> {
  return query<Quota>(
    {
      name: "GETQUOTA",
      key,
      write(w, capabilities) {
        requires(capabilities, "quotas", "QUOTA");
        w.atom("GETQUOTA").sp().string(root);
      },
      read: quotaIn,
    },
    { root, resources: [] },
  );
}

/** GETQUOTAROOT: the quota roots that a mailbox counts against, each with use and limits. */
export function getQuotaRoot(path: string): Command<readonly Quota[]> {
  return query<readonly Quota[]>(
    {
      name: "GETQUOTAROOT",
      key,
      write(w, capabilities) {
        requires(capabilities, "quotas", "QUOTA");
        w.atom("GETQUOTAROOT").sp().mailbox(path);
      },
      read(response, known) {
        const quota = quotaIn(response);
        if (quota) return [...known.filter((other) => other.root !== quota.root), quota];
        if (response.kind !== "quotaroot" || !samePath(response.path, path)) return undefined;
        const told = new Set(known.map((other) => other.root));
        const roots = [...new Set(response.roots)].filter((root) => !told.has(root));
        return [...known, ...roots.map((root) => ({ root, resources: [] }))];
      },
    },
    [],
  );
}

/**
 * SETQUOTA: the limits of a quota root by resource name (`STORAGE` in units of 1024 octets, …); those not named are
 * lifted. Returns what the server made of it. @throws UNSUPPORTED also where the server says it takes no SETQUOTA
 */
export function setQuota(root: string, limits: ReadonlyMap<string, number>): Command<Quota> {
  return query<Quota>(
    {
      name: "SETQUOTA",
      key,
      changes: true,
      write(w, capabilities) {
        requires(capabilities, "quotas", "QUOTA");
        // RFC 2087 had SETQUOTA always; RFC 9208, told by QUOTA=RES-…, only with QUOTASET.
        if (capabilities.values("QUOTA").length > 0) requires(capabilities, "changes of quotas", "QUOTASET");
        w.atom("SETQUOTA").sp().string(root).sp();
        w.list(limits, ([name, limit]) => w.atom(name).sp().number(limit));
      },
      read: quotaIn,
    },
    { root, resources: [] },
  );
}
