/** Authentication-Results (RFC 8601): what the host that took the message in found of SPF, DKIM and DMARC. */
import { field, type HeaderField } from "./mime.ts";

/** `pass`, `fail`, `softfail`, `neutral`, `none`, `temperror`, `permerror`, `policy`, … (RFC 8601 §2.7), lower case. */
export interface MethodResult {
  readonly result: string;
  /** The domain it is about: smtp.mailfrom of SPF, header.d of DKIM, header.from of DMARC; empty where none is said. */
  readonly domain: string;
  /** As the host gives it; empty where it does not. */
  readonly reason: string;
}

export interface Authentication {
  /** Who says so: the authserv-id (RFC 8601 §2.5); empty where it is left out. */
  readonly host: string;
  /**
   * Whether that is the host that took the message in. Anyone can put such a header into a message; where this is
   * false it proves nothing.
   */
  readonly trusted: boolean;
  readonly spf: MethodResult | null;
  readonly dkim: readonly MethodResult[];
  readonly dmarc: MethodResult | null;
}

const MAX_VALUE = 16 * 1024;
const MAX_RESULTS = 50;
/** Names below which anyone may have a name: to share them says nothing (as far as it can be told without a list). */
const SHORT_SECOND_LEVEL = /^(?:com?|org|net|ac|gov|edu|mil|ne|or|go|gr|ad)$/;

/** Splits at semicolons outside of quotes and comments; comments are dropped, quotes taken off. */
function statements(value: string): string[][] {
  const out: string[][] = [[]];
  let word = "";
  let depth = 0;
  let quoted = false;
  const endWord = () => {
    if (word) out.at(-1)?.push(word);
    word = "";
  };
  for (let i = 0; i < value.length; i++) {
    const c = value.charAt(i);
    if (c === "\\" && (quoted || depth > 0)) {
      i++;
      if (quoted) word += value.charAt(i);
    } else if (quoted) {
      if (c === '"') quoted = false;
      else word += c;
    } else if (c === "(") depth++;
    else if (c === ")") depth = Math.max(0, depth - 1);
    else if (depth > 0) continue;
    else if (c === '"') quoted = true;
    else if (c === ";") {
      endWord();
      out.push([]);
    } else if (/\s/.test(c)) endWord();
    else word += c;
  }
  endWord();
  return out;
}

function domainOf(value: string): string {
  return value
    .slice(value.lastIndexOf("@") + 1)
    .slice(0, 300)
    .replace(/^[<\s]+|[>\s.]+$/g, "")
    .toLowerCase();
}

/** Properties in the order of what a person would want to see. */
const SUBJECTS: ReadonlyMap<string, readonly string[]> = new Map([
  ["spf", ["smtp.mailfrom", "smtp.helo"]],
  ["dkim", ["header.d", "header.i"]],
  ["dmarc", ["header.from"]],
]);

function methodResult(words: readonly string[]): { method: string; result: MethodResult } | null {
  // White space may stand around "=" (RFC 8601 §2.2: CFWS).
  const pairs = words
    .join(" ")
    .replace(/\s*=\s*/g, "=")
    .split(" ")
    .map(
      (word) => [word.slice(0, word.indexOf("=")).toLowerCase(), word.slice(word.indexOf("=") + 1)] as const,
    );
  const [name = "", result = ""] = pairs[0] ?? [];
  const method = name.replace(/\/.*$/, "");
  const subjects = SUBJECTS.get(method);
  if (!subjects) return null;
  const properties = new Map(pairs.slice(1));
  const subject = subjects.map((key) => properties.get(key)).find((value) => value);
  const reason =
    words.find((word) => word.toLowerCase().startsWith("reason="))?.slice("reason=".length) ?? "";
  return {
    method,
    result: { result: result.toLowerCase().slice(0, 40), domain: domainOf(subject ?? ""), reason },
  };
}

