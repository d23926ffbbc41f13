/** What the server tells about quotas (RFC 9208 §4.2, RFC 2087). */
import type { Reader } from "../wire/reader.ts";

export interface QuotaResource {
  /** Upper case: `STORAGE` (in units of 1024 octets), `MESSAGE`, `MAILBOX`, `ANNOTATION-STORAGE`, … */
  readonly name: string;
  readonly usage: number;
  readonly limit: number;
}

/** One quota root: several mailboxes may share it. Its name is hostile text, and may be "". */
export interface Quota {
  readonly root: string;
  readonly resources: readonly QuotaResource[];
}

/** `root (name usage limit …)`. @throws MalformedError */
export function readQuota(r: Reader): Quota {
  const root = r.astring();
  r.skipSp();
  const resources: QuotaResource[] = [];
  r.list(() => {
    const name = r.atom().toUpperCase();
    r.sp();
    const usage = r.number();
    r.sp();
    resources.push({ name, usage, limit: r.number() });
  });
  return { root, resources };
}

/** `mailbox *(root)`. @throws MalformedError */
export function readQuotaRoot(r: Reader): { path: string; roots: readonly string[] } {
  const path = r.astringLatin1();
  const roots: string[] = [];
  while (!r.atEnd()) roots.push(r.astring());
  return { path, roots };
}
