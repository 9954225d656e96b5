// From rows to what a chart draws: which chart fits which types, and the points, bars and bins of it. Pure.

import { type Column, type DataType, Type } from "@uwdata/flechette";

import type { Table } from "./arrow";
import { cellText } from "./cells";
import { countText } from "./format";

export type ChartKind = "bar" | "line" | "histogram" | "scatter";
export const CHART_KINDS: readonly ChartKind[] = ["bar", "line", "histogram", "scatter"];
export const MOST_POINTS = 10_000;
export const MOST_BARS = 30;
const BINS = 30;

/** What is drawn; `y` is null where rows are counted. Columns by their places. */
export interface ChartChoice {
  kind: ChartKind;
  x: number;
  y: number | null;
}

export type Role = "time" | "number" | "category" | "other";

/** What a column can be on an axis. */
export function roleOf(type: DataType): Role {
  switch (type.typeId) {
    case Type.Date:
    case Type.Timestamp:
      return "time";
    case Type.Int:
    case Type.Float:
    case Type.Decimal:
      return "number";
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
    case Type.Bool:
    case Type.Dictionary:
      return "category";
    default:
      return "other";
  }
}

/** The chart that fits columns of these types; null where none does. */
export function chosenChart(types: readonly DataType[]): ChartChoice | null {
  const roles = types.map(roleOf);
  const time = roles.indexOf("time");
  const category = roles.indexOf("category");
  const number = roles.indexOf("number");
  const second = roles.indexOf("number", number + 1);
  if (time >= 0 && number >= 0) return { kind: "line", x: time, y: number };
  if (category >= 0) return { kind: "bar", x: category, y: number >= 0 ? number : null };
  if (number >= 0 && second >= 0) return { kind: "scatter", x: number, y: second };
  if (number >= 0) return { kind: "histogram", x: number, y: null };
  if (time >= 0) return { kind: "histogram", x: time, y: null };
  return null;
}

/** The choice with another kind, its axes on columns that this kind can draw. */
export function withKind(choice: ChartChoice, kind: ChartKind, types: readonly DataType[]): ChartChoice {
  const x = xColumns(kind, types);
  const y = yColumns(kind, types);
  const newX = x.includes(choice.x) ? choice.x : (x[0] ?? choice.x);
  if (kind === "histogram") return { kind, x: newX, y: null };
  const other = choice.y !== null && y.includes(choice.y) && choice.y !== newX ? choice.y : y.find((one) => one !== newX);
  return { kind, x: newX, y: other ?? (kind === "bar" ? null : newX) };
}

function placesOf(types: readonly DataType[], roles: readonly Role[]): number[] {
  return types.flatMap((type, place) => (roles.includes(roleOf(type)) ? [place] : []));
}

/** The columns that can stand on the axis below. */
export function xColumns(kind: ChartKind, types: readonly DataType[]): number[] {
  return placesOf(types, kind === "bar" ? ["category", "time", "number"] : ["time", "number"]);
}

/** The columns that can stand on the axis beside. */
export function yColumns(kind: ChartKind, types: readonly DataType[]): number[] {
  return kind === "histogram" ? [] : placesOf(types, ["number"]);
}

/** The kinds that some column can be drawn in. */
export function possibleKinds(types: readonly DataType[]): ChartKind[] {
  return CHART_KINDS.filter((kind) => {
    const beside = kind === "bar" || kind === "histogram" || yColumns(kind, types).length > 0;
    return beside && xColumns(kind, types).length > (kind === "scatter" ? 1 : 0);
  });
}

/** What is drawn: numbers below and beside, and texts below where they are no numbers. */
export interface ChartData {
  x: number[];
  y: number[];
  /** Names of bars, in their order. */
  labels: string[] | null;
  /** Width of a bin, of a histogram. */
  step: number;
  /** What y is, in words. */
  what: string;
  /** What is not drawn, in words; empty where all is. */
  left: string;
}

/** A value as a number: times in seconds since 1970; null for NULL and for what no axis holds. */
export function numberAt(column: Column<unknown>, row: number): number | null {
  const value = column.at(row);
  if (value === null || value === undefined) return null;
  const { type } = column;
  const number = Number(value) / scaleOf(type);
  const infinite = (type.typeId === Type.Timestamp || type.typeId === Type.Date) && Math.abs(number) > 8.6e12;
  return Number.isFinite(number) && !infinite ? number : null;
}

function scaleOf(type: DataType): number {
  if (type.typeId === Type.Timestamp) return 1000 ** type.unit;
  if (type.typeId === Type.Date) return 1000; // flechette gives milliseconds
  return type.typeId === Type.Decimal ? 10 ** type.scale : 1;
}

/** The data of a chart; the table's first column stands below, its second, if there is one, beside. */
export function chartData(kind: ChartKind, table: Table, names: readonly [string, string | null]): ChartData {
  const x = table.getChildAt(0) as Column<unknown>;
  const y = names[1] === null ? null : (table.getChildAt(table.numCols > 1 ? 1 : 0) as Column<unknown>);
  if (kind === "bar") return bars(x, y, names);
  if (kind === "histogram") return bins(x);
  return points(x, y ?? x, kind === "line", names[1] ?? names[0]);
}

