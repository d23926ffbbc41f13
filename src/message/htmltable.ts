/** Tables of HTML: whether one is data or a frame for layout, and its rows. */
import type { BodyBuilder, LineShape } from "./body.ts";
import type { Attributes } from "./htmlrules.ts";
import { safeText } from "./safe.ts";
import type { Span, TableCell } from "./types.ts";
import { textWidth } from "./width.ts";

/** The text of the span that stands between two cells where a row is one line of text. */
export const CELL_GAP = "  ";
/** A row of layout that is wider goes line by line. */
const MAX_ONE_LINE = 100;
/** More than this is no table that anyone compares columns in. */
const MAX_ROWS = 5000;
const MAX_COLUMNS = 60;
const MAX_CELL_LINES = 12;
const MAX_CELL_TEXT = 600;
/** What a cell of a table without any mark of being data may hold. */
const PLAIN_CELL_LINES = 3;
const PLAIN_CELL_TEXT = 90;

interface CellLine {
  readonly spans: readonly Span[];
  readonly shape: LineShape;
  /** An empty line is due before it. */
  readonly blank: boolean;
}

interface Cell {
  readonly lines: CellLine[];
  readonly header: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly align: TableCell["align"];
}

const count = (value: string | undefined, most: number) =>
  Math.max(1, Math.min(most, Number.parseInt(value ?? "1", 10) || 1));

function alignment({ align, style = "" }: Attributes): TableCell["align"] {
  const said = /text-align\s*:\s*(left|right|center)/i.exec(style)?.[1] ?? align;
  const lower = said?.toLowerCase();
  return lower === "right" || lower === "center" ? lower : "left";
}

const cellText = (cell: Cell) =>
  cell.lines.reduce((sum, line) => sum + line.spans.reduce((n, span) => n + span.text.length, 0), 0);

/**
 * One open table. It gathers its cells until its end shows what it is; what only a frame for layout would hold
 * (another table, a list, a heading) has it let go of them at once, so that no text is kept more than once however
 * deep tables are nested.
 */
export class OpenTable {
  private readonly rows: Cell[][] = [];
  private cell: Cell | null = null;
  private gathering: boolean;
  private readonly data: boolean;
  private heads = false;
  private rowOpen = false;

  constructor(attributes: Attributes) {
    this.gathering = !/^(?:presentation|none)$/i.test(attributes.role ?? "");
    this.data = Number.parseInt(attributes.border ?? "0", 10) > 0 || attributes.role === "table";
  }

  /** Whether lines go into a cell; else they go into the body. */
  get takes(): boolean {
    return this.gathering && this.cell !== null;
  }

  openRow(): void {
    this.rowOpen = false;
    this.cell = null;
  }

  openCell(name: string, attributes: Attributes): void {
    if (!this.gathering) return;
    const cell: Cell = {
      lines: [],
      header: name === "th",
      columns: count(attributes.colspan, MAX_COLUMNS),
      rows: count(attributes.rowspan, 500),
      align: alignment(attributes),
    };
    if (cell.header) this.heads = true;
    if (!this.rowOpen) this.rows.push([]);
    this.rowOpen = true;
    const row = this.rows.at(-1);
    if (row && row.length < MAX_COLUMNS) row.push(cell);
    this.cell = cell;
  }

  closeCell(): void {
    this.cell = null;
  }

  add(spans: readonly Span[], shape: LineShape, blank: boolean): void {
    this.cell?.lines.push({ spans, shape, blank });
  }

  /** Puts a span at the end of the last line of the open cell. */
  appendToLast(span: Span): void {
    const lines = this.cell?.lines ?? [];
    const last = lines.at(-1);
    if (last) lines[lines.length - 1] = { ...last, spans: [...last.spans, span] };
  }

  get full(): boolean {
    return this.rows.length > MAX_ROWS;
  }

  /** It is for layout: what it has gathered goes into the body as it stands, and the rest will. */
  spill(builder: BodyBuilder): void {
    if (!this.gathering) return;
    this.gathering = false;
    let paragraph = false;
    for (const row of this.rows) {
      if (paragraph && row.some(({ lines }) => lines.length > 0)) builder.addBlank();
      writeLayout(builder, row);
      paragraph = endsInParagraph(builder);
    }
    this.rows.length = 0;
  }

  /** Whether it is a table to be read as one; what follows stands apart from that. */
  finish(builder: BodyBuilder, shape: LineShape): boolean {
    if (!this.gathering) return false;
    const data = this.isData();
    if (data) this.writeData(builder, shape);
    else this.spill(builder);
    return data;
  }

