import assert from "node:assert/strict";
import { test } from "node:test";

import { bool, field, float64, int64, list, utf8 } from "@uwdata/flechette";

import {
  blockOf,
  columnsOf,
  conditionOf,
  conditionText,
  filteredBy,
  looksLikeFormula,
  movedTo,
  operatorsFor,
  sortedBy,
  tabbedText,
} from "./gridState";

test("a click sorts up, then down, then not; with shift the others stay", () => {
  const up = sortedBy([], "n", false);
  assert.deepEqual(up, [{ column: "n", descending: false }]);
  const down = sortedBy(up, "n", false);
  assert.deepEqual(down, [{ column: "n", descending: true }]);
  assert.deepEqual(sortedBy(down, "n", false), []);
  const two = sortedBy(up, "city", true);
  assert.deepEqual(two.map((order) => order.column), ["n", "city"]);
  assert.deepEqual(sortedBy(two, "n", true), [{ column: "n", descending: true }, { column: "city", descending: false }]);
  assert.deepEqual(sortedBy(two, "city", false), [{ column: "city", descending: true }]);
});

test("operators fit the type", () => {
  assert.equal(operatorsFor(utf8())[0], "contains");
  assert.ok(operatorsFor(float64()).includes(">="));
  assert.ok(!operatorsFor(bool()).includes("<"));
  assert.ok(!operatorsFor(list(int64())).includes("="));
});

test("a condition holds what was typed, and reads as words", () => {
  assert.deepEqual(conditionOf("n", ">", "5"), { column: "n", op: ">", value: "5" });
  assert.deepEqual(conditionOf("n", "in", "1, 2 ,x"), { column: "n", op: "in", value: ["1", "2", "x"] });
  assert.deepEqual(conditionOf("n", "is_null", "5"), { column: "n", op: "is_null" });
  assert.equal(conditionText(conditionOf("city", "contains", "os")), "city contains “os”");
  assert.equal(conditionText(conditionOf("city", "not_null", "")), "city is not NULL");
});

test("a column has one condition", () => {
  const filter = filteredBy([conditionOf("n", ">", "5"), conditionOf("c", "=", "x")], "n", conditionOf("n", "<", "3"));
  assert.deepEqual(filter.map(conditionText), ["c is “x”", "n is less than “3”"]);
  assert.deepEqual(filteredBy(filter, "c", null).length, 1);
});

test("keys lead to every cell and never out of the grid", () => {
  const bounds = { rows: 100_000_000, columns: 3, page: 20 };
  const at = { row: 5, column: 1 };
  assert.deepEqual(movedTo(at, "ArrowDown", false, bounds), { row: 6, column: 1 });
  assert.deepEqual(movedTo(at, "End", true, bounds), { row: 99_999_999, column: 2 });
  assert.deepEqual(movedTo(at, "Home", true, bounds), { row: 0, column: 0 });
  assert.deepEqual(movedTo({ row: 0, column: 0 }, "ArrowUp", false, bounds), { row: -1, column: 0 });
  assert.deepEqual(movedTo({ row: -1, column: 0 }, "ArrowUp", false, bounds), { row: -1, column: 0 });
  assert.deepEqual(movedTo(at, "PageUp", false, bounds), { row: 0, column: 1 });
  assert.deepEqual(movedTo(at, "ArrowDown", false, { ...bounds, rows: 0 }), { row: -1, column: 1 });
  assert.equal(movedTo(at, "x", false, bounds), null);
});

test("what is copied is a table for a spreadsheet", () => {
  assert.deepEqual(blockOf({ row: 4, column: 2 }, { row: 2, column: 1 }), { row: 2, rows: 3, column: 1, columns: 2 });
  assert.equal(tabbedText([["a", null], ['say "x"', "one\ntwo"]]), 'a\t\n"say ""x"""\t"one\ntwo"');
  assert.deepEqual(["=1+1", "-5", "-x", "@a", null, "a"].map(looksLikeFormula), [true, false, true, true, false, false]);
});

test("columns know DuckDB's types, and which of them SQL cannot tell apart", () => {
  const metadata = new Map([["duckdb_type", "UUID"]]);
  const columns = columnsOf([field("id", utf8(), true, metadata), field("n", int64()), field("n", float64())]);
  assert.deepEqual(columns.map(({ type, double, number }) => [type, double, number]), [
    ["UUID", false, false],
    ["BIGINT", false, true],
    ["DOUBLE", true, true],
  ]);
});
