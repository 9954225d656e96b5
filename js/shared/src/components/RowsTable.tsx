// The first rows of an Arrow table, as the table of a saved notebook shows them (results/render.py).

import { useMemo } from "preact/hooks";

import { duckdbType, type Table } from "../arrow";
import { type CellText, cellText, cut, isNumber, visible } from "../cells";
import { countText } from "../format";

const COLUMNS_SHOWN = 60;
const NAME_WIDTH = 40;
const TITLE_LENGTH = 2000;

interface RowsTableProps {
  table: Table;
  /** What the rows are, for screen readers. */
  label: string;
  /** How many rows are drawn at most. */
  most?: number;
  /** How many rows there are in all, where the table holds only the first of them. */
  total?: number;
  /** DuckDB's names of the columns' types, where they are known better than from Arrow. */
  types?: readonly string[];
}

/** The first rows and columns, and below them how many there are. */
export function RowsTable({ table, label, most = 10, total = table.numRows, types = [] }: RowsTableProps) {
  const columns = useMemo(() => shownColumns(table, most, types), [table, most, types]);
  const rows = Math.min(most, table.numRows);
  return (
    <div class="ff-rows">
      <div class="ff-scroll" tabIndex={0} role="group" aria-label={label}>
        <table class="ff-table" aria-label={label}>
          <thead>
            <tr>
              {columns.map((column, at) => (
                <th key={at} scope="col" class={column.number ? "ff-num" : undefined}>
                  <span title={titleText(column.name)}>{column.name.text}</span>
                  <br />
                  <small class="ff-type" title={column.type}>
                    {column.type}
                  </small>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: rows }, (_, row) => (
              <tr key={row}>
                {columns.map((column, at) => (
                  <td key={at} class={column.number ? "ff-num" : undefined} title={titleText(column.cells[row])}>
                    <CellWords cell={column.cells[row]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="ff-muted ff-small">{shownText(rows, total, columns.length, table.numCols)}</div>
    </div>
  );
}

/** The text of a cell; NULL apart from the text NULL. */
export function CellWords({ cell }: { cell: CellText | undefined }) {
  if (cell?.null) return <i class="ff-null">NULL</i>;
  return <>{cell?.text}</>;
}

/** What a cell says when it is pointed at: the whole where that is not in sight. */
export function titleText(cell: CellText | undefined): string | undefined {
  if (!cell?.full) return undefined;
  return cell.full.length > TITLE_LENGTH ? `${cell.full.slice(0, TITLE_LENGTH)}…` : cell.full;
}

/** "10 of 31,003 rows · 60 of 75 columns": what is in sight of what there is. */
export function shownText(rows: number, total: number, columns: number, all: number): string {
  const seen = rows < total ? `${countText(rows)} of ${countText(total, "row")}` : countText(total, "row");
  return columns < all ? `${seen} · ${countText(columns)} of ${countText(all, "column")}` : seen;
}

interface ShownColumn {
  name: CellText;
  type: string;
  number: boolean;
  cells: CellText[];
}

function shownColumns(table: Table, most: number, types: readonly string[]): ShownColumn[] {
  const rows = Math.min(most, table.numRows);
  return table.children.slice(0, COLUMNS_SHOWN).map((column, at) => ({
    name: cut(visible(String(table.names[at] ?? "")), NAME_WIDTH),
    type: visible(types[at] ?? duckdbType(column.type)),
    number: isNumber(column.type),
    cells: Array.from({ length: rows }, (_, row) => cellText(column, row)),
  }));
}
