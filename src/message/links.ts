/** Links of a body that its text does not spell out. */
import type { Body } from "./types.ts";

/** Links to be listed below the text, by the number the text has for them; a link whose text is its target is not. */
export function hiddenLinks(body: Body): { readonly number: number; readonly target: string }[] {
  const spelt = new Set<number>();
  for (const { spans } of body.lines) {
    for (const { text, link } of spans) if (link > 0 && text === body.links[link - 1]) spelt.add(link);
  }
  return body.links
    .map((target, i) => ({ number: i + 1, target }))
    .filter(({ number }) => !spelt.has(number));
}