  private isData(): boolean {
    const rows = this.rows.filter((row) => row.some((cell) => cell.lines.length > 0));
    const widest = Math.max(0, ...rows.map((row) => row.reduce((sum, cell) => sum + cell.columns, 0)));
    if (rows.length < 2 || widest < 2 || widest > MAX_COLUMNS) return false;
    const marked = this.data || this.heads;
    const [lines, text] = marked ? [MAX_CELL_LINES, MAX_CELL_TEXT] : [PLAIN_CELL_LINES, PLAIN_CELL_TEXT];
    let paired = 0;
    for (const row of rows) {
      if (row.some((cell) => cell.lines.length > lines || cellText(cell) > text)) return false;
      if (!marked && row.some(isPicture)) return false;
      if (row.filter((cell) => cell.lines.length > 0).length > 1) paired++;
    }
    return marked ? paired > 0 : paired >= 2 && paired * 2 >= rows.length;
  }

  private writeData(builder: BodyBuilder, shape: LineShape): void {
    const table = builder.newTable();
    builder.addBlank(shape.quote);
    /** By column, the rows that a cell above still takes. */
    const taken: number[] = [];
    let heading = true;
    for (const row of this.rows) {
      const cells: TableCell[] = [];
      let column = 0;
      const skip = () => {
        for (; (taken[column] ?? 0) > 0 && column < MAX_COLUMNS; column++) {
          taken[column] = (taken[column] ?? 1) - 1;
          cells.push({ lines: [], columns: 1, align: "left" });
        }
      };
      for (const cell of row) {
        skip();
        const columns = Math.min(cell.columns, MAX_COLUMNS - column);
        if (columns < 1) break;
        for (let i = 0; i < columns; i++) taken[column + i] = cell.rows - 1;
        cells.push({ lines: cell.lines.map((line) => line.spans), columns, align: cell.align });
        column += columns;
      }
      skip();
      if (cells.every((cell) => cell.lines.length === 0)) continue;
      heading &&= row.every((cell) => cell.header || cell.lines.length === 0);
      builder.add(inOneLine(cells.map((cell) => cell.lines.flat())), {
        ...shape,
        row: { table, header: heading, cells },
      });
    }
  }
}

const isPicture = (cell: Cell) =>
  cell.lines.length > 0 && cell.lines.every((line) => line.spans.every(isPictureSpan));
/** A picture, or the number of the link it is. */
const isPictureSpan = ({ image, text, style }: Span) =>
  image !== undefined || (style === "muted" && /^\[\d+\]$/.test(text));

function inOneLine(cells: readonly (readonly Span[])[]): Span[] {
  return cells
    .filter((spans) => spans.length > 0)
    .flatMap((spans, i) =>
      i === 0 ? spans : [{ text: CELL_GAP, style: "plain", link: 0 } as const, ...spans],
    );
}

/** Letters from which a line is a paragraph, and needs air before what stands in the next cell of a frame. */
const PARAGRAPH = 120;

export function endsInParagraph({ lines }: BodyBuilder): boolean {
  const last = lines.at(-1);
  return last !== undefined && last.row === null && lengthOf(last.spans) >= PARAGRAPH;
}

const lengthOf = (spans: readonly Span[]) => spans.reduce((sum, { text }) => sum + text.length, 0);

/** A row of a frame: on one line where each cell is one and they fit, else cell below cell. */
function writeLayout(builder: BodyBuilder, row: readonly Cell[]): void {
  const cells = row.filter((cell) => cell.lines.length > 0);
  const first = cells[0]?.lines[0];
  if (!first) return;
  const width = (cell: Cell) =>
    cell.lines[0]?.spans.reduce((sum, span) => sum + textWidth(safeText(span.text)), CELL_GAP.length) ?? 0;
  const single = cells.length > 1 && cells.every((cell) => cell.lines.length === 1);
  if (single && cells.reduce((sum, cell) => sum + width(cell), 0) <= MAX_ONE_LINE) {
    if (first.blank) builder.addBlank(first.shape.quote);
    builder.add(inOneLine(cells.map((cell) => cell.lines[0]?.spans ?? [])), first.shape);
    return;
  }
  for (const { lines } of cells) {
    for (const line of lines) {
      if (line.blank) builder.addBlank(line.shape.quote);
      builder.add(line.spans, line.shape);
    }
  }
}