/** The data of a chart that the service has counted over all rows: labels or edges, and their values. */
export function countedData(kind: "bar" | "histogram", table: Table, name: string | null, total: number): ChartData {
  const at = (column: number) => (row: number) => numberAt(table.getChildAt(column) as Column<unknown>, row) ?? 0;
  const rows = Array.from({ length: table.numRows }, (_, row) => row);
  if (kind === "bar") {
    const labels = rows.map((row) => cellText(table.getChildAt(0) as Column<unknown>, row, 60).text);
    const grouped = rows.some((row) => at(2)(row) > 1);
    const what = name === null ? "rows" : grouped ? `sum of ${name}` : name;
    const left = total > rows.length ? `the ${rows.length} largest of ${countText(total)} bars` : "";
    return { x: rows, y: rows.map(at(1)), labels, step: 0, what, left };
  }
  const [low, high] = [at(0), at(1)];
  const step = rows.length ? high(0) - low(0) : 0;
  return { ...filled(rows.map(low), rows.map(at(2)), step), labels: null, step, what: "rows", left: "" };
}

/** Bins with those between them that are empty: a bar for each step. */
function filled(lows: readonly number[], counts: readonly number[], step: number): { x: number[]; y: number[] } {
  const [first, last] = [lows[0], lows.at(-1)];
  if (first === undefined || last === undefined || !step) return { x: [], y: [] };
  const y = new Array<number>(Math.round((last - first) / step) + 1).fill(0);
  lows.forEach((low, at) => {
    y[Math.round((low - first) / step)] = counts[at] ?? 0;
  });
  return { x: y.map((_, at) => first + (at + 0.5) * step), y };
}

function points(x: Column<unknown>, y: Column<unknown>, line: boolean, what: string): ChartData {
  const found: [number, number][] = [];
  let missing = 0;
  for (let row = 0; row < x.length; row++) {
    const [a, b] = [numberAt(x, row), numberAt(y, row)];
    if (a === null || b === null) missing += 1;
    else found.push([a, b]);
  }
  // uPlot reads x from the least to the greatest, in a scatter, too.
  found.sort((one, other) => one[0] - other[0]);
  const left = missing ? `${countText(missing, "row")} without a number not drawn` : "";
  // A line has one point at each place.
  const drawn = line ? means(found) : found;
  const told = drawn.length < found.length ? `mean of ${what}` : what;
  return { x: drawn.map(([a]) => a), y: drawn.map(([, b]) => b), labels: null, step: 0, what: told, left };
}

/** The mean of the second numbers for each of the first, which are in order. */
function means(found: readonly [number, number][]): [number, number][] {
  const drawn: [number, number][] = [];
  let count = 0;
  for (const [a, b] of found) {
    const last = drawn.at(-1);
    if (last?.[0] === a) {
      count += 1;
      last[1] += (b - last[1]) / count;
    } else {
      drawn.push([a, b]);
      count = 1;
    }
  }
  return drawn;
}

function bars(x: Column<unknown>, y: Column<unknown> | null, names: readonly [string, string | null]): ChartData {
  const sums = new Map<string, number>();
  let rows = 0;
  for (let row = 0; row < x.length; row++) {
    const value = y ? numberAt(y, row) : 1;
    if (value === null) continue;
    rows += 1;
    const label = cellText(x, row, 60).text;
    sums.set(label, (sums.get(label) ?? 0) + value);
  }
  const grouped = rows > sums.size;
  const all = [...sums];
  const ranked = all.length > MOST_BARS ? [...all].sort((one, other) => Math.abs(other[1]) - Math.abs(one[1])) : all;
  const shown = ranked.slice(0, MOST_BARS);
  return {
    x: shown.map((_, at) => at),
    y: shown.map(([, value]) => value),
    labels: shown.map(([label]) => label),
    step: 0,
    what: y ? (grouped ? `sum of ${names[1] ?? ""}` : (names[1] ?? "")) : "rows",
    left: all.length > MOST_BARS ? `the ${MOST_BARS} largest of ${countText(all.length)} bars` : "",
  };
}

function bins(x: Column<unknown>): ChartData {
  const values: number[] = [];
  for (let row = 0; row < x.length; row++) {
    const value = numberAt(x, row);
    if (value !== null) values.push(value);
  }
  const missing = x.length - values.length;
  const left = missing ? `${countText(missing, "row")} without a number not drawn` : "";
  if (!values.length) return { x: [], y: [], labels: null, step: 0, what: "rows", left };
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const step = roundStep((high - low) / BINS) || 1;
  const first = Math.floor(low / step);
  const counts = new Array<number>(Math.floor(high / step) - first + 1).fill(0);
  for (const value of values) {
    const at = Math.floor(value / step) - first;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return { x: counts.map((_, at) => (first + at + 0.5) * step), y: counts, labels: null, step, what: "rows", left };
}

/** Each how-many-th row is taken so that at most `most` are: a prime, which seldom falls in step with what repeats. */
export function sampleStep(rows: number, most: number): number {
  let step = Math.max(1, Math.ceil(rows / most));
  const divided = (by: number): boolean => step % by === 0;
  while (step > 3 && Array.from({ length: Math.floor(Math.sqrt(step)) - 1 }, (_, at) => at + 2).some(divided)) step += 1;
  return step;
}

/** The next of 1, 2 and 5 times a power of ten. */
export function roundStep(step: number): number {
  if (!(step > 0)) return 0;
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 5].find((one) => one * power >= step * 0.999) ?? 10;
  return factor * power;
}
