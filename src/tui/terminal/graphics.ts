/**
 * Pictures on a terminal: which protocol it speaks, by asking it, and the sequences to show them. The kitty graphics
 * protocol takes PNG as it is and pixels, that of iTerm2 takes whole files; sixels are made of pixels.
 */
import type { PictureInfo } from "../../message/picture.ts";
import type { Drawn } from "./picture-thread.ts";

/** What a terminal said of itself. */
export interface Graphics {
  readonly kitty: boolean;
  readonly iterm: boolean;
  readonly sixel: boolean;
  /** Colours that sixels have at most, and pixels of the largest picture of them. */
  readonly colours: number;
  readonly largest: { readonly width: number; readonly height: number };
  /** Pixels of a cell; whether it has told them. */
  readonly cell: { readonly width: number; readonly height: number };
  readonly cellTold: boolean;
}

export type Protocol = "kitty" | "iterm" | "sixel";

/** Nothing is shown before the terminal has said that it can. */
export const noGraphics: Graphics = {
  kitty: false,
  iterm: false,
  sixel: false,
  colours: 256,
  largest: { width: 4096, height: 4096 },
  cell: { width: 8, height: 16 },
  cellTold: false,
};

export interface TerminalImage extends PictureInfo {
  /** Of its own for each picture that was shown. */
  readonly id: number;
  readonly bytes: Buffer;
  /** What was made of it for a protocol that does not take the file: for which size; null as long as it is not there. */
  readonly drawn?: { readonly size: string; readonly picture: Drawn | null };
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

const cellQuery = "\x1b[16t";
/** A cell's pixels, and whether there are sixels (DA1). */
const sixelQuery = `${cellQuery}\x1b[c`;
/** Asks for the colours of sixels and the largest picture (XTSMGRAPHICS): where others might scroll. */
const limitsQuery = "\x1b[?1;1;0S\x1b[?2;1;0S";

/**
 * Asks a terminal what it can show: for the kitty protocol, for iTerm2's by the size of a cell that only its speakers
 * tell, and for sixels. Terminals that would show a question are asked nothing; screen and tmux, which stand before one
 * of which nothing is known, for what they can themselves.
 */
export function graphicsQuery(term: string | undefined): string {
  if (/^(?:linux|vt\d|ansi|dumb|eterm)/.test(term ?? "dumb")) return "";
  if (/^(?:screen|tmux)/.test(term ?? "")) return sixelQuery;
  return `\x1b_Gi=${queryId},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b]1337;ReportCellSize\x07${sixelQuery}`;
}

/** What is to be asked of a terminal that has just said more of itself. */
export const furtherQuery = (before: Graphics, now: Graphics): string =>
  now.sixel && !before.sixel ? limitsQuery : "";

/** Asks again after the terminal changed its size: its letters may have, too. */
export const cellSizeQuery = ({ sixel }: Graphics): string => (sixel ? cellQuery : "");

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
  const [, attributes] = /^\[\?([\d;]+)c$/.exec(answer) ?? [];
  // The first number says what kind of terminal it is, those after it what it has: 4 is sixels.
  if (attributes !== undefined)
    return { ...known, sixel: known.sixel || attributes.split(";").slice(1).includes("4") };
  const [, item, first, second] = /^\[\?([12]);0;(\d+)(?:;(\d+))?S$/.exec(answer) ?? [];
  if (item === "1") return { ...known, colours: Math.max(2, whole(first)) };
  if (item === "2")
    return { ...known, largest: { width: whole(first) || 1, height: whole(second) || whole(first) || 1 } };
  const [, high, wide] = /^\[6;(\d+);(\d+)t$/.exec(answer) ?? [];
  if (wide === undefined) return null;
  const cell = { width: whole(wide), height: whole(high) };
  return isCell(cell.width) && isCell(cell.height) ? { ...known, cell, cellTold: true } : known;
}

/** By which protocol a picture can be shown, the one that takes its file first; null for none. */
export function protocolFor(
  { kitty, iterm, sixel, cellTold }: Graphics,
  type: PictureInfo["type"],
): Protocol | null {
  if (kitty && type === "png") return "kitty";
  if (iterm) return "iterm";
  if (kitty) return "kitty";
  return sixel && cellTold ? "sixel" : null;
}

/** A picture has to be decoded for this protocol. */
export function mustBeDrawn(protocol: Protocol, type: PictureInfo["type"]): boolean {
  return protocol === "sixel" || (protocol === "kitty" && type !== "png");
}

/** Cells that a picture fills: its own size, or as much of it as fits. */
export function cellsOf(
  { width, height }: Pick<PictureInfo, "width" | "height">,
  { cell }: Pick<Graphics, "cell">,
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

/** What goes by the kitty protocol: a PNG, or pixels that were made of another file. */
function kittyData({ bytes, drawn }: TerminalImage): { format: string; data: Uint8Array } {
  const { picture } = drawn ?? {};
  if (picture?.kind !== "pixels") return { format: "f=100", data: bytes };
  return { format: `f=32,s=${picture.width},v=${picture.height},o=z`, data: picture.data };
}

/** Hands a picture to the terminal, which keeps it under its id. */
export function sendKitty(image: TerminalImage): string {
  const { format, data: octets } = kittyData(image);
  const data = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("base64");
  let out = "";
  for (let at = 0; at < data.length; at += kittyChunk) {
    const more = at + kittyChunk < data.length ? 1 : 0;
    const keys = at === 0 ? `a=t,${format},i=${image.id},q=2,m=${more}` : `m=${more},q=2`;
    out += `\x1b_G${keys};${data.slice(at, at + kittyChunk)}\x1b\\`;
  }
  return out;
}

/** The cursor is brought back to where it was: whoever writes cells goes on there. */
const at = (row: number, column: number, bytes: string) => `\x1b7\x1b[${row + 1};${column + 1}H${bytes}\x1b8`;

/** Shows a picture that the terminal has. */
export function placeKitty({ image, row, column, rows, columns, above, below }: Placement): string {
  const all = above + rows + below;
  const { picture } = image.drawn ?? {};
  const height = picture?.kind === "pixels" ? picture.height : image.height;
  const top = Math.round((height * above) / all);
  const high = Math.max(1, Math.round((height * rows) / all));
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

/** Paints a picture as sixels: as one, or of what is in view each row of cells, so that no pixel lies beside it. */
export function placeSixel({ image, row, column, rows, above, below }: Placement): string {
  const { picture } = image.drawn ?? {};
  if (picture?.kind !== "sixel") return "";
  if (above + below === 0) return at(row, column, picture.whole);
  return picture.rows
    .slice(above, above + rows)
    .map((part, i) => at(row + i, column, part))
    .join("");
}
