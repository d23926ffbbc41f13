import { memo } from "react";
import { cutToWidth, textWidth } from "../../message/width.ts";
import type { FolderPaneModel, FolderRow } from "../model.ts";
import type { Theme } from "../theme.ts";
import { Lines } from "./lines.tsx";
import { spokenFolder } from "./spoken.ts";

export interface FolderPaneProps {
  readonly model: FolderPaneModel;
  readonly width: number;
  readonly height: number;
  /** The pane has the keys. */
  readonly focused: boolean;
  readonly theme: Theme;
}

/** The mailboxes, their unread messages at the right. */
export const FolderPane = memo(function FolderPane({
  model,
  width,
  height,
  focused,
  theme,
}: FolderPaneProps) {
  const lines = model.rows.slice(0, height).map((row) => folderLine(row, width, focused, theme));
  return <Lines lines={lines} width={width} height={height} />;
});

/** One mailbox as a line of at most `width` columns. */
export function folderLine(row: FolderRow, width: number, focused: boolean, theme: Theme): string {
  if (theme.spoken) return spokenFolder(row, width);
  const { ellipsis } = theme.glyphs;
  const count = row.unread ? ` ${row.unread}` : "";
  const indent = " ".repeat(Math.min(1 + 2 * row.depth, width >> 1));
  const room = Math.max(1, width - indent.length - count.length - 1);
  const name = cutToWidth(row.name, room, ellipsis);
  const fill = " ".repeat(Math.max(0, width - indent.length - textWidth(name) - count.length - 1));
  const bar = focused && row.focused;
  if (bar) {
    const text = cutToWidth(`${indent}${name}${fill}${count} `, width, "");
    return theme.style("bar.focused", text, row.unread ? "folder.unread" : undefined);
  }
  if (width < 4) return cutToWidth(name, width, "");
  const text = count === "" ? name : name + fill + count;
  if (row.heading) return indent + theme.style("heading", text);
  if (row.selected) return indent + theme.style("folder.open", text);
  return indent + (row.unread ? theme.style("folder.unread", text) : text);
}
