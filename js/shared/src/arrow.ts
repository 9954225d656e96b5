// Arrow from the service, and its types in DuckDB's words as `fusionflow_lab/results/words.py` writes them.

import { type DataType, type Table, tableFromIPC, Type } from "@uwdata/flechette";

export type { Table };

const FLOATS = ["HALF", "FLOAT", "DOUBLE"] as const;
const TIMESTAMPS = ["TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMP_NS"] as const;
const INTEGERS: Readonly<Record<number, string>> = { 8: "TINYINT", 16: "SMALLINT", 32: "INTEGER", 64: "BIGINT" };

/** Read an Arrow IPC stream; integers, decimals and times keep every digit. */
export function readArrow(bytes: Uint8Array): Table {
  return tableFromIPC(bytes, { useBigInt: true, useBigIntTimestamp: true, useDate: false, useDecimalInt: true });
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Name an Arrow type as DuckDB does. */
export function duckdbType(type: DataType): string {
  switch (type.typeId) {
    case Type.Null:
      return "NULL";
    case Type.Bool:
      return "BOOLEAN";
    case Type.Int:
      return (type.signed ? "" : "U") + (INTEGERS[type.bitWidth] ?? "BIGINT");
    case Type.Float:
      return FLOATS[type.precision] ?? "DOUBLE";
    case Type.Decimal:
      return type.precision === 38 && type.scale === 0 ? "HUGEINT" : `DECIMAL(${type.precision},${type.scale})`;
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
      return "VARCHAR";
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
    case Type.FixedSizeBinary:
      return "BLOB";
    case Type.Date:
      return "DATE";
    case Type.Time:
      return "TIME";
    case Type.Timestamp:
      return type.timezone ? "TIMESTAMP WITH TIME ZONE" : (TIMESTAMPS[type.unit] ?? "TIMESTAMP");
    case Type.Interval:
    case Type.Duration:
      return "INTERVAL";
    case Type.Dictionary:
      return duckdbType(type.dictionary);
    default:
      return nestedType(type);
  }
}

function nestedType(type: DataType): string {
  const children = "children" in type ? (type.children ?? []) : [];
  const inner = (at: number): string => (children[at] ? duckdbType(children[at].type) : "NULL");
  switch (type.typeId) {
    case Type.List:
    case Type.LargeList:
    case Type.ListView:
    case Type.LargeListView:
      return `${inner(0)}[]`;
    case Type.FixedSizeList:
      return `${inner(0)}[${type.stride}]`;
    case Type.Map: {
      const entry = children[0]?.type;
      const fields = entry?.typeId === Type.Struct ? entry.children : [];
      return `MAP(${fields.map((field) => duckdbType(field.type)).join(", ")})`;
    }
    case Type.Struct:
      return `STRUCT(${children.map((field) => `${nameText(field.name)} ${duckdbType(field.type)}`).join(", ")})`;
    case Type.Union:
      return `UNION(${children.map((field) => `${nameText(field.name)} ${duckdbType(field.type)}`).join(", ")})`;
    default:
      return "BLOB";
  }
}

/** A name as SQL takes it: in quotes where it is not plain. */
function nameText(name: string): string {
  return /^[a-z_][a-z0-9_]*$/i.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
