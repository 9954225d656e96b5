import assert from "node:assert/strict";
import { test } from "node:test";

import { render } from "preact";

import type { ChunkRow, Job, JobPlan } from "../model";
import { JobStore } from "../store";
import { button, click, draw, foreign, HOSTILE, one, press, settle, until } from "../testing";
import { FakeService, jobOf } from "../testingJobs";
import { JobDetails } from "./JobDetails";

const ROW: ChunkRow = {
  stage: "stage_0",
  files: 1,
  names: ["trips.csv"],
  start: 0,
  end: 8000,
  chunks: 4,
  each: 2000,
  per_cell: 1,
  cells: "d...",
};

function planOf(text = "trips.csv"): JobPlan {
  const stage = {
    name: `stage ${text}`,
    kind: "aggregate" as const,
    pattern: text,
    format: "csv",
    files: 3,
    bytes: 8000,
    columns: [{ name: text, type: "VARCHAR" }],
    map_sql: `SELECT ${text}`,
    merge_sql: "SELECT 2",
    reduce_sql: "",
    reason: text,
    broadcast: [{ name: text, stages: [`stage ${text}`] }],
    evaluator: "native" as const,
    map_hash: "m",
    chunks: 4,
    chunks_known: 2,
    bytes_known: 4000,
  };
  return {
    text,
    columns: [{ name: text, type: text }],
    stages: [stage],
    final_sql: `FROM ${text}`,
    gathered: text,
    sink: text,
    options: [{ name: text, value: text }],
    chunks: [],
  };
}

interface Shown {
  box: HTMLElement;
  service: FakeService;
  text: () => string;
}

async function shown(job: Partial<Job>, plan: JobPlan = planOf()): Promise<Shown> {
  const service = new FakeService([jobOf({ id: "ab12", name: "daily", ...job })]);
  service.replies["jobs/ab12/plan"] = plan;
  service.replies["jobs/ab12/logs"] = "one\ntwo";
  const box = draw(<JobDetails store={new JobStore(service)} id="ab12" />);
  const text = (): string => box.textContent ?? "";
  await until(() => /daily|Overview/.test(text()));
  await settle();
  return { box, service, text };
}

function tell(service: FakeService, cells: string): void {
  service.tell({ type: "chunks", job: "ab12", seq: 1, time: 1, rows: [{ ...ROW, cells }] });
}

test("the overview: what was asked, read, written, and the account", async () => {
  const parameters = [{ name: "x", type: "INTEGER", value: "7" }];
  const counters = { ...jobOf().counters, rows_read: 10, rows_used: 8, rows_filtered: 1, rows_rejected: 1, bytes_reused: 5e6 };
  const { text, box } = await shown({ parameters, counters, written_to: "out/trips", has_result: true });
  for (const said of ["$x", "read 10 = used 8 + filtered 1 + rejected 1", "5.0 MB known before", "trips.csv", "out/trips"]) {
    assert.ok(text().includes(said), said);
  }
  const tabs = Array.from(box.querySelectorAll('[role="tab"]'), (tab) => tab.textContent);
  assert.deepEqual(tabs, ["Overview", "Plan", "Chunks", "Timeline", "Rejects", "Manifest", "Logs"]);
});

test("the plan is drawn from its stages", async () => {
  const { box, text } = await shown({});
  click(button(box, "Plan"));
  await until(() => /by the native core/.test(text()));
  assert.match(text(), /Not cut: trips\.csv.*3 files, 8\.0 kB.*4 chunks, 2 known \(4\.0 kB\).*map.*a small table that each worker has whole.*final/s);
  assert.equal(box.querySelectorAll(".ff-plan-stage").length, 1);
});

test("the map of chunks moves, and tells file and bytes", async () => {
  const { box, service, text } = await shown({ status: "IN_PROGRESS" });
  click(button(box, "Chunks"));
  await until(() => /No map of chunks/.test(text()));
  tell(service, "r...");
  await until(() => box.querySelectorAll(".ff-chunks .ff-chunk").length === 4);
  tell(service, "dcf.");
  await until(() => /failed 1/.test(text()));
  assert.equal(box.querySelectorAll(".ff-chunks .ff-chunk-done").length, 1);
  const map = one(box, ".ff-chunks");
  press(one(box, '[data-cell="0/0"]'), "ArrowRight");
  await until(() => /trips\.csv, bytes 2,000–4,000: known before/.test(one(box, ".ff-chunks-told").textContent ?? ""));
  press(map, "End");
  await until(() => /bytes 6,000–8,000: not read/.test(one(box, ".ff-chunks-told").textContent ?? ""));
  assert.equal(box.querySelectorAll('.ff-chunks [tabindex="0"]').length, 1);
});

