import assert from "node:assert/strict";
import { test } from "node:test";

import { tableFromArrays, tableToIPC } from "@uwdata/flechette";

import { readArrow, type Table } from "../arrow";
import { draw, HOSTILE } from "../testing";
import { RowsTable } from "./RowsTable";

function tableOf(columns: Record<string, unknown[]>): Table {
  return readArrow(tableToIPC(tableFromArrays(columns), { format: "stream" }) ?? new Uint8Array());
}

test("names, types, rows and how many there are", () => {
  const table = tableOf({ city: ["Oslo", null], n: [1.5, -2] });
  const box = draw(<RowsTable table={table} label="preview" total={31_003} />);
  const texts = (selector: string): (string | null)[] => [...box.querySelectorAll(selector)].map((one) => one.textContent);
  assert.deepEqual(texts("th"), ["cityVARCHAR", "nDOUBLE"]);
  assert.deepEqual(texts("td"), ["Oslo", "1.5", "NULL", "-2.0"]);
  assert.ok(box.textContent?.endsWith("2 of 31,003 rows"));
  assert.equal(box.querySelectorAll("td.ff-num").length, 2);
});

test("no rows leave the header", () => {
  const box = draw(<RowsTable table={tableOf({ n: [1] })} label="preview" most={0} total={0} />);
  assert.equal(box.querySelectorAll("th").length, 1);
  assert.ok(box.textContent?.endsWith("0 rows"));
});

test("many columns are cut and counted", () => {
  const columns = Object.fromEntries(Array.from({ length: 75 }, (_, at) => [`c${at}`, [at]]));
  const box = draw(<RowsTable table={tableOf(columns)} label="preview" />);
  assert.ok(box.textContent?.endsWith("1 row · 60 of 75 columns"));
});

test("nothing in names or cells is markup", () => {
  const safe = HOSTILE.filter((name) => name !== "__proto__");
  const columns = Object.fromEntries(safe.map((name) => [name, [...HOSTILE]]));
  const box = draw(<RowsTable table={tableOf(columns)} label={HOSTILE[0]} />);
  assert.equal(box.querySelectorAll("img, script, b, a, iframe, [onerror]").length, 0);
  assert.ok(box.textContent?.includes("<script>alert(1)</script>"));
  for (const hidden of ["\u202e", "\u200b", "\0", "\u001b"]) assert.ok(!box.textContent?.includes(hidden));
});
