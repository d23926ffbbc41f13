/** What stands at the bottom of the screen: status, prompt, question, key bar. */
import { memo } from "react";
import { cutToWidth, padToWidth, textWidth } from "../../message/width.ts";
import type { ChoiceModel, KeyHint, PromptModel, StatusModel } from "../model.ts";
import type { Theme } from "../theme.ts";
import { Lines } from "./lines.tsx";

interface BottomProps<Model> {
  readonly model: Model;
  readonly width: number;
  readonly theme: Theme;
}

/** Where one is at the left, the state of things at the right; a message or an error takes the left's place. */
export const StatusLine = memo(function StatusLine({ model, width, theme }: BottomProps<StatusModel>) {
  return <Lines lines={[statusLine(model, width, theme)]} width={width} height={1} />;
});

export function statusLine(model: StatusModel, width: number, theme: Theme): string {
  const { ellipsis } = theme.glyphs;
  const said = model.error ?? model.message;
  if (theme.spoken)
    return cutToWidth(said ?? [model.left, model.right].filter(Boolean).join(", "), width, "");
  // What is said is worth more than the right side; otherwise the right side keeps up to half the line.
  const right = cutToWidth(
    model.right,
    said ? Math.max(0, width - textWidth(said) - 4) : width >> 1,
    ellipsis,
  );
  const room = Math.max(0, width - textWidth(right) - (right === "" ? 2 : 4));
  const left = cutToWidth(said ?? model.left, room, ellipsis);
  const gap = " ".repeat(Math.max(0, width - textWidth(left) - textWidth(right) - 2));
  const styled = model.error
    ? theme.style("status.error", left)
    : model.message
      ? theme.style("status.message", left)
      : theme.style("text.muted", left);
  return cutSpaces(width, styled, gap, right === "" ? "" : theme.style("text.muted", right));
}

/** A blank, then the parts; nothing at all where there is not even room for that. */
function cutSpaces(width: number, ...parts: readonly string[]): string {
  return width < 3 ? "" : ` ${parts.join("")}`;
}

/** The line being typed, with as much of it in view as fits around the cursor. */
export const PromptLine = memo(function PromptLine({ model, width, theme }: BottomProps<PromptModel>) {
  return <Lines lines={[promptView(model, width, theme).line]} width={width} height={1} />;
});

/** The prompt as a line, and the column its cursor is at. */
export function promptView(
  { prefix, text, cursor, problem }: PromptModel,
  width: number,
  theme: Theme,
): { readonly line: string; readonly column: number } {
  const { ellipsis } = theme.glyphs;
  const label = cutToWidth(prefix, Math.max(1, width >> 1), ellipsis);
  const reserved = problem ? Math.min(textWidth(problem) + 2, width >> 1) : 0;
  const room = Math.max(1, width - textWidth(label) - 1 - reserved);
  // Characters go off at the left until the cursor is in view.
  let before = text.slice(0, cursor);
  if (textWidth(before) > room) {
    const points = [...before];
    while (points.length > 0 && textWidth(points.join("")) > room - 1)
      points.splice(0, Math.max(1, room >> 2));
    before = points.join("");
  }
  const column = Math.min(width - 1, textWidth(label) + textWidth(before));
  const shown = cutToWidth(before + text.slice(cursor), room, "");
  const rest = width - textWidth(label) - textWidth(shown) - 2;
  const wrong =
    problem && rest > 8 ? `  ${theme.style("status.error", cutToWidth(problem, rest, ellipsis))}` : "";
  return { line: theme.style("status.prompt", label) + shown + wrong, column };
}

/** What the typed line could become, best first. */
export const Completions = memo(function Completions({
  model,
  width,
  height,
  theme,
}: BottomProps<PromptModel> & { readonly height: number }) {
  return <Lines lines={completionLines(model, width, height, theme)} width={width} height={height} />;
});

