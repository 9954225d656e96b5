import assert from "node:assert/strict";
import { test } from "node:test";

import table from "../../../tests/results/cells.json";
import { duckdbType, fromBase64, readArrow } from "./arrow";
import { cellText, fullText, isNumber, visible } from "./cells";

test("every cell shows what Python shows", () => {
  for (const { sql, ipc, ...expected } of table) {
    const column = readArrow(fromBase64(ipc)).getChildAt(0);
    const shown = { ...cellText(column, 0), type: duckdbType(column.type), number: isNumber(column.type) };
    assert.deepEqual({ sql, ...shown }, { sql, ...expected });
  }
});

test("what is copied is the whole, with its lines", () => {
  const entry = table.find(({ sql }) => sql.startsWith("'a' || chr(10)"));
  const column = readArrow(fromBase64(entry?.ipc ?? "")).getChildAt(0);
  assert.equal(fullText(column, 0), "a\nb\r\n\tc");
  assert.equal(fullText(column, 9), null);
});

test("text never hides, turns or breaks the line", () => {
  assert.equal(visible("a\0\u202e\u2028\u{e0041}"), "a\\x00\\u202e\\u2028\\U000e0041");
});
