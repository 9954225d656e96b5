import assert from "node:assert/strict";
import { test } from "node:test";

import { sqlStart } from "./magic";

test("SQL begins after the magic", () => {
  assert.equal(sqlStart("%%fusionflow r --name x\nSELECT 1"), 24);
  assert.equal(sqlStart("  %%fusionflow\nSELECT 1"), 15);
  assert.equal(sqlStart("%fusionflow SELECT 1"), 12);
});

test("other cells have none", () => {
  for (const text of ["SELECT 1", "%%fusionflow", "%%fusionflows\nx", "%fusionflow status", "x = 1\n%%fusionflow\nSELECT 1"]) {
    assert.equal(sqlStart(text), null);
  }
});
