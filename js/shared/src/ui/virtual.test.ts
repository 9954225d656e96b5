import assert from "node:assert/strict";
import { test } from "node:test";

import { inSight } from "./virtual";

test("few rows are all in sight", () => {
  assert.deepEqual(inSight(0, 200, 20, 5), { first: 0, count: 5, offset: 0 });
});

test("no rows are no range", () => {
  assert.equal(inSight(0, 20, 20, 0).count, 0);
});

test("the last row of 100 million can be reached, and its place is in sight", () => {
  const rows = 100_000_000;
  const { first, count, offset } = inSight(8_000_000 - 400, 400, 20, rows);
  assert.equal(first + count, rows);
  assert.ok(offset <= 8_000_000 - 400 && offset > 8_000_000 - 440);
});
