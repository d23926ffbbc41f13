import { memo } from "react";
import type { DisplayLine } from "../../message/layout.ts";
import type { Span } from "../../message/types.ts";
import { cutToWidth, padToWidth, textWidth } from "../../message/width.ts";
import { maxTextWidth } from "../layout.ts";
import type { ReaderAttachment, ReaderHeader, ReaderModel, Tone } from "../model.ts";
import type { StyleName, Theme } from "../theme.ts";
import { Lines } from "./lines.tsx";

export interface ReaderProps {
  readonly model: ReaderModel;
  readonly width: number;
  readonly height: number;
  /** The pane has the keys. */
  readonly focused: boolean;
  readonly theme: Theme;
}

/** One message: headers, attachments, a rule, the body. All of it scrolls together. */
export const Reader = memo(function Reader({ model, width, height, focused, theme }: ReaderProps) {
  return (
    <Lines lines={readerLines(model, { width, height, focused, theme })} width={width} height={height} />
  );
});

/** Lines of the whole document, for whoever keeps `scroll` within bounds. */
export function readerLength(model: ReaderModel): number {
  return bodyStart(model) + (model.notice ? 1 : model.lines.length);
}

/** The line on which the body begins. */
export function bodyStart(model: ReaderModel): number {
  return model.headers.length + model.attachments.length + (model.moreAttachments > 0 ? 1 : 0) + 1;
}

/** The lines in view; only those are made. */
export function readerLines(
  model: ReaderModel,
  { width, height, focused, theme }: Omit<ReaderProps, "model">,
): string[] {
  const text = Math.max(1, Math.min(maxTextWidth, width - 2));
  const names = Math.max(0, ...model.headers.map(({ name }) => textWidth(name)));
  const start = bodyStart(model);
  const line = (n: number): string => {
    const header = model.headers[n];
    if (header) return headerLine(header, Math.min(names, text >> 1), text, theme);
    const attachment = model.attachments[n - model.headers.length];
    if (attachment) return attachmentLine(attachment, text, focused, theme);
    if (model.moreAttachments > 0 && n === start - 2)
      return theme.style(
        "text.muted",
        cutToWidth(`${theme.glyphs.bullet} and ${model.moreAttachments} more: v shows them`, text, ""),
      );
    if (n === start - 1) return model.headers.length > 0 ? ruleLine(text, theme) : "";
    if (model.notice)
      return n === start
        ? theme.style("text.muted", cutToWidth(model.notice, text, theme.glyphs.ellipsis))
        : "";
    const body = model.lines[n - start];
    return body ? bodyLine(body, model, text, theme) : "";
  };
  const hits = new Set(model.hits);
  const margin = (n: number) => {
    if (width <= text) return "";
    return hits.has(n - start) ? theme.style("list.marked", theme.glyphs.mark) : " ";
  };
  const first = Math.max(0, model.scroll);
  const count = Math.max(0, Math.min(height, readerLength(model) - first));
  return Array.from({ length: count }, (_, i) => {
    const made = line(first + i);
    return made === "" ? "" : margin(first + i) + made;
  });
}

function ruleLine(width: number, theme: Theme): string {
  const { horizontal } = theme.glyphs;
  return theme.style(horizontal === " " ? "rule" : "border", horizontal.repeat(width));
}

const tones: Readonly<Record<Tone, StyleName>> = {
  good: "good",
  doubt: "doubt",
  bad: "status.error",
  quiet: "text.muted",
};

function headerLine(
  { name, value, tone, strong }: ReaderHeader,
  names: number,
  width: number,
  theme: Theme,
): string {
  const label = padToWidth(name, names, "");
  const { good, bad, ellipsis } = theme.glyphs;
  const signs = { good: `${good} `, bad: `${bad} `, doubt: "? ", quiet: "" } as const;
  const sign = tone ? signs[tone] : "";
  const text = cutToWidth(
    (name === "" ? " ".repeat(sign.length) : sign) + value,
    Math.max(0, width - names - 2),
    ellipsis,
  );
  const style = tone ? tones[tone] : strong ? "text.strong" : null;
  return `${theme.style("text.muted", label)}  ${style ? theme.style(style, text) : text}`;
}

function attachmentLine(attachment: ReaderAttachment, width: number, focused: boolean, theme: Theme): string {
  const { glyphs } = theme;
  const what = ` ${attachment.size} ${attachment.mediaType}`;
  const left = `${glyphs.bullet} ${attachment.section}  `;
  const room = Math.max(8, width - left.length - textWidth(what));
  const name = cutToWidth(attachment.name || "(no name)", room, glyphs.ellipsis);
  if (focused && attachment.focused)
    return theme.style("bar.focused", padToWidth(`${left}${name} ${what}`, width, ""));
  const rest = Math.max(0, width - left.length - textWidth(name) - 1);
  const shown = cutToWidth(left + name, width, glyphs.ellipsis);
  return rest > 0 ? `${shown} ${theme.style("text.muted", cutToWidth(what, rest, glyphs.ellipsis))}` : shown;
}

const spanStyles: Readonly<Record<Span["style"], StyleName | null>> = {
  plain: null,
  bold: "text.strong",
  italic: "text.italic",
  code: "code",
  link: "link",
  heading: "heading",
  muted: "text.muted",
  warning: "status.error",
};

function bodyLine(
  line: DisplayLine,
  { links, warned }: Pick<ReaderModel, "links" | "warned">,
  width: number,
  theme: Theme,
): string {
  const quote: StyleName | null =
    line.quote > 0 ? (`quote.${((line.quote - 1) % 3) + 1}` as "quote.1" | "quote.2" | "quote.3") : null;
  let room = width;
  let out = "";
  for (const span of line.spans) {
    if (room <= 0) break;
    const text = cutToWidth(span.text, room, theme.glyphs.ellipsis);
    room -= textWidth(text);
    const style = warned.includes(span.link) ? "warned-link" : (spanStyles[span.style] ?? quote);
    const struck = span.struck ? "text.struck" : undefined;
    const styled = style ? theme.style(style, text, struck) : struck ? theme.style(struck, text) : text;
    const target = span.link > 0 ? links[span.link - 1] : undefined;
    out += target === undefined ? styled : theme.link(target, styled);
  }
  return out;
}
