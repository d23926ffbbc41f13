/**
 * Pictures on a terminal: which protocol it speaks, by asking it, and the sequences to show them. The kitty graphics
 * protocol takes PNG as it is, that of iTerm2 takes whole files. Sixel would need the pixels, and is left out.
 */
import type { PictureInfo } from "../../message/picture.ts";

/** What a terminal said of itself. */
export interface Graphics {
  readonly kitty: boolean;
  readonly iterm: boolean;
  /** Pixels of a cell. */
  readonly cell: { readonly width: number; readonly height: number };
}

/** Nothing is shown before the terminal has said that it can. */
export const noGraphics: Graphics = { kitty: false, iterm: false, cell: { width: 8, height: 16 } };

export interface TerminalImage extends PictureInfo {
  /** Of its own for each picture that was shown. */
  readonly id: number;
  readonly bytes: Buffer;
}

/** A picture and the cells it fills, or the part of it that is in view; counted from 0. */
export interface Placement {
  readonly image: TerminalImage;
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
  /** Rows of the picture that are above what is in view, and below. */
  readonly above: number;
  readonly below: number;
}

/** Some id for the question; the answer repeats it. */
const queryId = 3141;

/** Asks for the kitty protocol, for iTerm2's by the size of a cell that only its speakers tell, and for a cell's pixels. */
export const graphicsQuery = `\x1b_Gi=${queryId},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b]1337;ReportCellSize\x07\x1b[16t`;

/** Terminals that would show a question, or pass it on to one of which nothing is known. */
export function mayAskForGraphics(term: string | undefined): boolean {
  return !/^(?:linux|vt\d|ansi|dumb|eterm|screen|tmux)/.test(term ?? "dumb");
}

const whole = (text: string | undefined) => Math.round(Number(text));
const isCell = (n: number) => n >= 2 && n <= 200;

/** What an answer of the terminal adds to what is known; null for an answer to something else. */
export function graphicsAnswer(known: Graphics, answer: string): Graphics | null {
  if (answer.startsWith(`_Gi=${queryId};`)) return answer.endsWith(";OK") ? { ...known, kitty: true } : known;
  const [, height, width, scale = "1"] =
    /^1337;ReportCellSize=(\d+(?:\.\d+)?);(\d+(?:\.\d+)?)(?:;(\d(?:\.\d+)?))?$/.exec(answer) ?? [];
  if (width !== undefined) {
    const cell = { width: whole(width) * Number(scale), height: whole(height) * Number(scale) };
    return { ...known, iterm: true, cell: isCell(cell.width) && isCell(cell.height) ? cell : known.cell };
  }
  const [, high, wide] = /^\[6;(\d+);(\d+)t$/.exec(answer) ?? [];
  if (wide === undefined) return null;
  const cell = { width: whole(wide), height: whole(high) };
  return isCell(cell.width) && isCell(cell.height) ? { ...known, cell } : known;
}

/** By which protocol a picture can be shown; null for none. */
export function protocolFor({ kitty, iterm }: Graphics, type: PictureInfo["type"]): "kitty" | "iterm" | null {
  if (kitty && type === "png") return "kitty";
  return iterm ? "iterm" : null;
}

/** Cells that a picture fills: its own size, or as much of it as fits. */
export function cellsOf(
  { width, height }: Pick<PictureInfo, "width" | "height">,
  { cell }: Graphics,
  most: { readonly columns: number; readonly rows: number },
): { readonly columns: number; readonly rows: number } {
  const scale = Math.min(1, (most.columns * cell.width) / width, (most.rows * cell.height) / height);
  return {
    columns: Math.max(1, Math.min(most.columns, Math.round((width * scale) / cell.width))),
    rows: Math.max(1, Math.min(most.rows, Math.round((height * scale) / cell.height))),
  };
}

/** Octets of base64 in one sequence. */
const kittyChunk = 4096;

/** Hands a PNG to the terminal, which keeps it under its id. */
export function sendKitty({ id, bytes }: TerminalImage): string {
  const data = bytes.toString("base64");
  let out = "";
  for (let at = 0; at < data.length; at += kittyChunk) {
    const more = at + kittyChunk < data.length ? 1 : 0;
    const keys = at === 0 ? `a=t,f=100,i=${id},q=2,m=${more}` : `m=${more},q=2`;
    out += `\x1b_G${keys};${data.slice(at, at + kittyChunk)}\x1b\\`;
  }
  return out;
}

/** The cursor is brought back to where it was: whoever writes cells goes on there. */
const at = (row: number, column: number, bytes: string) => `\x1b7\x1b[${row + 1};${column + 1}H${bytes}\x1b8`;

/** Shows a picture that the terminal has. */
export function placeKitty({ image, row, column, rows, columns, above, below }: Placement): string {
  const all = above + rows + below;
  const top = Math.round((image.height * above) / all);
  const high = Math.max(1, Math.round((image.height * rows) / all));
  const cut = above + below > 0 ? `,y=${top},h=${high}` : "";
  return at(row, column, `\x1b_Ga=p,i=${image.id},p=1,c=${columns},r=${rows}${cut},C=1,q=2\x1b\\`);
}

/** Takes a picture off the screen; with `forget` out of the terminal's memory as well. */
export function removeKitty({ id }: TerminalImage, forget = false): string {
  return `\x1b_Ga=d,d=${forget ? "I" : "i"},i=${id},q=2\x1b\\`;
}

/** Sends a picture as a file that fills cells. */
export function placeIterm({ image, row, column, rows, columns }: Placement): string {
  const keys = `inline=1;size=${image.bytes.length};width=${columns};height=${rows};doNotMoveCursor=1`;
  return at(row, column, `\x1b]1337;File=${keys}:${image.bytes.toString("base64")}\x07`);
}
