// One value of an Arrow column as one line of text, the same that `fusionflow_lab/results/cells.py` writes:
// tests/results/cells.json holds what both must say.

import { type Batch, type Column, type DataType, Type } from "@uwdata/flechette";

import { fixedText, floatRepr, exponentText } from "./floats";
import { clockText, dateText, intervalText, timestampText } from "./times";
import { escaped, HIDDEN, visible } from "./visible";

export { visible, visibleLines } from "./visible";

export interface CellText {
  /** One line. */
  text: string;
  /** The whole, where `text` is shortened or rounded; else empty. */
  full: string;
  /** NULL, which is not the text NULL. */
  null: boolean;
}

type Cells = Batch<unknown>;

const BYTES_SHOWN = 24;
const FLOAT_SHOWN = 14;

/** Whether values of a type are numbers, to be set right-aligned. */
export function isNumber(type: DataType): boolean {
  return type.typeId === Type.Int || type.typeId === Type.Float || type.typeId === Type.Decimal;
}

/** Write a cell in one line of at most `width` characters. */
export function cellText(column: Column<unknown>, row: number, width = 60): CellText {
  const found = placeOf(column, row);
  if (!found || isNull(found.batch, found.index)) return { text: "NULL", full: "", null: true };
  if (found.batch.type.typeId === Type.Float) return floatText(found.batch.at(found.index) as number);
  return cut(visible(plainText(found.batch, found.index)), width);
}

/** Write a cell in full, on as many lines as it has; NULL as null. */
export function fullText(column: Column<unknown>, row: number): string | null {
  const found = placeOf(column, row);
  if (!found || isNull(found.batch, found.index)) return null;
  return plainText(found.batch, found.index);
}

/** Cut a line that is too long. */
export function cut(text: string, width: number): CellText {
  if (text.length <= width) return { text, full: "", null: false };
  const characters = Array.from(text.slice(0, 2 * width + 2));
  if (characters.length <= width) return { text, full: "", null: false };
  return { text: `${characters.slice(0, width - 1).join("")}…`, full: text, null: false };
}

function placeOf(column: Column<unknown>, row: number): { batch: Cells; index: number } | null {
  let index = row;
  for (const batch of column.data) {
    if (index < batch.length) return { batch, index };
    index -= batch.length;
  }
  return null;
}

function isNull(batch: Cells, index: number): boolean {
  if (batch.type.typeId === Type.Null) return true;
  if (batch.type.typeId === Type.Union || batch.type.typeId === Type.Dictionary) return batch.at(index) === null;
  return batch.nullCount > 0 && batch.validity.length > 0 && !batch.isValid(index);
}

function itemText(batch: Cells | undefined, index: number): string {
  return !batch || isNull(batch, index) ? "NULL" : plainText(batch, index);
}

/** Write a value that is not NULL in full. */
function plainText(batch: Cells, index: number): string {
  const { type } = batch;
  switch (type.typeId) {
    case Type.Float:
      return floatRepr(batch.at(index) as number);
    case Type.Decimal:
      return decimalText(batch.at(index) as bigint | number, type.scale);
    case Type.Date:
      return dateText(type.unit === 0 ? Number(batch.values[index]) : Number(batch.values[index]) / 86_400_000);
    case Type.Time:
      return clockText(BigInt(batch.values[index] ?? 0), type.unit);
    case Type.Timestamp:
      return timestampText(BigInt(batch.values[index] ?? 0), type.unit, type.timezone);
    case Type.Interval:
      return type.unit === 2 ? intervalText(batch.values as Uint8Array, index) : valueText(batch.at(index));
    case Type.List:
    case Type.LargeList:
      return listText(batch, Number(batch.offsets[index]), Number(batch.offsets[index + 1]));
    case Type.ListView:
    case Type.LargeListView:
      return listText(batch, Number(batch.offsets[index]), Number(batch.offsets[index]) + Number(batch.sizes[index]));
    case Type.FixedSizeList:
      return listText(batch, index * type.stride, (index + 1) * type.stride);
    case Type.Map:
      return mapText(batch, Number(batch.offsets[index]), Number(batch.offsets[index + 1]));
    case Type.Struct:
      return structText(batch, index);
    default:
      return valueText(batch.at(index));
  }
}

function valueText(value: unknown): string {
  if (value instanceof Uint8Array) return bytesShown(value);
  if (typeof value === "number" && !Number.isInteger(value)) return floatRepr(value);
  return value === null || value === undefined ? "NULL" : String(value);
}

function floatText(value: number): CellText {
  const full = floatRepr(value);
  if (full.length <= FLOAT_SHOWN || !Number.isFinite(value)) return { text: full, full: "", null: false };
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e15) return { text: exponentText(value, 8), full, null: false };
  const places = Math.max(1, 11 - Math.trunc(size).toFixed(0).length);
  const text = fixedText(value, places).replace(/0+$/, "");
  return { text: text.endsWith(".") ? `${text}0` : text, full, null: false };
}

function decimalText(value: bigint | number, scale: number): string {
  const whole = BigInt(value);
  const digits = (whole < 0n ? -whole : whole).toString().padStart(scale + 1, "0");
  const at = digits.length - scale;
  return `${whole < 0n ? "-" : ""}${digits.slice(0, at)}${scale > 0 ? `.${digits.slice(at)}` : ""}`;
}

function bytesShown(value: Uint8Array): string {
  const head = Array.from(value.subarray(0, BYTES_SHOWN), (byte) => `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`);
  return value.length <= BYTES_SHOWN ? head.join("") : `${head.join("")}… (${value.length} bytes)`;
}

function listText(batch: Cells, start: number, end: number): string {
  const items: string[] = [];
  for (let at = start; at < end; at++) items.push(itemText(batch.children[0], at));
  return `[${items.join(", ")}]`;
}

function mapText(batch: Cells, start: number, end: number): string {
  const [keys, values] = batch.children[0]?.children ?? [];
  const items: string[] = [];
  for (let at = start; at < end; at++) items.push(`${itemText(keys, at)}=${itemText(values, at)}`);
  return items.length ? `{${items.join(", ")}}` : "[]";
}

function structText(batch: Cells, index: number): string {
  const fields = batch.type.typeId === Type.Struct ? batch.type.children : [];
  const items = fields.map((field, at) => `${quoted(field.name)}: ${itemText(batch.children[at], index)}`);
  return `{${items.join(", ")}}`;
}

/** Quote a name as Python's repr does. */
function quoted(name: string): string {
  const quote = name.includes("'") && !name.includes('"') ? '"' : "'";
  const inner = name
    .replaceAll("\\", "\\\\")
    .replaceAll(quote, `\\${quote}`)
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")
    .replace(HIDDEN, escaped);
  return quote + inner + quote;
}
