import assert from "node:assert/strict";
import { test } from "node:test";

import { agoText, bytesText, countText, fractionOf, secondsText, titleOf } from "./format";

test("numbers are spelled as Python spells them", () => {
  assert.deepEqual([0, 999, 669_400_000, 1e18].map(bytesText), ["0 B", "999 B", "669.4 MB", "1000.0 PB"]);
  assert.deepEqual([countText(31_003), countText(1, "row"), countText(2, "row")], ["31,003", "1 row", "2 rows"]);
  assert.deepEqual([0.04, 12.34, 75, 7260].map(secondsText), ["0.04 s", "12.3 s", "1 min 15 s", "2 h 01 min"]);
});

test("times are told in the largest unit that fits", () => {
  assert.deepEqual(
    [0, 45, 61, 7300, 86_400 * 3].map((seconds) => agoText(1000, 1000 + seconds)),
    ["just now", "45 s ago", "1 min ago", "2 h ago", "3 days ago"],
  );
});

test("a job is done only when it is completed", () => {
  const job = { status: "IN_PROGRESS", bytes_done: 10, bytes_total: 10, chunks_done: 1, chunks_total: 1 } as const;
  assert.equal(fractionOf(job), 0.999);
  assert.equal(fractionOf({ ...job, status: "COMPLETED", bytes_total: 0 }), 1);
  assert.equal(fractionOf({ ...job, bytes_total: 0, chunks_total: 0 }), 0);
});

test("a job without a name is called by its first line", () => {
  assert.equal(titleOf({ name: "", sql: "\n SELECT 1\nFROM t" }), "SELECT 1");
  assert.equal(titleOf({ name: "daily", sql: "SELECT 1" }), "daily");
});
