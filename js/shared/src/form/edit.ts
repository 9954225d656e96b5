// What may be chosen for a column of a type, and how a change of one choice moves others.

import type { Form, FormColumn, FormFilter, FormValue, Operator, ValueKind } from "./model";

/** Functions that are offered, as they are called in the form; SQL may hold any. */
export const AGGREGATES = [
  "count",
  "count distinct",
  "sum",
  "avg",
  "min",
  "max",
  "median",
  "stddev",
  "approx_count_distinct",
  "mode",
  "first",
  "list",
] as const;

export const OPERATOR_WORDS: Readonly<Record<Operator, string>> = {
  "=": "=",
  "!=": "≠",
  "<": "<",
  "<=": "≤",
  ">": ">",
  ">=": "≥",
  contains: "contains",
  starts_with: "starts with",
  ends_with: "ends with",
  like: "is like",
  not_like: "is not like",
  ilike: "is like (Aa)",
  not_ilike: "is not like (Aa)",
  in: "is one of",
  not_in: "is none of",
  between: "between",
  is_null: "is NULL",
  not_null: "is not NULL",
};

const ALL = Object.keys(OPERATOR_WORDS) as Operator[];
const EQUAL: readonly Operator[] = ["=", "!=", "is_null", "not_null"];
const ORDERED: readonly Operator[] = ["=", "!=", "<", "<=", ">", ">=", "between", "in", "not_in", "is_null", "not_null"];

/** The kind of value that goes with a type of DuckDB; null where there is none. */
export function kindOf(type: string): ValueKind | null {
  if (/\[|^(STRUCT|MAP|UNION|LIST|BLOB|BIT|JSON|INTERVAL)/.test(type)) return null;
  if (/^(U?(TINY|SMALL|BIG|HUGE)?INT|UINTEGER|INTEGER|DOUBLE|FLOAT|REAL|DECIMAL)/.test(type)) return "number";
  if (type === "BOOLEAN") return "boolean";
  if (type === "DATE") return "date";
  if (type === "TIME") return "time";
  return type.startsWith("TIMESTAMP") ? "timestamp" : "text";
}

/** The operators that fit a type; all where it is not known. `chosen` is always among them. */
export function operatorsFor(type: string | undefined, chosen: Operator): readonly Operator[] {
  const kind = type === undefined ? "text" : kindOf(type);
  const fit = kind === "text" ? ALL : kind === null || kind === "boolean" ? EQUAL : ORDERED;
  return fit.includes(chosen) ? fit : [...fit, chosen];
}

/** How many values an operator takes; null for any number. */
export function valueCount(op: Operator): number | null {
  if (op === "is_null" || op === "not_null") return 0;
  if (op === "in" || op === "not_in") return null;
  return op === "between" ? 2 : 1;
}

/** A filter with another operator or column: its values stay as far as they can. */
export function refit(filter: FormFilter, change: Partial<FormFilter>, type: string | undefined): FormFilter {
  const next = { ...filter, ...change };
  const kind = (type === undefined ? null : kindOf(type)) ?? "text";
  const kept = next.values.map((value) => refitValue(value, kind, change.column !== undefined));
  const count = valueCount(next.op);
  const wanted = count ?? Math.max(kept.length, 1);
  const values = Array.from({ length: wanted }, (_, at) => kept[at] ?? { kind, text: "" });
  return { ...next, values };
}

function refitValue(value: FormValue, kind: ValueKind, retype: boolean): FormValue {
  return retype && value.kind !== "parameter" ? { ...value, kind } : value;
}

export function columnOf(column: string): FormColumn {
  return { column, function: "", distinct: false, alias: "" };
}

/** The form with these columns; groups follow where some are aggregates and some are not. */
export function withColumns(form: Form, columns: readonly FormColumn[]): Form {
  const mixed = columns.some((one) => one.function) && columns.some((one) => !one.function);
  return { ...form, columns, group_all: mixed && form.group.length === 0 };
}

/** The names that the answer has, by which it can be sorted; aggregates without a name have none. */
export function answerNames(form: Form, source: readonly string[]): string[] {
  if (form.columns.length === 0) return [...source];
  return form.columns.map((one) => one.alias || (one.function ? "" : one.column)).filter(Boolean);
}

/** The name that was meant by what a text field shows: it cannot show line ends. */
export function meantName(text: string, names: readonly string[]): string {
  if (names.includes(text)) return text;
  return names.find((name) => name.replace(/[\r\n]/g, "") === text) ?? text;
}

/** Names that hold a text, whatever its case; those that begin with it first. */
export function matching(names: readonly string[], text: string): string[] {
  const asked = text.trim().toLowerCase();
  if (!asked) return [...names];
  const found = names.filter((name) => name.toLowerCase().includes(asked));
  return [...found.filter((name) => name.toLowerCase().startsWith(asked)), ...found.filter((name) => !name.toLowerCase().startsWith(asked))];
}
