// Cells to the clipboard, as a table for a spreadsheet. What was cut to be looked at is asked for whole.

import { readArrow, type Table } from "../arrow";
import { fullText } from "../cells";
import { countText } from "../format";
import { type Block, looksLikeFormula, tabbedText } from "../gridState";
import { ARROW, type Pages, rowsQuery } from "../pages";
import { fetchReply, type Transport } from "../transport";
import { problemOf } from "../ui/kit";

const MOST_ROWS = 10_000;
const MOST_BYTES = 1_000_000;

/** Copy a block of cells; return what to tell the reader. */
export async function copyBlock(transport: Transport, pages: Pages, block: Block): Promise<string> {
  try {
    const table = await rowsOf(transport, pages, block);
    const columns = table.children.slice(0, block.columns);
    const rows = Array.from({ length: table.numRows }, (_, row) => columns.map((column) => fullText(column, row)));
    await navigator.clipboard.writeText(tabbedText(rows));
    const cells = countText(rows.length * columns.length, "cell");
    const part = rows.length < block.rows ? ` of the first ${countText(rows.length, "row")}` : "";
    const formula = rows.some((row) => row.some(looksLikeFormula));
    const note = formula ? "; some begin as formulas do: paste them as text" : "";
    return `copied ${cells}${part}${note}`;
  } catch (error) {
    const { message, hint } = problemOf(error);
    return `not copied: ${message}${hint && `; ${hint}`}`;
  }
}

async function rowsOf(transport: Transport, pages: Pages, block: Block): Promise<Table> {
  const { view } = pages;
  const columns = view.columns.slice(block.column, block.column + block.columns);
  const limit = Math.min(block.rows, MOST_ROWS);
  const query = rowsQuery({ ...view, columns }, { offset: block.row, limit, max_bytes: MOST_BYTES });
  return readArrow((await fetchReply(transport, "GET", view.path, { query, accept: ARROW })).body);
}
