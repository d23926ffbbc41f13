/** Rows as words, for whoever hears the screen: what counts first, no columns, no signs. */
import { cutToWidth } from "../../message/width.ts";
import type { FolderRow, MessageRow } from "../model.ts";

/** What the letters before a message say (`flagLetters`). */
const flagWords: Readonly<Record<string, string>> = {
  N: "unread",
  r: "answered",
  ">": "forwarded",
  F: "flagged",
  T: "draft",
  D: "deleted",
};

const said = (parts: readonly string[]) => parts.filter((part) => part !== "").join(", ");

function threadWords({ thread }: MessageRow): string {
  if (!thread || thread.size === 1) return "";
  if (thread.folded) return `thread of ${thread.size}`;
  return thread.depth === 0 ? `begins a thread of ${thread.size}` : `answer of level ${thread.depth}`;
}

/** "marked, unread, Ada Sample: Roses, label garden, 14:02, size 4.2K" */
export function spokenMessage(row: MessageRow, width: number): string {
  const states = [
    row.marked ? "marked" : "",
    row.hit ? "found" : "",
    ...[...row.flags].map((letter) => flagWords[letter] ?? ""),
    threadWords(row),
  ];
  const title = `${row.from || "nobody"}: ${row.subject || "no subject"}`;
  const more = [
    ...row.labels.map(({ name }) => `label ${name}`),
    row.origin === undefined ? "" : `in ${row.origin}`,
    row.date,
    `size ${row.size}`,
  ];
  return cutToWidth(said([...states, title, ...more]), width, "");
}

/** "Lists/garden", as "garden, level 2, 3 unread, open". */
export function spokenFolder(row: FolderRow, width: number): string {
  const words = [
    row.heading ? `account ${row.name}` : row.name,
    row.depth > 0 ? `level ${row.depth + 1}` : "",
    row.unread ? `${row.unread} unread` : "",
    row.selected ? "open" : "",
  ];
  return cutToWidth(said(words), width, "");
}
