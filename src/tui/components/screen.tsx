import { createContext, memo, useContext } from "react";
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

/** Where the terminal's cursor belongs (from 0): into the prompt, for whoever hears the screen on the row at hand, or nowhere. */
export function cursorOf(model: ScreenModel, theme: Theme): { row: number; column: number } | null {
  const bottom = Math.max(0, model.rows - 1 - screenLayout(model).keyBar);
  if (!model.prompt)
    return model.spoken ? { row: model.choice ? bottom : rowAtHand(model), column: 0 } : null;
  return {
    row: bottom,
    column: promptView(model.prompt, model.columns, theme).column,
  };
}

/** The row of the pane that keys go to. */
function rowAtHand({ page, reader, focus, list, folders }: ScreenModel): number {
  if (page) return 0;
  if (focus === "folders")
    return Math.max(
      0,
      folders.rows.findIndex((row) => row.focused),
    );
  if (focus === "reader" && reader) {
    const attachment = reader.attachments.findIndex((one) => one.focused);
    return attachment < 0 ? 0 : Math.max(0, reader.headers.length + attachment - reader.scroll);
  }
  const at = Math.max(
    0,
    list.rows.findIndex((row) => row.selected),
  );
  return list.rows[at]?.preview === undefined ? at : 2 * at;
}

/** Rows of the panes, and of what lies below them for a moment: completions of a line, keys that can follow. */
function paneRows(model: ScreenModel): { height: number; completions: number; hints: number } {
  const { columns, rows, prompt } = model;
  const whole = Math.max(0, rows - 1 - screenLayout(model).keyBar);
  const third = Math.min(Math.floor(rows / 3), whole);
  const half = Math.min(Math.floor(rows / 2), whole);
  const completions = prompt?.picks ? half : prompt ? Math.min(prompt.completions.length, third) : 0;
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

interface Shown {
  readonly model: ScreenModel;
  readonly theme: Theme;
}

const ShownContext = createContext<Shown | null>(null);

function useShown(): Shown {
  const shown = useContext(ShownContext);
  if (!shown) throw new Error("a part of the screen is drawn outside of it");
  return shown;
}

/**
 * The whole screen: exactly `model.rows` lines of at most `model.columns` columns. Where its parts stand is laid out
 * only when that changes; most frames change what the lines say.
 */
export function Screen({ model, theme }: Shown) {
  const { columns, rows, prompt, choice, page } = model;
  const layout = screenLayout(model);
  return (
    <ShownContext value={{ model, theme }}>
      <Parts
        columns={columns}
        rows={rows}
        {...paneRows(model)}
        folders={layout.folders?.width ?? 0}
        list={layout.list?.width ?? 0}
        beside={layout.listBeside}
        reader={model.reader ? (layout.reader?.width ?? 0) : 0}
        page={page !== null}
        bottom={prompt ? "prompt" : choice ? "choice" : "status"}
        keyBar={model.keyBar ? layout.keyBar : 0}
      />
    </ShownContext>
  );
}

/** Which parts there are, and their sizes; 0 for those that are not shown. */
interface PartsProps {
  readonly columns: number;
  readonly rows: number;
  /** Rows of the panes, of completions and of keys that may follow. */
  readonly height: number;
  readonly completions: number;
  readonly hints: number;
  readonly keyBar: number;
  /** Columns of each pane. */
  readonly folders: number;
  readonly list: number;
  readonly reader: number;
  /** Columns of the list where it has a reader beside it. */
  readonly beside: number | null;
  /** A page covers the panes. */
  readonly page: boolean;
  readonly bottom: "prompt" | "choice" | "status";
}

const Parts = memo(function Parts(size: PartsProps) {
  const { columns, rows, height, completions, hints, keyBar, bottom } = size;
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      {height > 0 && (size.page ? <PagePart width={columns} height={height} /> : <Panes {...size} />)}
      {completions > 0 && <CompletionsPart width={columns} height={completions} />}
      {hints > 0 && <ContinuationsPart width={columns} height={hints} />}
      {bottom === "prompt" && <PromptPart width={columns} />}
      {bottom === "choice" && <ChoicePart width={columns} />}
      {bottom === "status" && <StatusPart width={columns} />}
      {keyBar > 0 && <KeyBarPart width={columns} height={keyBar} />}
    </Box>
  );
});

function Panes({ columns, height, folders, list, beside, reader }: PartsProps) {
  return (
    <Box width={columns} height={height} flexShrink={0}>
      {folders > 0 && <FoldersPart width={folders} height={height} />}
      {folders > 0 && (list > 0 || reader > 0) && <Separator height={height} />}
      {list > 0 && <ListPart width={list} height={height} beside={beside} />}
      {list > 0 && reader > 0 && <Separator height={height} />}
      {reader > 0 && <ReaderPart width={reader} height={height} />}
    </Box>
  );
}

interface PartSize {
  readonly width: number;
  readonly height: number;
}

function FoldersPart(size: PartSize) {
  const { model, theme } = useShown();
  return <FolderPane model={model.folders} {...size} focused={model.focus === "folders"} theme={theme} />;
}

function ListPart(size: PartSize & { readonly beside: number | null }) {
  const { model, theme } = useShown();
  return <MessageList model={model.list} {...size} focused={model.focus === "list"} theme={theme} />;
}

function ReaderPart(size: PartSize) {
  const { model, theme } = useShown();
  if (!model.reader) return null;
  return <Reader model={model.reader} {...size} focused={model.focus === "reader"} theme={theme} />;
}

function PagePart(size: PartSize) {
  const { model, theme } = useShown();
  return model.page && <Page model={model.page} {...size} theme={theme} />;
}

function CompletionsPart(size: PartSize) {
  const { model, theme } = useShown();
  return model.prompt && <Completions model={model.prompt} {...size} theme={theme} />;
}

function ContinuationsPart(size: PartSize) {
  const { model, theme } = useShown();
  return <Continuations model={model.continuations} {...size} theme={theme} />;
}

function PromptPart({ width }: { readonly width: number }) {
  const { model, theme } = useShown();
  return model.prompt && <PromptLine model={model.prompt} width={width} theme={theme} />;
}

function ChoicePart({ width }: { readonly width: number }) {
  const { model, theme } = useShown();
  return model.choice && <ChoiceLine model={model.choice} width={width} theme={theme} />;
}

function StatusPart({ width }: { readonly width: number }) {
  const { model, theme } = useShown();
  return <StatusLine model={model.status} width={width} theme={theme} />;
}

function KeyBarPart(size: PartSize) {
  const { model, theme } = useShown();
  return model.keyBar && <KeyBar model={model.keyBar} {...size} theme={theme} />;
}

function Separator({ height }: { readonly height: number }) {
  const { theme } = useShown();
  const line = theme.style("border", theme.glyphs.vertical);
  return <Lines lines={Array<string>(height).fill(line)} width={1} height={height} />;
}
