// What a reader has chosen of a grid: order, conditions, columns and the cell in focus. Pure steps, no drawing.

import { type DataType, Type } from "@uwdata/flechette";

import { duckdbType } from "./arrow";
import { isNumber } from "./cells";
import type { Condition } from "./model";
import type { Order } from "./pages";

/** Columns that are drawn at once. */
export const COLUMNS_AT_ONCE = 50;

export interface GridColumn {
  /** Its place in the result. */
  place: number;
  name: string;
  /** DuckDB's name of its type. */
  type: string;
  arrow: DataType;
  number: boolean;
  /** Whether another column before it has its name: SQL could not tell them apart. */
  double: boolean;
}

interface FieldLike {
  name: string;
  type: DataType;
  metadata: Map<string, string> | null;
}

/** The columns of a result from its schema. */
export function columnsOf(fields: readonly FieldLike[]): GridColumn[] {
  const seen = new Set<string>();
  return fields.map(({ name, type, metadata }, place) => {
    const double = seen.has(name);
    seen.add(name);
    return { place, name, type: metadata?.get("duckdb_type") ?? duckdbType(type), arrow: type, number: isNumber(type), double };
  });
}

/** The order after a click: up, down, as it was; `add` leaves the others their rank. */
export function sortedBy(sort: readonly Order[], column: string, add: boolean): Order[] {
  const now = sort.find((order) => order.column === column);
  const next: Order[] = !now ? [{ column, descending: false }] : now.descending ? [] : [{ column, descending: true }];
  if (!add) return next;
  if (!now) return [...sort, ...next];
  return sort.flatMap((order) => (order.column === column ? next : [order]));
}

export type Operator = Condition["op"];

const OPERATOR_WORDS: Readonly<Record<Operator, string>> = {
  "=": "is",
  "!=": "is not",
  "<": "is less than",
  "<=": "is at most",
  ">": "is more than",
  ">=": "is at least",
  contains: "contains",
  starts_with: "begins with",
  in: "is one of",
  is_null: "is NULL",
  not_null: "is not NULL",
};

export function operatorWords(op: Operator): string {
  return OPERATOR_WORDS[op];
}

/** The operators that fit a type, the most likely first. */
export function operatorsFor(type: DataType): Operator[] {
  switch (type.typeId) {
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
      return ["contains", "=", "!=", "starts_with", "in", "<", ">", "is_null", "not_null"];
    case Type.Dictionary:
      return ["=", "!=", "in", "contains", "starts_with", "is_null", "not_null"];
    case Type.Bool:
      return ["=", "!=", "is_null", "not_null"];
    case Type.Int:
    case Type.Float:
    case Type.Decimal:
    case Type.Date:
    case Type.Time:
    case Type.Timestamp:
      return ["=", "!=", "<", "<=", ">", ">=", "in", "is_null", "not_null"];
    case Type.List:
    case Type.Struct:
    case Type.Map:
    case Type.FixedSizeList:
      return ["contains", "is_null", "not_null"];
    default:
      return ["is_null", "not_null"];
  }
}

export function takesValue(op: Operator): boolean {
  return op !== "is_null" && op !== "not_null";
}

/** A condition from what was typed; the service reads the value by the column's type. */
export function conditionOf(column: string, op: Operator, text: string): Condition {
  if (!takesValue(op)) return { column, op };
  if (op === "in") return { column, op, value: text.split(",").map((one) => one.trim()) };
  return { column, op, value: text };
}

/** A condition in words: `city contains “os”`. */
export function conditionText({ column, op, value }: Condition): string {
  const words = `${column} ${operatorWords(op)}`;
  if (value === undefined || value === null) return words;
  return `${words} ${(Array.isArray(value) ? value : [value]).map((one) => `“${String(one)}”`).join(", ")}`;
}

/** Conditions with another in the place of those on its column. */
export function filteredBy(filter: readonly Condition[], column: string, condition: Condition | null): Condition[] {
  const others = filter.filter((one) => one.column !== column);
  return condition ? [...others, condition] : others;
}

/** A cell by row and by place among the columns in sight; row -1 is the header. */
export interface Cell {
  row: number;
  column: number;
}

interface Bounds {
  rows: number;
  columns: number;
  /** Rows that are seen at once. */
  page: number;
}

/** The cell that a key leads to; null for a key that leads nowhere. */
export function movedTo(cell: Cell, key: string, far: boolean, { rows, columns, page }: Bounds): Cell | null {
  const to = (row: number, column: number): Cell => ({
    row: Math.max(-1, Math.min(row, rows - 1)),
    column: Math.max(0, Math.min(column, columns - 1)),
  });
  switch (key) {
    case "ArrowDown":
      return to(far ? rows - 1 : cell.row + 1, cell.column);
    case "ArrowUp":
      return to(far ? 0 : cell.row - 1, cell.column);
    case "ArrowRight":
      return to(cell.row, far ? columns - 1 : cell.column + 1);
    case "ArrowLeft":
      return to(cell.row, far ? 0 : cell.column - 1);
    case "PageDown":
      return to(cell.row + page, cell.column);
    case "PageUp":
      return to(Math.max(cell.row - page, 0), cell.column);
    case "Home":
      return to(far ? 0 : cell.row, 0);
    case "End":
      return to(far ? rows - 1 : cell.row, columns - 1);
    default:
      return null;
  }
}

/** A rectangle of cells. */
export interface Block {
  row: number;
  rows: number;
  column: number;
  columns: number;
}

/** The rectangle between two cells. */
export function blockOf(one: Cell, other: Cell): Block {
  const row = Math.max(0, Math.min(one.row, other.row));
  const column = Math.min(one.column, other.column);
  return {
    row,
    rows: Math.max(one.row, other.row, 0) - row + 1,
    column,
    columns: Math.max(one.column, other.column) - column + 1,
  };
}

/** Cells as lines of texts between tabs, quoted where a spreadsheet would break them. NULL is empty. */
export function tabbedText(rows: readonly (readonly (string | null)[])[]): string {
  const quoted = (text: string): string => (/[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map((row) => row.map((text) => quoted(text ?? "")).join("\t")).join("\n");
}

/** Whether a spreadsheet would take a text for a formula. */
export function looksLikeFormula(text: string | null): boolean {
  return text !== null && /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text));
}

/** Pixels of columns that were resized, by their places. */
export type Widths = Readonly<Record<number, number>>;

/** Pixels of a column. */
export function widthOf(widths: Widths, column: GridColumn): number {
  return widths[column.place] ?? Math.min(Math.max(column.name.length * 8 + 48, usualWidth(column.arrow)), 260);
}

/** Pixels that values of a type mostly need. */
function usualWidth(type: DataType): number {
  switch (type.typeId) {
    case Type.Bool:
      return 80;
    case Type.Int:
      return type.bitWidth < 64 ? 100 : 120;
    case Type.Float:
    case Type.Decimal:
      return 144;
    case Type.Date:
      return 110;
    case Type.Timestamp:
      return type.timezone ? 240 : 190;
    default:
      return 170;
  }
}

export function resized(widths: Widths, column: GridColumn, factor: number): Widths {
  const width = Math.round(widthOf(widths, column) * factor);
  return { ...widths, [column.place]: Math.min(Math.max(width, 48), 1600) };
}
