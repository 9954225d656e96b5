import assert from "node:assert/strict";
import { test } from "node:test";

import { policyText } from "./cache";
import { dashboardLink } from "./clusters";

test("a dashboard is linked only where it is a page of the web", () => {
  assert.equal(dashboardLink("/user/x/proxy/8787/status"), "/user/x/proxy/8787/status");
  assert.equal(dashboardLink("http://127.0.0.1:8787/status"), "http://127.0.0.1:8787/status");
  for (const text of ["javascript:alert(1)", "//other.example/x", "data:text/html,x", ""]) {
    assert.equal(dashboardLink(text), null);
  }
});

test("retention is told in a sentence", () => {
  const use = { states: 1, bytes: 1, limit_bytes: 20e9, limit_days: 30, place: "states" };
  assert.equal(policyText(use), "The oldest go when they are over 20.0 GB, or not used since 30 days.");
  assert.equal(policyText({ ...use, limit_bytes: null, limit_days: null }), "Nothing is deleted by itself.");
});
