/** Left and right margins (DECLRMM, DECSLRM, xterm's and others') for a headless terminal, which has none. */
import type { Terminal } from "@xterm/headless";

interface Line {
  copyCellsFrom(source: Line, from: number, to: number, length: number, reverse: boolean): void;
  replaceCells(start: number, end: number, fill: unknown): void;
}

/** What of the terminal's inside is needed: its lines, and the cell that an erase leaves. */
interface Inside {
  readonly _core: {
    readonly _bufferService: {
      readonly buffer: {
        readonly ybase: number;
        readonly lines: { get(y: number): Line };
        getNullCell(attributes: unknown): unknown;
      };
    };
    readonly _inputHandler: { _eraseAttrData(): unknown };
  };
}

/** From now on the terminal has margins, says so when asked, and scrolls within them. */
export function giveMargins(screen: Terminal): void {
  const { parser } = screen;
  const { _core: core } = screen as unknown as Inside;
  let on = false;
  let columns: readonly [number, number] | null = null;
  let rows: readonly [number, number] = [0, screen.rows - 1];
  const pair = (parameters: (number | number[])[], last: number) =>
    [(Number(parameters[0]) || 1) - 1, (Number(parameters[1]) || last) - 1] as const;

  for (const final of ["h", "l"])
    parser.registerCsiHandler({ prefix: "?", final }, ([mode]) => {
      if (mode !== 69) return false;
      on = final === "h";
      columns = null;
      return true;
    });
  parser.registerCsiHandler({ prefix: "?", intermediates: "$", final: "p" }, ([mode]) => {
    if (mode !== 69) return false;
    screen.input(`\x1b[?69;${on ? 1 : 2}$y`, false);
    return true;
  });
  parser.registerCsiHandler({ final: "s" }, (parameters) => {
    columns = on && parameters.some(Boolean) ? pair(parameters, screen.cols) : null;
    return on;
  });
  parser.registerCsiHandler({ final: "r" }, (parameters) => {
    rows = pair(parameters, screen.rows);
    return false;
  });
  for (const final of ["S", "T"])
    parser.registerCsiHandler({ final }, ([count]) => {
      if (!columns) return false;
      const { buffer } = core._bufferService;
      const [left, right] = columns;
      const [top, bottom] = rows;
      const by = (final === "S" ? 1 : -1) * (Number(count) || 1);
      const line = (y: number) => buffer.lines.get(buffer.ybase + y);
      const order = Array.from({ length: bottom - top + 1 }, (_, i) => (by > 0 ? top + i : bottom - i));
      for (const y of order) {
        const from = y + by;
        if (from >= top && from <= bottom)
          line(y).copyCellsFrom(line(from), left, left, right - left + 1, false);
        else line(y).replaceCells(left, right + 1, buffer.getNullCell(core._inputHandler._eraseAttrData()));
      }
      return true;
    });
}
