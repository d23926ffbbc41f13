import { memo } from "react";
import { cutToWidth, padToWidth, textWidth } from "../../message/width.ts";
import type { PageEntry, PageModel } from "../model.ts";
import type { Theme } from "../theme.ts";
import { Lines } from "./lines.tsx";
import { wrapWords } from "./wrap.ts";

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

function columnsOf(entries: readonly PageEntry[], width: number): Columns {
  const widest = Math.max(0, ...entries.map(({ label }) => textWidth(label)));
  const label = Math.min(widest, Math.max(4, Math.floor(width / 3)));
  return { label, text: Math.max(1, width - label - 5) };
}

/** Lines of the whole page at this width, for whoever keeps `scroll` within bounds. */
export function pageLength({ entries }: PageModel, width: number): number {
  const { text } = columnsOf(entries, width);
  return sections(entries).reduce(
    (sum, section) =>
      sum +
      (section[0]?.section === "" ? 1 : 2) +
      section.reduce((lines, entry) => lines + (entry.verbatim ? 1 : wrapWords(entry.text, text).length), 0),
    1,
  );
}

export function pageLines({ title, entries }: PageModel, width: number, theme: Theme): string[] {
  const { ellipsis } = theme.glyphs;
  const columns = columnsOf(entries, width);
  const fit = (text: string) => cutToWidth(text, Math.max(0, width - 1), ellipsis);
  const lines = [` ${theme.style("text.strong", fit(title))}`];
  for (const section of sections(entries)) {
    lines.push("");
    const heading = section[0]?.section ?? "";
    if (heading !== "") lines.push(` ${theme.style("heading", fit(heading))}`);
    for (const { label, text, error, verbatim } of section) {
      const shown = padToWidth(label, Math.min(columns.label, Math.max(0, width - 3)), ellipsis);
      const shownText = verbatim ? [cutToWidth(text, columns.text, ellipsis)] : wrapWords(text, columns.text);
      shownText.forEach((line, i) => {
        const about = error ? theme.style("status.error", line) : line;
        const before = i === 0 ? theme.style("key", shown) : " ".repeat(textWidth(shown));
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