/** The host that the topmost Received names after "by": the last to take the message in from another. */
function receivingHost(fields: readonly HeaderField[]): string | null {
  for (const { name, value } of fields) {
    if (name !== "received") continue;
    const host = /\bby\s+((?=[\w-]*[a-z])[\w-]+(?:\.[\w-]+)+)/i.exec(value.slice(0, MAX_VALUE))?.[1];
    if (host) return host.toLowerCase();
    // A hop inside of a site names no host it came from, and itself by number.
    if (/^\s*from\b/i.test(value)) return null;
  }
  return null;
}

/** The part of a name that one organisation has, as far as it can be told without a list of suffixes. */
function organisation(host: string): string {
  const labels = host.toLowerCase().replace(/\.$/, "").split(".");
  const two = labels.at(-1)?.length === 2 && SHORT_SECOND_LEVEL.test(labels.at(-2) ?? "");
  return labels.slice(two ? -3 : -2).join(".");
}

/**
 * Reads the topmost Authentication-Results of a message; null where there is none. With `receivers` (authserv-ids
 * that the account's own servers use) only those are trusted; else a host of the same organisation as the one that
 * the topmost Received says took the message in.
 */
export function readAuthentication(
  fields: readonly HeaderField[],
  receivers: readonly string[] = [],
): Authentication | null {
  const value = field(fields, "authentication-results");
  if (value === null) return null;
  const found = statements(value.slice(0, MAX_VALUE));
  const first = found[0]?.[0] ?? "";
  // Exchange leaves out its name, against the grammar.
  const named = first !== "" && !first.includes("=");
  const host = named ? first.toLowerCase().slice(0, 255) : "";
  const receiver = receivingHost(fields);
  const trusted =
    receivers.length > 0
      ? receivers.some((name) => name.toLowerCase() === host)
      : receiver !== null && host.includes(".") && organisation(receiver) === organisation(host);
  const results = found.slice(named ? 1 : 0, MAX_RESULTS).flatMap((words) => methodResult(words) ?? []);
  const of = (method: string) => results.filter((one) => one.method === method).map(({ result }) => result);
  return { host, trusted, spf: of("spf")[0] ?? null, dkim: of("dkim"), dmarc: of("dmarc")[0] ?? null };
}

/** What the results say of the sender: proven, in doubt, refuted, or nothing that counts. */
export interface SenderProof {
  readonly verdict: "proven" | "doubtful" | "refuted" | "unknown";
  /** One line, raw. */
  readonly words: string;
}

/** The results in one line, for a message that says it is from `sender` (an address). */
export function describeAuthentication(found: Authentication, sender: string): SenderProof {
  const { dmarc, spf, dkim, host, trusted } = found;
  const from = domainOf(sender) || dmarc?.domain || "";
  const isPass = ({ result }: MethodResult) => result === "pass";
  const own = ({ domain }: MethodResult) =>
    from !== "" && domain !== "" && organisation(domain) === organisation(from);
  const methods = [
    ...(dmarc ? [{ name: "DMARC", ...dmarc }] : []),
    ...(spf ? [{ name: "SPF", ...spf }] : []),
    ...dkim.map((one) => ({ name: "DKIM", ...one })),
  ];
  const names = (of: readonly { readonly name: string }[]) =>
    [...new Set(of.map(({ name }) => name))].join(", ");
  const told = [...new Set(methods.map(({ name, result }) => `${name} ${result}`))].join(", ") || "nothing";
  const passed = methods.filter(isPass);
  if (!trusted) {
    const words = `${host || "a host without a name"} says ${told}: anyone could have written that`;
    return { verdict: "unknown", words };
  }
  if (methods.every(({ result }) => result === "none"))
    return { verdict: "unknown", words: `${host} checked nothing` };
  if (dmarc?.result === "fail" && !dkim.some((one) => isPass(one) && own(one)))
    return { verdict: "refuted", words: `not proven to be from ${from}: ${told}` };
  if (dmarc?.result === "pass" || passed.some(own))
    return { verdict: "proven", words: `${from || host} (${names(passed)})` };
  const other = passed.find(({ domain }) => domain !== "");
  const words = other ? `${other.domain} sent it, ${from} does not vouch for it` : `not proven: ${told}`;
  return { verdict: "doubtful", words };
}
