/** What the attributes of an element say about its being seen, and where its link may lead. */

const HIDDEN =
  /(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|opacity\s*:\s*0(?:\.0*)?\s*(?:;|!|$)|max-height\s*:\s*0(?:px)?\s*(?:;|!|$))/i;
const FONT_SIZE = /(?:^|[;\s])font-size\s*:\s*([\d.]+)/i;

/** Whether an element and all in it is kept from view: preheaders, tracking, spam's fillers. */
export function isHidden(attributes: Readonly<Record<string, string>>): boolean {
  return "hidden" in attributes || (attributes.style !== undefined && HIDDEN.test(attributes.style));
}

/** Whether `style` makes text vanish by its size; null where it says nothing. Inherited, and children may undo it. */
export function zeroFont(style: string): boolean | null {
  const size = FONT_SIZE.exec(style)?.[1];
  return size === undefined ? null : Number(size) === 0;
}

/** A link's address, if it is one that a person can follow; null for scripts, places in the page, and nonsense. */
export function linkTarget(href: string): string | null {
  const target = href
    .replace(/[\0-\x20\x7f]+/g, (c) => (c === " " ? "%20" : ""))
    .replace(/^(?:%20)+|(?:%20)+$/g, "");
  if (target.length > 8192) return null;
  if (target.startsWith("//")) return `https:${target}`;
  return /^(?:https?:\/\/|ftp:\/\/|mailto:|tel:|sms:|news:|xmpp:|matrix:|geo:|magnet:)./i.test(target)
    ? target
    : null;
}
