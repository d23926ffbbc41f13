import { memo } from "react";
import { cutToWidth, padToWidth, textWidth } from "../../message/width.ts";
import { wrapWords } from "../../message/wrap.ts";
import type { PageEntry, PageModel } from "../model.ts";
import type { Theme } from "../theme.ts";
import { Lines } from "./lines.tsx";

export interface PageProps {
  readonly model: PageModel;
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

/** Labels with their texts, by section: all keys and what they do, or what was said and when. */
export const Page = memo(function Page({ model, width, height, theme }: PageProps) {
  const lines = pageLines(model, width, theme).slice(Math.max(0, model.scroll));
  return <Lines lines={lines.slice(0, height)} width={width} height={height} />;
});

interface Columns {
  readonly label: number;
  readonly text: number;
}

/** A section without labels needs no room for them. */
function columnsOf(section: readonly PageEntry[], entries: readonly PageEntry[], width: number): Columns {
  if (section.every(({ label }) => label === "")) return { label: 0, text: Math.max(1, width - 5) };
  const widest = Math.max(0, ...entries.map(({ label }) => textWidth(label)));
  const label = Math.min(widest, Math.max(4, Math.floor(width / 3)));
  return { label, text: Math.max(1, width - label - 5) };
}

/** Where things are on the whole page at this width, for whoever keeps `scroll` within bounds. */
export function measurePage(
  { entries }: Pick<PageModel, "entries">,
  width: number,
): {
  /** Lines. */
  readonly length: number;
  /** The first line under the cursor, and the one after its last; null where there is no cursor. */
  readonly cursor: { readonly from: number; readonly to: number } | null;
} {
  let length = 1;
  let cursor: { from: number; to: number } | null = null;
  for (const section of sections(entries)) {
    const { text } = columnsOf(section, entries, width);
    length += section[0]?.section === "" ? 1 : 2;
    for (const entry of section) {
      const from = length;
      length += entry.verbatim ? 1 : wrapWords(entry.text, text).length;
      if (entry.selected) cursor = { from, to: length };
    }
  }
  return { length, cursor };
}

export function pageLines({ title, entries }: PageModel, width: number, theme: Theme): string[] {
  const { ellipsis } = theme.glyphs;
  const fit = (text: string) => cutToWidth(text, Math.max(0, width - 1), ellipsis);
  const lines = [` ${theme.style("text.strong", fit(title))}`];
  for (const section of sections(entries)) {
    const columns = columnsOf(section, entries, width);
    lines.push("");
    const heading = section[0]?.section ?? "";
    if (heading !== "") lines.push(` ${theme.style("heading", fit(heading))}`);
    for (const { label, text, error, verbatim, selected } of section) {
      const shown = padToWidth(label, Math.min(columns.label, Math.max(0, width - 3)), ellipsis);
      const shownText = verbatim ? [cutToWidth(text, columns.text, ellipsis)] : wrapWords(text, columns.text);
      shownText.forEach((line, i) => {
        const blank = " ".repeat(textWidth(shown));
        if (selected) {
          const row = `   ${i === 0 ? shown : blank}  ${line}`;
          lines.push(theme.style("bar.focused", padToWidth(row, width, ellipsis)));
          return;
        }
        const about = error ? theme.style("status.error", line) : line;
        const before = i === 0 ? theme.style("key", shown) : blank;
        lines.push(`   ${before}${line === "" ? "" : `  ${about}`}`);
      });
    }
  }
  return width < 8 ? lines.map(() => "") : lines;
}

/** Entries by section, sections in the order they first come in. */
function sections(entries: readonly PageEntry[]): PageEntry[][] {
  const bySection = new Map<string, PageEntry[]>();
  for (const entry of entries) {
    const known = bySection.get(entry.section);
    if (known) known.push(entry);
    else bySection.set(entry.section, [entry]);
  }
  return [...bySection.values()];
}