test("2,000 cells are drawn, and told again without being drawn anew", async () => {
  const { box, service } = await shown({ status: "IN_PROGRESS" });
  click(button(box, "Chunks"));
  const rows = Array.from({ length: 40 }, (_, at) => ({ ...ROW, names: [`${at}.csv`], chunks: 50, cells: "d".repeat(50) }));
  service.tell({ type: "chunks", job: "ab12", seq: 1, time: 1, rows });
  await until(() => box.querySelectorAll(".ff-chunks .ff-chunk").length === 2000);
  const begun = performance.now();
  for (let turn = 0; turn < 10; turn++) service.tell({ type: "chunks", job: "ab12", seq: 1, time: turn, rows: structuredClone(rows) });
  await settle();
  assert.ok(performance.now() - begun < 3000);
});

test("the timeline has every status, notice and failed chunk, in order", async () => {
  const { box, service, text } = await shown({ created: 100, status: "IN_PROGRESS" });
  service.tell({ type: "status", job: "ab12", seq: 1, time: 100.5, status: "QUEUED", message: "" });
  service.tell({ type: "chunk_error", job: "ab12", seq: 3, time: 102, file: "a.csv", start: 0, end: 9, attempt: 1, message: "killed" });
  service.tell({ type: "notice", job: "ab12", seq: 2, time: 101, code: "x", text: "no workers" });
  click(button(box, "Timeline"));
  await until(() => box.querySelectorAll(".ff-timeline li").length === 3);
  assert.match(text(), /\+0\.50 s○queued.*\+1\.0 s!no workers.*\+2\.0 s✗attempt 1 at a\.csv/s);
});

test("tabs move by arrow keys; the log is text", async () => {
  const { box, text } = await shown({});
  press(one(box, '[role="tab"]'), "ArrowLeft");
  await until(() => /one\s*two/.test(text()));
  assert.equal(one(box, '[role="tab"][aria-selected="true"]').textContent, "Logs");
});

test("deleting asks first, and says when it is done", async () => {
  const { box, service, text } = await shown({ has_result: true });
  click(button(box, "Delete"));
  await until(() => /Lost for good: 1 result/.test(text()));
  assert.equal(service.jobs.length, 1);
  click(button(box, "Delete the job"));
  await until(() => /The job was deleted/.test(text()));
  assert.equal(service.jobs.length, 0);
});

test("what was read in part can be tried again", async () => {
  const { box, service } = await shown({ counters: { ...jobOf().counters, bytes_unread: 7 } });
  click(button(box, "Read what could not be read"));
  await until(() => service.asked.includes("PATCH jobs/ab12"));
});

test("a plan that cannot be made any more is told in its place", async () => {
  const { box, service, text } = await shown({ status: "IN_PROGRESS" });
  click(button(box, "Timeline"));
  await settle();
  service.replies["jobs/ab12/plan"] = undefined;
  click(button(box, "Plan"));
  await until(() => /there is no such job/.test(text()));
  assert.ok(button(box, "Try again"));
});

test("nothing of a job is markup", async () => {
  for (const nasty of HOSTILE) {
    const parameters = [{ name: nasty, type: nasty, value: nasty }];
    const error = { kind: nasty, what: nasty, where: nasty, hint: nasty };
    const job = { name: nasty, sql: nasty, cluster: nasty, owner: nasty, written_to: nasty, parameters, error, status: "FAILED" as const };
    const { box, service } = await shown(job, planOf(nasty));
    service.replies["jobs/ab12/logs"] = nasty;
    service.tell({ type: "chunks", job: "ab12", seq: 1, time: 1, rows: [{ ...ROW, names: [nasty], stage: nasty }] });
    service.tell({ type: "notice", job: "ab12", seq: 2, time: 3, code: "x", text: nasty });
    for (const tab of ["Overview", "Plan", "Chunks", "Timeline", "Logs"]) {
      click(button(box, tab));
      await settle();
      assert.deepEqual(foreign(box), [], tab);
      for (const hidden of ["\u202e", "\u200b", "\0", "\u001b"]) assert.ok(!box.textContent?.includes(hidden), tab);
    }
    render(null, box);
  }
});
