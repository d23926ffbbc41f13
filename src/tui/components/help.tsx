import { memo } from "react";
import { cutToWidth, padToWidth, textWidth } from "../../message/width.ts";
import type { HelpEntry, HelpModel } from "../model.ts";
import type { Theme } from "../theme.ts";
import { Lines } from "./lines.tsx";

export interface HelpProps {
  readonly model: HelpModel;
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

/** All keys and what they do, by section. */
export const Help = memo(function Help({ model, width, height, theme }: HelpProps) {
  const lines = helpLines(model, width, theme).slice(Math.max(0, model.scroll));
  return <Lines lines={lines.slice(0, height)} width={width} height={height} />;
});

/** Lines of the whole help, for whoever keeps `scroll` within bounds. */
export function helpLength(model: HelpModel): number {
  return 1 + sections(model.entries).reduce((sum, entries) => sum + entries.length + 2, 0);
}

export function helpLines({ title, entries }: HelpModel, width: number, theme: Theme): string[] {
  const { ellipsis } = theme.glyphs;
  const keyWidth = Math.min(
    Math.max(0, ...entries.map(({ keys }) => textWidth(keys))),
    Math.max(4, Math.floor(width / 3)),
  );
  const fit = (indent: string, text: string) =>
    cutToWidth(text, Math.max(0, width - indent.length), ellipsis);
  const lines = [` ${theme.style("text.strong", fit(" ", title))}`];
  for (const section of sections(entries)) {
    lines.push("", ` ${theme.style("heading", fit(" ", section[0]?.section ?? ""))}`);
    for (const { keys, text } of section) {
      const key = padToWidth(keys, Math.min(keyWidth, Math.max(0, width - 3)), ellipsis);
      const about = cutToWidth(text, Math.max(0, width - keyWidth - 5), ellipsis);
      lines.push(`   ${theme.style("key", key)}${about === "" ? "" : `  ${about}`}`);
    }
  }
  return width < 4 ? lines.map(() => "") : lines;
}

/** Entries by section, sections in the order they first come in. */
function sections(entries: readonly HelpEntry[]): HelpEntry[][] {
  const bySection = new Map<string, HelpEntry[]>();
  for (const entry of entries) {
    const known = bySection.get(entry.section);
    if (known) known.push(entry);
    else bySection.set(entry.section, [entry]);
  }
  return [...bySection.values()];
}
