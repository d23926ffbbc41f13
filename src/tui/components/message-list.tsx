import { memo } from "react";
import { threadLines } from "../../mail/format.ts";
import { wrapText } from "../../message/layout.ts";
import { cutToWidth, padToWidth, textWidth } from "../../message/width.ts";
import type { MessageListModel, MessageRow, RowLabel } from "../model.ts";
import type { StyleName, Theme } from "../theme.ts";
import { Lines } from "./lines.tsx";
import { spokenMessage } from "./spoken.ts";

export interface MessageListProps {
  readonly model: MessageListModel;
  readonly width: number;
  readonly height: number;
  /** See Layout. */
  readonly beside: number | null;
  /** The pane has the keys. */
  readonly focused: boolean;
  readonly theme: Theme;
}

/** One message a line, or two where it is shown how they begin: flags, date, sender, subject, size; below 60 columns without date, below 100 without size. */
export const MessageList = memo(function MessageList({
  model,
  width,
  height,
  beside,
  focused,
  theme,
}: MessageListProps) {
  const lines =
    model.rows.length === 0
      ? emptyLines(model.empty, width, height, theme)
      : model.rows.slice(0, height).flatMap((row) => {
          const line = messageLine(row, { width, beside, arrow: model.cursor === "arrow", focused, theme });
          return row.preview === undefined ? [line] : [line, previewLine(row.preview, width, theme)];
        });
  return <Lines lines={lines} width={width} height={height} />;
});

/** What is said in an empty list is wrapped to this: it may be an error with what to do. */
const emptyWidth = 60;
const flagsWidth = 3;
const dateWidth = 9;
const sizeWidth = 5;
const originWidth = 8;
/** What a sender has at least where the list is to stand beside a reader: most names of people. */
const senderBeside = 18;
/** Below what stands after the flags. */
const previewIndent = 5;
/** How many messages a folded thread has stands at the end of the sender. */
const countWidth = 4;
/** Columns of the subject's room that lines from answer to answer may take: a third. */
const levelsOf = (room: number) => Math.max(1, Math.min(12, Math.floor(room / 6)));

export interface MessageLineOptions {
  readonly width: number;
  /** Columns that the list has beside a reader; null where none comes beside it. */
  readonly beside: number | null;
  /** Mark the selected row with `>` instead of a bar. */
  readonly arrow: boolean;
  readonly focused: boolean;
  readonly theme: Theme;
}

/** One message as a line of at most `width` columns. Most lines have one style throughout: that is calm, and cheap. */
export function messageLine(
  row: MessageRow,
  { width, beside, arrow, focused, theme }: MessageLineOptions,
): string {
  if (theme.spoken) return spokenMessage(row, width);
  const { glyphs } = theme;
  const gutter = row.selected && arrow ? ">" : row.marked ? glyphs.mark : row.hit ? "/" : " ";
  const flags = padToWidth(row.flags, flagsWidth, "");
  const roomy = width >= 60 || beside !== null;
  const date = roomy ? `${padToWidth(row.date, dateWidth, "")}  ` : "";
  const size = width >= 100 ? `  ${cutToWidth(row.size, sizeWidth, "").padStart(sizeWidth)} ` : "";
  const senderWidth = Math.max(
    beside === null ? 6 : senderBeside,
    Math.min(26, Math.floor((beside ?? width) * 0.24)),
  );
  const count = row.thread?.folded && row.thread.size > 1 ? String(row.thread.size).padStart(countWidth) : "";
  const sender = padToWidth(row.from, senderWidth - count.length, glyphs.ellipsis) + count;

  const origin =
    row.origin !== undefined && roomy ? `${padToWidth(row.origin, originWidth, glyphs.ellipsis)}  ` : "";
  const before = `${gutter}${flags} ${date}${origin}${sender}  `;
  const room = width - textWidth(before) - size.length;
  const [lead, title] = room > 0 ? subjectOf(row, room, theme) : ["", ""];
  // Where the reader has covered the rest, its border says so.
  const cut = width === beside ? "" : glyphs.ellipsis;
  const labels = labelsThatFit(row.labels, room >> 1);
  const tags = labels.map(({ name }) => `#${name} `).join("");
  const subject = cutToWidth(lead + tags + title, Math.max(0, room), cut);
  const gap = " ".repeat(Math.max(0, room - textWidth(subject)));
  const after = size.trim() === "" ? "" : gap + size;

  if (row.selected && !arrow) {
    const text = padToWidth(before + subject + after, width, "");
    // Of one weight, whatever it is on: a list that scrolls under it changes little in this row.
    return theme.style(focused ? "bar.focused" : "bar.unfocused", text);
  }
  const whole = cutToWidth(before + subject + after, width, "");
  if (row.marked) return theme.style("list.marked", whole);
  if (row.deleted) return theme.style("list.deleted", whole);
  const weight = row.unread ? "list.unread" : undefined;
  const plain = (text: string) => (weight ? theme.style(weight, text) : text);
  let out = "";
  let done = 0;
  const colour = (style: StyleName, at: number, length: number) => {
    if (at < done || at + length > whole.length) return;
    out += plain(whole.slice(done, at)) + theme.style(style, whole.slice(at, at + length), weight);
    done = at + length;
  };
  if (row.flagged) colour("list.flagged", gutter.length, flags.length);
  let at = before.length + lead.length;
  for (const { name, meaning } of subject.startsWith(lead + tags) ? labels : []) {
    colour(`label.${meaning}`, at, name.length + 1);
    at += name.length + 2;
  }
  return out + plain(whole.slice(done));
}

/** Under the bar as elsewhere: a cursor that moves leaves these lines as they are. */
export function previewLine(preview: string, width: number, theme: Theme): string {
  const text = cutToWidth(preview, Math.max(0, width - previewIndent - 1), theme.glyphs.ellipsis);
  return text === "" ? "" : " ".repeat(previewIndent) + theme.style("text.muted", text);
}

/** Labels take half of the subject's room at most. */
function labelsThatFit(labels: readonly RowLabel[], room: number): readonly RowLabel[] {
  let taken = 0;
  const end = labels.findIndex(({ name }) => {
    taken += textWidth(name) + 2;
    return taken > room;
  });
  return end < 0 ? labels : labels.slice(0, end);
}

/** The subject, and what shows its place in a thread: an answer's, where it is the same as above, is only an arrow. */
function subjectOf(
  { subject, thread, labels }: MessageRow,
  room: number,
  { glyphs, utf8 }: Theme,
): readonly [lead: string, subject: string] {
  if (!thread) return ["", subject];
  const { size, folded, depth, repeats } = thread;
  if (size === 1) return ["  ", subject];
  if (folded) return [`${glyphs.folded} `, subject];
  if (depth === 0) return [`${glyphs.unfolded} `, subject];
  const lines = threadLines(thread, utf8, levelsOf(room));
  return repeats ? [`${lines.trimEnd()}>${labels.length > 0 ? " " : ""}`, ""] : [lines, subject];
}

function emptyLines(text: string, width: number, height: number, theme: Theme): string[] {
  if (theme.spoken) return wrapText(text, width);
  const said = wrapText(text, Math.max(1, Math.min(width - 4, emptyWidth)));
  const left = " ".repeat(Math.max(0, (width - Math.max(...said.map(textWidth))) >> 1));
  const above = Array<string>(Math.max(0, (height - said.length) >> 1)).fill("");
  return [...above, ...said.map((line) => left + theme.style("text.muted", cutToWidth(line, width)))];
}