export function completionLines(model: PromptModel, width: number, height: number, theme: Theme): string[] {
  const first = Math.max(0, Math.min(model.chosen - height + 1, model.completions.length - height));
  const shown = model.completions.slice(first, first + height);
  const names = Math.min(
    Math.max(0, ...shown.map(({ text }) => textWidth(text))),
    Math.max(1, Math.floor(width * 0.6)),
  );
  const keysWidth = Math.min(Math.max(0, ...shown.map(({ keys = "" }) => textWidth(keys))), width >> 2);
  return shown.map(({ text, help, keys = "" }, i) => {
    const name = ` ${padToWidth(text, names, theme.glyphs.ellipsis)}`;
    const typed = keysWidth === 0 ? "" : `  ${padToWidth(keys, keysWidth, theme.glyphs.ellipsis)}`;
    const room = Math.max(0, width - textWidth(name) - textWidth(typed) - 3);
    const about = cutToWidth(help, room, theme.glyphs.ellipsis);
    if (first + i === model.chosen)
      return theme.style("bar.focused", padToWidth(`${name}${typed}  ${about}`, width, ""));
    const muted = about === "" ? "" : `  ${theme.style("text.muted", about)}`;
    return cutToWidth(name, width, "") + (keys === "" ? typed : theme.style("key", typed)) + muted;
  });
}

/** A question and the keys that answer it. */
export const ChoiceLine = memo(function ChoiceLine({ model, width, theme }: BottomProps<ChoiceModel>) {
  return <Lines lines={[choiceLine(model, width, theme)]} width={width} height={1} />;
});

export function choiceLine({ question, choices }: ChoiceModel, width: number, theme: Theme): string {
  const answers = choices.map(({ key, label }) => ({
    key,
    label,
    width: textWidth(key) + textWidth(label) + 3,
  }));
  const needed = answers.reduce((sum, answer) => sum + answer.width, 0);
  // The keys must be seen; the question gives way.
  const asked = cutToWidth(
    question,
    Math.max(0, Math.max(width >> 1, width - needed - 1)),
    theme.glyphs.ellipsis,
  );
  let room = width - textWidth(asked) - 1;
  let out = asked === "" || width < 3 ? "" : ` ${theme.style("text.strong", asked)}`;
  for (const answer of answers) {
    if (room < answer.width) break;
    room -= answer.width;
    out += `  ${theme.style("key", answer.key)} ${answer.label}`;
  }
  return out;
}

/** Two lines of keys, in columns. */
export const KeyBar = memo(function KeyBar({
  model,
  width,
  height,
  theme,
}: BottomProps<readonly KeyHint[]> & { readonly height: number }) {
  return <Lines lines={keyBarLines(model, width, height, theme)} width={width} height={height} />;
});

const hintWidth = 16;

/** What may follow the keys typed: in as many columns of this width as there is room for. */
const continuationWidth = 36;

/** Rows that keys which may follow take. */
export function continuationRows(hints: readonly KeyHint[], width: number): number {
  return Math.ceil(hints.length / Math.max(1, Math.floor(width / continuationWidth)));
}

/** The keys that may follow, in columns. */
export const Continuations = memo(function Continuations({
  model,
  width,
  height,
  theme,
}: BottomProps<readonly KeyHint[]> & { readonly height: number }) {
  const lines = keyBarLines(model, width, height, theme, continuationWidth);
  return <Lines lines={lines} width={width} height={height} />;
});

export function keyBarLines(
  hints: readonly KeyHint[],
  width: number,
  height: number,
  theme: Theme,
  columnWidth = hintWidth,
): string[] {
  const columns = Math.max(1, Math.floor(width / columnWidth));
  const column = Math.floor(width / columns);
  const keyWidth = Math.min(6, Math.max(1, ...hints.map(({ keys }) => textWidth(keys))));
  return Array.from({ length: height }, (_, y) => {
    let line = "";
    for (const { keys, text } of hints.slice(y * columns, (y + 1) * columns)) {
      const key = cutToWidth(keys, Math.max(1, column - 2), "");
      const fill = " ".repeat(Math.max(0, keyWidth - textWidth(key)));
      const about = Math.max(0, column - 2 - Math.max(keyWidth, textWidth(key)) - 1);
      line += ` ${theme.style("key", key)}${fill} ${theme.style("text.muted", padToWidth(text, about, theme.glyphs.ellipsis))}`;
    }
    return width < 5 ? "" : line;
  });
}
