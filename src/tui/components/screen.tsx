import { Box } from "../ink.ts";
import { type Layout, layoutOf } from "../layout.ts";
import type { ScreenModel } from "../model.ts";
import type { ShownPicture } from "../terminal/output.ts";
import type { Theme } from "../theme.ts";
import {
  ChoiceLine,
  Completions,
  Continuations,
  continuationRows,
  KeyBar,
  PromptLine,
  promptView,
  StatusLine,
} from "./bottom.tsx";
import { FolderPane } from "./folder-pane.tsx";
import { Lines } from "./lines.tsx";
import { MessageList } from "./message-list.tsx";
import { Page } from "./page.tsx";
import { bodyStart, Reader } from "./reader.tsx";

/** The panes of this screen. */
export function screenLayout(model: ScreenModel): Layout {
  return layoutOf({ ...model, reading: model.reader !== null, keyBar: model.keyBar !== null });
}

/** Where the terminal's cursor belongs (from 0): into the prompt, or nowhere. */
export function cursorOf(model: ScreenModel, theme: Theme): { row: number; column: number } | null {
  if (!model.prompt) return null;
  return {
    row: Math.max(0, model.rows - 1 - screenLayout(model).keyBar),
    column: promptView(model.prompt, model.columns, theme).column,
  };
}

/** Rows of the panes, and of what lies below them for a moment: completions of a line, keys that can follow. */
function paneRows(model: ScreenModel): { height: number; completions: number; hints: number } {
  const { columns, rows, prompt } = model;
  const whole = Math.max(0, rows - 1 - screenLayout(model).keyBar);
  const third = Math.min(Math.floor(rows / 3), whole);
  const completions = prompt ? Math.min(prompt.completions.length, third) : 0;
  const hints = prompt ? 0 : Math.min(continuationRows(model.continuations, columns), third);
  return { height: whole - completions - hints, completions, hints };
}

/** Where pictures are on this screen: those of the open message that are in view and covered by nothing. */
export function picturesOf(model: ScreenModel): ShownPicture[] {
  const { reader, page } = model;
  if (!reader || reader.pictures.length === 0 || page) return [];
  const layout = screenLayout(model);
  if (!layout.reader) return [];
  const left = [layout.folders, layout.list].reduce((sum, pane) => sum + (pane ? pane.width + 1 : 0), 0);
  const { height } = paneRows(model);
  return reader.pictures.flatMap(({ image, protocol, line, rows, columns }) => {
    const top = bodyStart(reader) + line - reader.scroll;
    const above = Math.max(0, -top);
    const below = Math.max(0, top + rows - height);
    // A file is shown as a whole or not at all.
    if (above + below >= rows || (protocol === "iterm" && above + below > 0)) return [];
    const placement = { row: top + above, column: left + 1, rows: rows - above - below };
    return [{ protocol, placement: { ...placement, image, columns, above, below } }];
  });
}

/** The whole screen: exactly `model.rows` lines of at most `model.columns` columns. */
export function Screen({ model, theme }: { readonly model: ScreenModel; readonly theme: Theme }) {
  const { columns, rows, focus } = model;
  const bar = screenLayout(model).keyBar;
  const { height, completions, hints } = paneRows(model);
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      {height > 0 && <Panes model={model} height={height} theme={theme} focus={focus} />}
      {model.prompt && completions > 0 && (
        <Completions model={model.prompt} width={columns} height={completions} theme={theme} />
      )}
      {hints > 0 && (
        <Continuations model={model.continuations} width={columns} height={hints} theme={theme} />
      )}
      {model.prompt ? (
        <PromptLine model={model.prompt} width={columns} theme={theme} />
      ) : model.choice ? (
        <ChoiceLine model={model.choice} width={columns} theme={theme} />
      ) : (
        <StatusLine model={model.status} width={columns} theme={theme} />
      )}
      {model.keyBar && bar > 0 && <KeyBar model={model.keyBar} width={columns} height={bar} theme={theme} />}
    </Box>
  );
}

interface PanesProps {
  readonly model: ScreenModel;
  readonly height: number;
  readonly focus: ScreenModel["focus"];
  readonly theme: Theme;
}

function Panes({ model, height, focus, theme }: PanesProps) {
  if (model.page) return <Page model={model.page} width={model.columns} height={height} theme={theme} />;
  const { folders, list, reader } = screenLayout(model);
  return (
    <Box width={model.columns} height={height} flexShrink={0}>
      {folders && (
        <FolderPane
          model={model.folders}
          width={folders.width}
          height={height}
          focused={focus === "folders"}
          theme={theme}
        />
      )}
      {folders && (list || reader) && <Separator height={height} theme={theme} />}
      {list && (
        <MessageList
          model={model.list}
          width={list.width}
          height={height}
          focused={focus === "list"}
          theme={theme}
        />
      )}
      {list && reader && <Separator height={height} theme={theme} />}
      {reader && model.reader && (
        <Reader
          model={model.reader}
          width={reader.width}
          height={height}
          focused={focus === "reader"}
          theme={theme}
        />
      )}
    </Box>
  );
}

function Separator({ height, theme }: { readonly height: number; readonly theme: Theme }) {
  const line = theme.style("border", theme.glyphs.vertical);
  return <Lines lines={Array<string>(height).fill(line)} width={1} height={height} />;
}
