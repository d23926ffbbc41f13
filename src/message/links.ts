/** Links of a body: those its text does not spell out, and those whose text names another place than their target. */
import { domainToASCII } from "node:url";
import type { Body, LinkWarning, Span } from "./types.ts";

/**
 * Links to be listed below the text, by the number the text has for them. A link whose text is its target is not, nor
 * one that no text is left of.
 */
export function hiddenLinks(body: Body): { readonly number: number; readonly target: string }[] {
  const wanted = new Set<number>();
  const spelt = new Set<number>();
  for (const { spans } of body.lines) {
    for (const { text, link } of spans) {
      if (link > 0) wanted.add(link);
      if (link > 0 && text === body.links[link - 1]?.replace(/^mailto:(?=[^?]*$)/i, "")) spelt.add(link);
    }
  }
  return body.links
    .map((target, i) => ({ number: i + 1, target }))
    .filter(({ number }) => wanted.has(number) && !spelt.has(number));
}

const HOST = String.raw`(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+[\p{L}][\p{L}\p{N}-]*`;
const SPELT_URL = new RegExp(String.raw`https?://(?:[^\s/@]*@)?(${HOST})`, "iu");
const BARE_HOST = new RegExp(String.raw`^(?:www\.)?(${HOST})(?::\d+)?(?:[/?#]\S*)?$`, "iu");
const ADDRESS = new RegExp(String.raw`^[^\s@<>]+@(${HOST})$`, "iu");
/** Ends that programs and files have as often as hosts; without "www." or a scheme they name no host. */
const NO_TLD = /\.(?:md|sh|py|rs|pl|ps|js|ts|cc|so|zip|mov|app|exe|pdf|docx?|xlsx?|txt|html?|png|jpe?g)$/i;
const COMMON_TLD = /\.(?:com|org|net|edu|gov|info|biz|int|mil|name|shop|online|[a-z]{2})$/i;

function asciiHost(host: string): string {
  const lower = host.toLowerCase().replace(/\.$/, "");
  return domainToASCII(lower) || lower;
}

/** The host that a link's text says it leads to; null where it is no address. */
function namedHost(text: string): string | null {
  const spelt = SPELT_URL.exec(text)?.[1];
  if (spelt) return spelt;
  const bare = BARE_HOST.exec(text)?.[1];
  if (!bare) return null;
  if (/^www\./i.test(text) || /^[^/?#]*[/?#]/.test(text)) return bare;
  return !NO_TLD.test(bare) && COMMON_TLD.test(bare) ? bare : null;
}

/** One is the other or lies in it, "www." aside: who has a domain has all that is below it. */
function sameSite(a: string, b: string): boolean {
  const [x, y] = [a, b].map((host) => host.replace(/^www\./, ""));
  if (x === undefined || y === undefined) return false;
  return x === y || (y.includes(".") && x.endsWith(`.${y}`)) || (x.includes(".") && y.endsWith(`.${x}`));
}

/** Hosts that employers put before the links of their mail, and what of their address is the one they lead to. */
const WRAPPERS: readonly (readonly [host: RegExp, unwrap: (url: URL) => string | null])[] = [
  [/(?:^|\.)safelinks\.protection\.outlook\.com$/, (url) => url.searchParams.get("url")],
  [
    /(?:^|\.)urldefense(?:\.proofpoint)?\.(?:com|us)$/,
    (url) => {
      // v3 has it between underscores; v2 writes % as - and / as _.
      const third = /\/v3\/__(https?:\/.{1,2000}?)__;/i.exec(url.href)?.[1]?.replace(/^(https?:)\/+/, "$1//");
      const second = url.searchParams.get("u")?.replace(/-/g, "%").replace(/_/g, "/");
      return third ?? (second ? decodeURIComponent(second) : null);
    },
  ],
];

function hostOf(url: URL): string {
  return asciiHost(url.hostname);
}

/** The host a link leads to in the end, as far as its address says. Throws where it is no address. */
function finalHost(target: string): string {
  const url = new URL(target);
  const host = hostOf(url);
  const wrapped = WRAPPERS.find(([name]) => name.test(host))?.[1](url);
  return wrapped ? hostOf(new URL(wrapped)) : host;
}

/**
 * What is wrong with a link whose text is an address: it leads to another host, or its mail goes to another domain.
 * Null where nothing is, and where the text is just words.
 */
export function linkWarning(text: string, target: string, link: number): LinkWarning | null {
  const shown = text.trim().slice(0, 300);
  if (!shown.includes(".")) return null;
  if (/^mailto:/i.test(target)) {
    const named = ADDRESS.exec(shown)?.[0].toLowerCase();
    const actual = target
      .slice("mailto:".length)
      .replace(/\?.*$/s, "")
      .replace(/%(20|40)/g, (_, code: string) => (code === "40" ? "@" : ""))
      .toLowerCase();
    return named && actual.includes("@") && !actual.split(",").includes(named)
      ? { link, named, actual }
      : null;
  }
  if (!/^https?:/i.test(target)) return null;
  const named = namedHost(shown);
  if (named === null) return null;
  let actual: string;
  try {
    actual = finalHost(target);
  } catch {
    return null;
  }
  return sameSite(asciiHost(named), actual) ? null : { link, named: named.toLowerCase(), actual };
}

/**
 * A body in which addresses that are longer than `most` columns, and stand for themselves in the text, are cut behind
 * their host and numbered; `hiddenLinks` then lists them whole. The host is never cut.
 */
export function shortenLinks(body: Body, most = 60): Body {
  const shorten = (span: Span): readonly Span[] => {
    const target = body.links[span.link - 1];
    if (target === undefined || span.text.length <= most || span.image !== undefined) return [span];
    const [origin] = /^[a-z]+:\/\/[^/?#]*/i.exec(span.text) ?? [];
    if (origin === undefined || span.text !== target) return [span];
    const text = `${span.text.slice(0, Math.max(origin.length + 1, most - 1))}…`;
    return [
      { ...span, text },
      { text: `[${span.link}]`, style: "muted", link: span.link },
    ];
  };
  const lines = body.lines.map((line) => {
    const spans = line.spans.flatMap(shorten);
    return spans.length === line.spans.length ? line : { ...line, spans };
  });
  return { ...body, lines };
}
