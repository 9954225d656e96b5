import assert from "node:assert/strict";
import { test } from "node:test";

import { jobOf } from "../testingJobs";
import { compare, durationOf, fits, NEWEST, ordered, type Pages, span } from "./boardModel";

const OLD = jobOf({ id: "a", created: 1, name: "Trips" });
const MIDDLE = jobOf({ id: "b", created: 2, status: "IN_PROGRESS", started: 5 });
const NEW = jobOf({ id: "c", created: 3, started: 5, finished: 9 });

function ids(pages: Partial<Pages>): string {
  const whole = { query: NEWEST, fetched: new Set<string>(), last: null, next: null, ...pages };
  return ordered([OLD, MIDDLE, NEW], whole)
    .map((job) => job.id)
    .join("");
}

test("the newest come first, and the id decides between equals", () => {
  assert.equal(ids({}), "cba");
  assert.equal(ids({ query: { ...NEWEST, sort: "status" } }), "bca");
});

test("a job at work is the longest", () => {
  assert.equal(ids({ query: { ...NEWEST, sort: "duration" } }), "bca");
  assert.deepEqual([OLD, MIDDLE, NEW].map((job) => durationOf(job, 7)), [null, 2, 4]);
});

test("what belongs beyond the last page waits for its page", () => {
  assert.equal(ids({ fetched: new Set(["b"]), last: MIDDLE, next: "2" }), "cb");
  assert.equal(ids({ fetched: new Set(["b"]), last: MIDDLE, next: null }), "cba");
});

test("the search looks into name, SQL and the begin of the id", () => {
  for (const text of ["trip", "SELECT 1", "A"]) assert.ok(fits(OLD, { ...NEWEST, text }), text);
  assert.ok(!fits(OLD, { ...NEWEST, text: "oslo" }));
  assert.ok(!fits(OLD, { ...NEWEST, statuses: ["FAILED"] }));
});

test("a stretch of rows goes both ways", () => {
  const jobs = [NEW, MIDDLE, OLD];
  assert.deepEqual(span(jobs, "a", "b"), ["b", "a"]);
  assert.deepEqual(span(jobs, "gone", "b"), ["b"]);
  assert.equal(Math.sign(compare(NEW, OLD, NEWEST)), -1);
});
