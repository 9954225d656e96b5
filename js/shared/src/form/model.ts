// The shapes of `fusionflow_lab/planning/form.py` and `service/forms.py`, as they travel in JSON.

import type { Place } from "../model";

export type ValueKind = "number" | "text" | "boolean" | "date" | "time" | "timestamp" | "parameter";
export type Operator =
  | "="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "contains"
  | "starts_with"
  | "ends_with"
  | "like"
  | "not_like"
  | "ilike"
  | "not_ilike"
  | "in"
  | "not_in"
  | "between"
  | "is_null"
  | "not_null";

export interface FormValue {
  kind: ValueKind;
  /** Of a parameter its name without `$`. */
  text: string;
}

export interface FormOption {
  name: string;
  /** A constant as SQL. */
  value: string;
}

export interface FormSource {
  path: string;
  /** Empty where the name of the files tells how they are read. */
  function: string;
  options: readonly FormOption[];
}

export interface FormColumn {
  /** Empty for `count(*)`. */
  column: string;
  /** An aggregate, or empty. */
  function: string;
  distinct: boolean;
  alias: string;
}

export interface FormFilter {
  column: string;
  op: Operator;
  values: readonly FormValue[];
}

export interface FormOrder {
  /** A name, or a place in the answer from 1. */
  by: string | number;
  direction: "" | "asc" | "desc";
  nulls: "" | "first" | "last";
}

export interface FormSink {
  url: string;
  format: "" | "parquet" | "csv" | "json";
  mode: "error" | "append" | "overwrite";
  partition_by: readonly string[];
  compression: string;
}

export interface Form {
  source: FormSource;
  /** All of the source where there are none. */
  columns: readonly FormColumn[];
  distinct: boolean;
  filters: readonly FormFilter[];
  group: readonly (string | number)[];
  group_all: boolean;
  order: readonly FormOrder[];
  limit: FormValue | null;
  sink: FormSink | null;
}

/** What is missing or wrong, and where: `filters.0.values`. */
export interface FormFault {
  where: string;
  what: string;
}

/** POST form/sql {form}. */
export interface FormWritten {
  /** Empty where the form has faults. */
  sql: string;
  faults: readonly FormFault[];
  parameters: readonly string[];
}

/** POST form/parse {sql}. */
export interface FormRead {
  /** None where it cannot show a part of the SQL: `reason` names that part. */
  form: Form | null;
  reason: string;
  where: Place | null;
  parameters: readonly string[];
}

export const EMPTY_FORM: Form = {
  source: { path: "", function: "", options: [] },
  columns: [],
  distinct: false,
  filters: [],
  group: [],
  group_all: false,
  order: [],
  limit: null,
  sink: null,
};
